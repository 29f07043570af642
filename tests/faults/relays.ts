// Relays and disks for faults: processes on a port that stays, folders on images and small disks, and their removal.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pause } from './load.ts';
import { freePort } from '../support/postgres.ts';

const exec = promisify(execFile);
const MAIN = fileURLToPath(new URL('../../relay-server/main.ts', import.meta.url));
const preload = (name: string): string => fileURLToPath(new URL(`./${name}.mjs`, import.meta.url));

/** The machine lets nobody mount disks, not even root: as in many containers. */
export class NoDisks extends Error {}

export interface Relay {
	readonly port: number;
	readonly url: string;
	readonly child: () => ChildProcess;
	/** Everything it printed since its last start. */
	readonly output: () => string;
	start(): Promise<void>;
	end(signal: NodeJS.Signals): Promise<void>;
}

export interface RelayOptions {
	readonly args: readonly string[];
	/** Modules of this folder that change the process before it begins. */
	readonly preloads?: readonly string[];
	readonly environment?: Readonly<Record<string, string>>;
}

/** What a scenario has made, to be undone in the end, last things first. */
export interface Scope {
	folder(): Promise<string>;
	relay(options: RelayOptions): Promise<Relay>;
	/** An ext4 file system in a file, which writes down by itself what nobody syncs only after minutes: `image` is the
	 * file, `path` where it is mounted. */
	image(megabytes: number): Promise<{ readonly image: string; readonly path: string }>;
	mountImage(image: string): Promise<string>;
	memoryDisk(megabytes: number): Promise<string>;
	later(undo: () => Promise<unknown>): void;
	end(): Promise<void>;
}

export const run = async (program: string, ...args: readonly string[]): Promise<string> =>
	(await exec(program, args)).stdout;

export function createScope(): Scope {
	const undos: (() => Promise<unknown>)[] = [];
	const later = (undo: () => Promise<unknown>): void => void undos.push(undo);
	const folder = async (): Promise<string> => {
		const path = await mkdtemp(join(tmpdir(), 'faults-'));
		later(() => rm(path, { recursive: true, force: true }));
		return path;
	};
	const mount = async (...args: readonly string[]): Promise<string> => {
		const path = join(await folder(), 'disk');
		await mkdir(path);
		await run('mount', ...args, path);
		later(() => run('umount', '--lazy', path));
		return path;
	};
	/** One that was just made: if that can't be mounted, none can. */
	const mountFresh = (...args: readonly string[]): Promise<string> =>
		mount(...args).catch((cause: unknown) => {
			throw new NoDisks(`no disk can be mounted here: ${String(cause)}`);
		});
	return {
		folder,
		later,
		relay: async (options) => {
			const relay = await createRelay(options);
			later(() => relay.end('SIGKILL'));
			return relay;
		},
		image: async (megabytes) => {
			const image = join(await folder(), 'image');
			await run('truncate', '-s', `${String(megabytes)}M`, image);
			await run('mkfs.ext4', '-q', image);
			return { image, path: await mountFresh('-o', 'loop,commit=300', image) };
		},
		mountImage: (image) => mount('-o', 'loop', image),
		memoryDisk: (megabytes) =>
			mountFresh('-t', 'tmpfs', '-o', `size=${String(megabytes)}m`, 'tmpfs'),
		end: async () => {
			for (const undo of undos.splice(0).reverse()) await undo().catch(() => undefined);
		},
	};
}

async function createRelay(options: RelayOptions): Promise<Relay> {
	const port = await freePort();
	let child: ChildProcess | undefined;
	let ended = Promise.resolve();
	let output = '';
	const relay: Relay = {
		port,
		url: `ws://127.0.0.1:${String(port)}/relay`,
		child: () => {
			if (child === undefined) throw new Error('the relay was not started');
			return child;
		},
		output: () => output,
		start: async () => {
			output = '';
			const started = spawn(
				process.execPath,
				[
					...(options.preloads ?? []).flatMap((name) => ['--import', preload(name)]),
					...[MAIN, '--host', '127.0.0.1', '--port', String(port)],
					...options.args,
				],
				{
					stdio: ['ignore', 'pipe', 'pipe'],
					env: { ...process.env, ...options.environment },
				},
			);
			child = started;
			started.stdout.on('data', (text: Buffer) => (output += text.toString()));
			started.stderr.on('data', (text: Buffer) => (output += text.toString()));
			let isOver = false;
			ended = new Promise((resolve) => {
				started.once('close', () => {
					isOver = true;
					resolve();
				});
			});
			while (!/Link:|"event":"started"/.test(output)) {
				if (isOver) throw new Error(`the relay ended: ${output}`);
				await pause(10);
			}
		},
		end: async (signal) => {
			child?.kill(signal);
			await ended;
		},
	};
	await relay.start();
	return relay;
}
