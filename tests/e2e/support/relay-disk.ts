// What a relay's disk holds. The relay has its file for itself, so a copy is read.
import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const FILE = 'mailboxes.db';

export interface Disk {
	/** The sealed packets that wait in mailboxes. */
	readonly blocks: readonly Buffer[];
	/** How many packets were ever put into mailboxes, those that are gone included. */
	readonly everStored: number;
	/** Every byte of every file in the data folder, the write-ahead log included. */
	readonly bytes: Buffer;
}

/** A copy made while the relay writes may not fit together; then another is made. */
const ATTEMPTS = 5;

export async function readDisk(folder: string): Promise<Disk> {
	for (let attempt = 1; ; attempt++) {
		const copy = await mkdtemp(join(tmpdir(), 'aegis-disk-'));
		try {
			const names = (await readdir(folder)).filter((name) => !/-shm$|\.sock$/.test(name));
			for (const name of names) await copyFile(join(folder, name), join(copy, name));
			const bytes = Buffer.concat(
				await Promise.all(names.map((name) => readFile(join(copy, name)))),
			);
			const database = new DatabaseSync(join(copy, FILE));
			try {
				const rows = database.prepare('SELECT block FROM packets JOIN blocks USING (id)').all();
				const counted = database.prepare('SELECT total(highest) AS sum FROM mailboxes').get();
				return {
					blocks: rows.map(({ block }) => Buffer.from(block as Uint8Array)),
					everStored: Number(counted?.['sum']),
					bytes,
				};
			} finally {
				database.close();
			}
		} catch (cause) {
			if (attempt === ATTEMPTS) throw cause;
		} finally {
			await rm(copy, { recursive: true });
		}
	}
}
