// The tables of a relay's PostgreSQL database, their versions, and the steps from one to the next. Nothing that
// PostgreSQL-compatible distributed databases lack. [RS3] [RS5]
import type { Statements } from './line.ts';
import type { OpenStoreError } from '../schema.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

// tokens.state: 0 live, 1 idle, 2 removed. packets.number: 0 until the commit. packets.due: when it goes. recipients: of
// packets with chunks, until the commit. deliveries: blocks that wait for a token; contents: the chunks of a packet that do.
const FIRST = `
CREATE TABLE aegis_mailboxes (
	id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	mailbox BYTEA NOT NULL UNIQUE,
	write_key BYTEA NOT NULL,
	owner_key BYTEA NOT NULL,
	open BOOLEAN NOT NULL DEFAULT true,
	tokens BIGINT NOT NULL DEFAULT 0,
	highest BIGINT NOT NULL,
	packets BIGINT NOT NULL DEFAULT 0,
	bytes BIGINT NOT NULL DEFAULT 0,
	deliveries BIGINT NOT NULL DEFAULT 0,
	unfinished BIGINT NOT NULL DEFAULT 0,
	idle_since BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX aegis_mailboxes_by_tokens ON aegis_mailboxes (tokens);
CREATE TABLE aegis_tokens (
	id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	mailbox BIGINT NOT NULL,
	hash BYTEA NOT NULL,
	state BIGINT NOT NULL DEFAULT 0,
	seen BIGINT NOT NULL,
	UNIQUE (mailbox, hash)
);
CREATE TABLE aegis_packets (
	id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	mailbox BIGINT NOT NULL,
	number BIGINT NOT NULL,
	packet BYTEA NOT NULL,
	delete_hash BYTEA NOT NULL,
	expiry BIGINT NOT NULL,
	due BIGINT NOT NULL,
	size BIGINT NOT NULL,
	bytes BIGINT NOT NULL,
	chunks BIGINT NOT NULL,
	recipients BYTEA,
	block BYTEA NOT NULL,
	UNIQUE (mailbox, packet)
);
CREATE INDEX aegis_packets_by_due ON aegis_packets (due);
CREATE TABLE aegis_chunks (
	packet BIGINT NOT NULL,
	position BIGINT NOT NULL,
	bytes BYTEA NOT NULL,
	PRIMARY KEY (packet, position)
);
CREATE TABLE aegis_deliveries (
	token BIGINT NOT NULL,
	number BIGINT NOT NULL,
	packet BIGINT NOT NULL,
	PRIMARY KEY (token, number)
);
CREATE INDEX aegis_deliveries_by_packet ON aegis_deliveries (packet);
CREATE TABLE aegis_contents (
	token BIGINT NOT NULL,
	packet BIGINT NOT NULL,
	PRIMARY KEY (token, packet)
);
CREATE INDEX aegis_contents_by_packet ON aegis_contents (packet);
CREATE TABLE aegis_tombstones (
	mailbox BIGINT NOT NULL,
	packet BYTEA NOT NULL,
	expiry BIGINT NOT NULL,
	PRIMARY KEY (mailbox, packet)
);
CREATE INDEX aegis_tombstones_by_expiry ON aegis_tombstones (expiry);
CREATE TABLE aegis_relay (
	id BIGINT PRIMARY KEY,
	version BIGINT NOT NULL,
	floor BIGINT NOT NULL,
	probed BIGINT NOT NULL,
	seed BYTEA
);
INSERT INTO aegis_relay (id, version, floor, probed) VALUES (1, 0, 0, 0);
`;

const INVITATIONS = `
CREATE TABLE aegis_invitations (
	number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	hash BYTEA NOT NULL UNIQUE,
	name TEXT NOT NULL,
	made BIGINT NOT NULL
);
ALTER TABLE aegis_mailboxes ADD COLUMN invitation BYTEA;
`;

/** From no tables to version 1, from 1 to 2, …; never changed once released. */
const STEPS: readonly string[] = [FIRST, INVITATIONS];

const failed = (detail: string): Result<never, OpenStoreError> => err({ type: 'failed', detail });

/** Makes an empty database ready, brings an older one up to date, or says why this one can't be used. In a
 * transaction, which writes nothing where there is nothing to do. */
export async function prepareSchema(db: Statements): Promise<Result<void, OpenStoreError>> {
	const unsafe = "SELECT 1 AS off WHERE current_setting('fsync', true) = 'off'";
	if ((await db.all(unsafe)).length > 0) return failed('its fsync is off: it would lose messages');
	const look = "SELECT to_regclass('aegis_relay') IS NOT NULL AS there";
	const [found] = await db.all<{ there: boolean }>(look);
	const read = async (lock: string): Promise<number | undefined> =>
		(await db.all<{ version: number }>(`SELECT version FROM aegis_relay${lock}`))[0]?.version;
	if (found?.there && (await read('')) === STEPS.length) return ok();
	const version = found?.there ? await read(' FOR UPDATE') : 0;
	if (version === undefined) return failed('it has lost its version');
	if (version > STEPS.length) {
		return err({ type: 'newer', detail: `the data is of version ${String(version)}` });
	}
	for (const step of STEPS.slice(version)) {
		for (const statement of step.split(';')) {
			if (statement.trim() !== '') await db.run(statement);
		}
	}
	await db.run('UPDATE aegis_relay SET version = $1', STEPS.length);
	return ok();
}
