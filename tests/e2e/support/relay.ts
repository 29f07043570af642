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
	/** Where it answers by WebRTC, if it was told to. */
	readonly bareAddress: string;
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

/** `more` are further arguments. */
export async function startRelay(...more: readonly string[]): Promise<Relay> {
	const folder = await mkdtemp(join(tmpdir(), 'aegis-relay-'));
	const args = ['--serve', APP, '--data', folder, ...more];
	let running: RelayProcess | undefined = await startRelayProcess(args);
	const { port } = running;
	const bareAddress = /\/ip4\/\S+\/webrtc-direct\/\S+/.exec(running.output())?.[0] ?? '';
	const kill = async (): Promise<void> => {
		await running?.end('SIGKILL');
		running = undefined;
	};
	return {
		origin: `http://localhost:${String(port)}`,
		address: `127.0.0.1:${String(port)}`,
		bareAddress,
		disk: () => readDisk(folder),
		kill,
		restart: async () => {
			const webRtc = /\/udp\/(\d+)\//.exec(bareAddress)?.[1];
			const ports = ['--port', String(port), ...(webRtc ? ['--webrtc-port', webRtc] : [])];
			running = await startRelayProcess([...args, ...ports]);
		},
		remove: async () => {
			await kill();
			await rm(folder, { recursive: true });
		},
	};
}
