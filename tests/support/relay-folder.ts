// A folder for each test of a relay, with its data in it; gone after the test, as are the relays that were started there.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { startRelayProcess, type RelayProcess } from './relay-process.ts';

export interface RelayFolder {
	readonly folder: string;
	/** In it: where the relays keep what they keep. A test may name another one. */
	data: string;
	/** A relay with this data. */
	start(...args: readonly string[]): Promise<RelayProcess>;
}

/** Called once in a file. */
export function relayFolder(): RelayFolder {
	let [folder, data] = ['', ''];
	const running: RelayProcess[] = [];
	beforeEach(async () => {
		folder = await mkdtemp(join(tmpdir(), 'relay-'));
		data = join(folder, 'data');
	});
	afterEach(async () => {
		for (const relay of running.splice(0)) await relay.end('SIGKILL');
		await rm(folder, { recursive: true });
	});
	return {
		get folder() {
			return folder;
		},
		get data() {
			return data;
		},
		set data(other) {
			data = other;
		},
		async start(...args) {
			const relay = await startRelayProcess(['--data', data, ...args]);
			running.push(relay);
			return relay;
		},
	};
}
