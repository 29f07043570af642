// PostgreSQL for tests: Debian's, started on a free port of this machine in a folder of its own, as its own process.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { appendFile, chown, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);
const DEBIAN = '/usr/lib/postgresql';

export interface Postgres {
	readonly url: string;
	readonly port: number;
	readonly data: string;
	readonly child: ChildProcess;
	/** Sends the signal; resolves when it has ended. */
	end(signal: NodeJS.Signals): Promise<void>;
}

/** Folder of its programs; undefined where it isn't installed. */
export function postgresPrograms(): string | undefined {
	if (!existsSync(DEBIAN)) return undefined;
	const versions = readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a));
	return versions
		.map((version) => join(DEBIAN, version, 'bin'))
		.find((folder) => existsSync(join(folder, 'initdb')));
}

export async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	return port;
}

/** It refuses to run as root. */
async function userOf(): Promise<{ uid: number; gid: number } | undefined> {
	if (process.getuid?.() !== 0) return undefined;
	const [uid, gid] = await Promise.all(
		['-u', '-g'].map(async (flag) => Number((await exec('id', [flag, 'postgres'])).stdout)),
	);
	return { uid: uid ?? 0, gid: gid ?? 0 };
}

/** A folder that PostgreSQL's user may write to. */
export async function postgresFolder(): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'postgres-'));
	const user = await userOf();
	if (user !== undefined) await chown(folder, user.uid, user.gid);
	return folder;
}

/** Resolves to what it printed. */
export async function runProgram(name: string, args: readonly string[]): Promise<string> {
	const programs = postgresPrograms();
	if (programs === undefined) throw new Error('PostgreSQL is not installed');
	return (await exec(join(programs, name), args, { ...(await userOf()), cwd: '/' })).stdout;
}

/** Makes an empty cluster. */
export async function initPostgres(data: string, settings: readonly string[] = []): Promise<void> {
	await runProgram('initdb', ['-D', data, '-U', 'aegis', '-A', 'trust', '--no-sync', '-E', 'UTF8']);
	await appendFile(join(data, 'postgresql.conf'), `\n${settings.join('\n')}\n`);
}

/** Starts a cluster that is there and waits until it answers. */
export async function startPostgres(
	data: string,
	port: number,
	settings: readonly string[] = [],
): Promise<Postgres> {
	const programs = postgresPrograms();
	if (programs === undefined) throw new Error('PostgreSQL is not installed');
	const args = [`port=${String(port)}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=`];
	const child = spawn(
		join(programs, 'postgres'),
		['-D', data, ...[...args, ...settings].flatMap((setting) => ['-c', setting])],
		{ ...(await userOf()), cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] },
	);
	let output = '';
	const ended = new Promise<void>((resolve) => {
		child.once('close', () => {
			resolve();
		});
	});
	await new Promise<void>((resolve, reject) => {
		child.stderr.on('data', (text: Buffer) => {
			output += text.toString();
			if (output.includes('is ready to accept')) resolve();
			output = output.slice(-4000);
		});
		void ended.then(() => {
			reject(new Error(`PostgreSQL ended: ${output}`));
		});
	});
	return {
		url: `postgres://aegis@127.0.0.1:${String(port)}/postgres`,
		port,
		data,
		child,
		end: async (signal) => {
			child.kill(signal);
			await ended;
		},
	};
}

/** An empty one, to be thrown away. */
export async function createPostgres(
	settings: readonly string[] = [],
): Promise<Postgres & { remove(): Promise<void> }> {
	const folder = await postgresFolder();
	const data = join(folder, 'data');
	await initPostgres(data);
	const server = await startPostgres(data, await freePort(), settings);
	return {
		...server,
		remove: async () => {
			await server.end('SIGQUIT');
			await rm(folder, { recursive: true });
		},
	};
}
