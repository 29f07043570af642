// The tables of a relay's SQLite file and their version. [RS3] [RS4]
import type { DatabaseSync } from 'node:sqlite';
import { err, ok, type Result } from '#lib/util/result.ts';

export const SCHEMA_VERSION = 4;
/** The oldest version that is taken along. */
const OLDEST = 3;

/** newer, older: written by a newer relay, or by one from before the first release. locked: another process has it open. failed: as said. */
export interface OpenStoreError {
	readonly type: 'newer' | 'older' | 'locked' | 'failed';
	readonly detail: string;
}

// Blocks and chunks have tables of their own, so that counting acknowledgements down doesn't rewrite them.
// tokens.state: 0 live, 1 idle, 2 removed. packets.number: 0 until the commit. packets.due: when it goes.
// numbers: the floor for numbers of new mailboxes, and sums over all, kept so that no start has to count a million.
// deliveries: blocks that wait for a token; contents: the chunks of a packet that do.
const TABLES = `
CREATE TABLE numbers (
	floor INTEGER NOT NULL,
	mailboxes INTEGER NOT NULL,
	packets INTEGER NOT NULL,
	bytes INTEGER NOT NULL
) STRICT;
INSERT INTO numbers VALUES (0, 0, 0, 0);
CREATE TABLE mailboxes (
	id INTEGER PRIMARY KEY,
	mailbox BLOB NOT NULL UNIQUE,
	write_key BLOB NOT NULL,
	owner_key BLOB NOT NULL,
	open INTEGER NOT NULL DEFAULT 1,
	tokens INTEGER NOT NULL DEFAULT 0,
	highest INTEGER NOT NULL,
	packets INTEGER NOT NULL DEFAULT 0,
	bytes INTEGER NOT NULL DEFAULT 0,
	deliveries INTEGER NOT NULL DEFAULT 0,
	unfinished INTEGER NOT NULL DEFAULT 0,
	idle_since INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX mailboxes_by_tokens ON mailboxes (tokens);
CREATE TABLE tokens (
	id INTEGER PRIMARY KEY,
	mailbox INTEGER NOT NULL,
	hash BLOB NOT NULL,
	state INTEGER NOT NULL DEFAULT 0,
	seen INTEGER NOT NULL,
	UNIQUE (mailbox, hash)
) STRICT;
CREATE INDEX tokens_by_seen ON tokens (mailbox, seen) WHERE state = 0;
CREATE TABLE packets (
	id INTEGER PRIMARY KEY,
	mailbox INTEGER NOT NULL,
	number INTEGER NOT NULL,
	packet BLOB NOT NULL,
	delete_hash BLOB NOT NULL,
	expiry INTEGER NOT NULL,
	due INTEGER NOT NULL,
	size INTEGER NOT NULL,
	bytes INTEGER NOT NULL,
	chunks INTEGER NOT NULL,
	recipients BLOB,
	waiting INTEGER NOT NULL DEFAULT 0,
	UNIQUE (mailbox, packet)
) STRICT;
CREATE INDEX packets_by_due ON packets (due);
CREATE TABLE blocks (id INTEGER PRIMARY KEY, block BLOB NOT NULL) STRICT;
CREATE TABLE chunks (
	packet INTEGER NOT NULL,
	position INTEGER NOT NULL,
	bytes BLOB NOT NULL,
	PRIMARY KEY (packet, position)
) STRICT;
CREATE TABLE deliveries (
	token INTEGER NOT NULL,
	number INTEGER NOT NULL,
	packet INTEGER NOT NULL,
	PRIMARY KEY (token, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_by_packet ON deliveries (packet);
CREATE TABLE contents (
	token INTEGER NOT NULL,
	packet INTEGER NOT NULL,
	PRIMARY KEY (token, packet)
) STRICT, WITHOUT ROWID;
CREATE INDEX contents_by_packet ON contents (packet);
CREATE TABLE tombstones (
	mailbox INTEGER NOT NULL,
	packet BLOB NOT NULL,
	expiry INTEGER NOT NULL,
	PRIMARY KEY (mailbox, packet)
) STRICT, WITHOUT ROWID;
CREATE INDEX tombstones_by_expiry ON tombstones (expiry);
PRAGMA user_version = ${String(OLDEST)};
`;

// invitations: what the operator gave out; mailboxes.invitation: which stands behind a mailbox.
const INVITATIONS = `
CREATE TABLE invitations (
	number INTEGER PRIMARY KEY AUTOINCREMENT,
	hash BLOB NOT NULL UNIQUE,
	name TEXT NOT NULL,
	made INTEGER NOT NULL
) STRICT;
ALTER TABLE mailboxes ADD COLUMN invitation BLOB;
`;

/** From OLDEST to the next version, and on; never changed once released. */
const STEPS: readonly string[] = [INVITATIONS];

/** Makes a fresh file ready, brings an older one up to date, or says why this one can't be used. */
export function prepareSchema(db: DatabaseSync): Result<void, OpenStoreError> {
	try {
		// One process for each file: pushes reach only those connected to the process that stores.
		db.exec('PRAGMA busy_timeout = 2000; PRAGMA locking_mode = EXCLUSIVE;');
		// A file that is as it should be is not written to, as these two would: a relay starts on a full disk, too.
		const { pages } = db.prepare('SELECT page_count AS pages FROM pragma_page_count').get() as {
			pages: number;
		};
		if (pages === 0) db.exec('PRAGMA auto_vacuum = INCREMENTAL;');
		db.exec(`
			PRAGMA journal_mode = WAL;
			PRAGMA synchronous = FULL;
			PRAGMA secure_delete = ON;
			BEGIN IMMEDIATE;
		`);
		const { version } = db
			.prepare('SELECT user_version AS version FROM pragma_user_version')
			.get() as {
			version: number;
		};
		if (version > SCHEMA_VERSION || (version > 0 && version < OLDEST)) {
			db.exec('ROLLBACK');
			const type = version > SCHEMA_VERSION ? 'newer' : 'older';
			return err({ type, detail: `the data is of version ${String(version)}` });
		}
		if (version === 0) db.exec(TABLES);
		for (const step of STEPS.slice(Math.max(version, OLDEST) - OLDEST)) db.exec(step);
		if (version !== SCHEMA_VERSION) db.exec(`PRAGMA user_version = ${String(SCHEMA_VERSION)}`);
		db.exec('COMMIT');
		return ok();
	} catch (cause) {
		const detail = cause instanceof Error ? cause.message : 'unknown';
		return err({ type: detail.includes('locked') ? 'locked' : 'failed', detail });
	}
}
