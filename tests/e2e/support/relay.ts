// A relay as its operator runs it: a process with a data folder, killed and started again on the same port.
// It serves the built app too, from dist/ or from the folder that AEGIS_APP names.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startRelayProcess, type RelayProcess } from '../../support/relay-process.ts';
import { readDisk, type Disk } from './relay-disk.ts';

export interface Relay {
	/** Where the app is, without a slash at the end. */
	readonly origin: string;
	/** What a person types to reach it. */
	readonly address: string;
	/** What is on its disk right now. */
	disk(): Promise<Disk>;
	/** SIGKILL: no farewell to anybody. */
	kill(): Promise<void>;
	/** Starts it again with the same port and folder. */
	restart(): Promise<void>;
	/** Ends it and removes its folder. */
	remove(): Promise<void>;
}

const APP = resolve(process.env['AEGIS_APP'] ?? 'dist');

export async function startRelay(): Promise<Relay> {
	const folder = await mkdtemp(join(tmpdir(), 'aegis-relay-'));
	const args = ['--serve', APP, '--data', folder];
	let running: RelayProcess | undefined = await startRelayProcess(args);
	const { port } = running;
	const kill = async (): Promise<void> => {
		await running?.end('SIGKILL');
		running = undefined;
	};
	return {
		origin: `http://localhost:${String(port)}`,
		address: `127.0.0.1:${String(port)}`,
		disk: () => readDisk(folder),
		kill,
		restart: async () => {
			running = await startRelayProcess([...args, '--port', String(port)]);
		},
		remove: async () => {
			await kill();
			await rm(folder, { recursive: true });
		},
	};
}
