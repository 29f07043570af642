// Who the relay is compared with: servers from Debian and one from npm, reached through the libraries people use for
// them, which are installed beside this bench only. How each is set up stands at the top of its file in ../peers.
import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { postgresPrograms } from '../../support/postgres.ts';
import { startOwn, startOwnOnPostgres } from './own.ts';
import type { StartPeer } from './peer.ts';

const FOLDER = fileURLToPath(new URL('../peers/', import.meta.url));

export interface Contender {
	readonly name: string;
	readonly start: StartPeer;
	/** Debian's package that is lacking here. */
	readonly lacks?: string;
}

export async function installPeers(): Promise<void> {
	// npm writes down what it has installed: what was asked for since is not there.
	const [installed, asked] = [`${FOLDER}node_modules/.package-lock.json`, `${FOLDER}package.json`];
	if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(asked).mtimeMs) return;
	// The machine's own npm, not one of this project's.
	const path = (process.env['PATH'] ?? '').split(delimiter);
	const PATH = path.filter((folder) => !folder.includes('node_modules')).join(delimiter);
	const env = { ...process.env, PATH };
	await promisify(execFile)('npm', ['ci', '--ignore-scripts'], { cwd: FOLDER, env });
}

export async function contenders(): Promise<readonly Contender[]> {
	await installPeers();
	const module = async <T>(name: string): Promise<T> =>
		(await import(new URL(`../peers/${name}.mjs`, import.meta.url).href)) as T;
	const { programOf } = await module<{ programOf(name: string): string | undefined }>('programs');
	const peer = async (name: string, file: string, program?: string): Promise<Contender> => {
		const { start } = await module<{ readonly start: StartPeer }>(file);
		const isThere = program === undefined || programOf(program) !== undefined;
		return { name, start, ...(isThere ? {} : { lacks: program }) };
	};
	const jetstream = await peer('jetstream', 'nats', 'nats-server');
	const { startDurable } = await module<{ readonly startDurable: StartPeer }>('nats');
	return [
		{ name: 'own', start: startOwn },
		jetstream,
		{ ...jetstream, name: 'jetstream-durable', start: startDurable },
		await peer('redis', 'redis', 'redis-server'),
		await peer('mosquitto', 'mosquitto', 'mosquitto'),
		await peer('hocuspocus', 'hocuspocus'),
		{
			name: 'own-on-postgres',
			start: startOwnOnPostgres,
			...(postgresPrograms() === undefined ? { lacks: 'postgresql' } : {}),
		},
	];
}
