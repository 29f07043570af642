// A relay in a folder: its key, its certificates, and its mailboxes as they were at one moment. [RV14]
//
// backup.json  { "aegis": 1, "at": ISO time, "files": { name: SHA-256 in hex } }
import { createHash } from 'node:crypto';
import { copyFile, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DatabaseSync } from 'node:sqlite';
import * as v from 'valibot';
import { isMissing } from './files.ts';
import { causeText } from './listening.ts';
import { DATABASE } from './open-store.ts';
import { SCHEMA_VERSION } from './store/schema.ts';
import type { SqliteStore } from './store/sqlite.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

const MANIFEST = 'backup.json';
/** What belongs to a relay besides its mailboxes, where it has it. */
const KEPT = ['relay.key', 'self-signed.pem', 'webrtc.pem'];
/** Puts that a relay can have taken between a backup and its loss, and more. */
const NUMBERS_ON = 2 ** 32;

const manifestShape = v.object({
	aegis: v.literal(1),
	at: v.string(),
	files: v.record(v.pipe(v.string(), v.regex(/^[a-z-]+\.[a-z]+$/)), v.string()),
});
type Manifest = v.InferOutput<typeof manifestShape>;

async function hashOf(path: string): Promise<string> {
	const hash = createHash('sha256');
	await pipeline(createReadStream(path), hash);
	return hash.digest('hex');
}

async function sync(path: string): Promise<void> {
	const file = await open(path, 'r');
	await file.sync().finally(() => file.close());
}

/** Copies what is there of these; a folder that stands under its own name is whole. */
export async function writeBackup(
	data: string,
	to: string,
	copyMailboxes: SqliteStore['backup'],
	now: number,
): Promise<Result<void, string>> {
	if (!isAbsolute(to)) return err('A backup needs a whole path.');
	const draft = `${to}.part`;
	try {
		if ((await readdir(to).catch(none)) !== undefined) return err(`${to} is there already.`);
		await rm(draft, { recursive: true, force: true });
		await mkdir(draft, { mode: 0o700 });
		for (const name of KEPT) {
			await copyFile(join(data, name), join(draft, name)).catch(none);
		}
		const copied = await copyMailboxes(join(draft, DATABASE));
		if (!copied.ok) return err(`The mailboxes can't be copied: ${copied.error.detail}.`);
		const files: Record<string, string> = {};
		for (const name of await readdir(draft)) {
			await sync(join(draft, name));
			files[name] = await hashOf(join(draft, name));
		}
		const manifest: Manifest = { aegis: 1, at: new Date(now).toISOString(), files };
		await writeFile(join(draft, MANIFEST), `${JSON.stringify(manifest, null, '\t')}\n`);
		await sync(join(draft, MANIFEST));
		await rename(draft, to);
		return ok();
	} catch (cause) {
		return err(`${to} can't be written: ${causeText(cause)}.`);
	}
}

/** Swallows that something is not there, and nothing else. */
function none(cause: unknown): undefined {
	if (!isMissing(cause)) throw cause;
	return undefined;
}

export interface BackupReport {
	/** ISO time. */
	readonly at: string;
	readonly mailboxes: number;
	readonly packets: number;
	/** Names of what it consists of. */
	readonly files: readonly string[];
}

/** Reads all of it; what is said to be good can be restored. */
export async function verifyBackup(from: string): Promise<Result<BackupReport, string>> {
	let manifest: Manifest;
	try {
		manifest = v.parse(manifestShape, JSON.parse(await readFile(join(from, MANIFEST), 'utf8')));
	} catch {
		return err(`${from} is not a whole backup: its ${MANIFEST} is missing or broken.`);
	}
	for (const [name, hash] of Object.entries(manifest.files)) {
		const found = await hashOf(join(from, name)).catch(() => undefined);
		if (found === undefined) return err(`${name} is missing from the backup.`);
		if (found !== hash) return err(`${name} is not what was backed up.`);
	}
	for (const name of ['relay.key', DATABASE]) {
		if (manifest.files[name] === undefined) return err(`The backup has no ${name}.`);
	}
	try {
		const db = new DatabaseSync(join(from, DATABASE), { readOnly: true });
		try {
			return look(db, manifest);
		} finally {
			db.close();
		}
	} catch (cause) {
		return err(`The mailboxes can't be read: ${causeText(cause)}.`);
	}
}

function look(db: DatabaseSync, { at, files }: Manifest): Result<BackupReport, string> {
	const value = (sql: string): unknown => Object.values(db.prepare(sql).get() ?? {})[0];
	const verdict = value('PRAGMA integrity_check');
	if (verdict !== 'ok') return err(`The mailboxes are damaged: ${String(verdict)}.`);
	if (Number(value('PRAGMA user_version')) > SCHEMA_VERSION) {
		return err('The backup was made by a newer relay: update this one.');
	}
	return ok({
		at,
		files: Object.keys(files),
		mailboxes: Number(value('SELECT count(*) FROM mailboxes')),
		packets: Number(value('SELECT count(*) FROM packets')),
	});
}

/** Into a data folder that is missing or empty. */
export async function restoreBackup(
	from: string,
	data: string,
): Promise<Result<BackupReport, string>> {
	const report = await verifyBackup(from);
	if (!report.ok) return report;
	try {
		const there = (await readdir(data).catch(none)) ?? [];
		if (there.length > 0) return err(`The data folder "${data}" is not empty.`);
		await mkdir(data, { recursive: true, mode: 0o700 });
		for (const name of report.value.files) await copyFile(join(from, name), join(data, name));
		const db = new DatabaseSync(join(data, DATABASE));
		// Clients have seen numbers that the lost relay gave after the backup: new packets must come after those. [MB17]
		db.exec(`BEGIN;
			UPDATE mailboxes SET highest = highest + ${String(NUMBERS_ON)};
			UPDATE numbers SET floor = floor + ${String(NUMBERS_ON)};
			COMMIT;`);
		db.close();
		await sync(join(data, DATABASE));
		return report;
	} catch (cause) {
		return err(`"${data}" can't be written: ${causeText(cause)}.`);
	}
}
