// What a relay of an earlier version, or an earlier run, has left is taken along.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { box, keys, NOW, packet } from '../support/mailbox-stores.ts';
import { bytesOf } from '../support/mailbox-world.ts';
import { openSqliteStore } from '../../relay-server/store/sqlite.ts';
import { DEFAULT_LIMITS } from '#lib/mailbox/limits.ts';
import { unwrap } from '#lib/util/result.ts';

it('[RS3] brings the data of an older relay up to date, with all that it holds', async () => {
	const folder = await mkdtemp(join(tmpdir(), 'mailboxes-'));
	const path = join(folder, 'mailboxes.db');
	const open = async () => unwrap(await openSqliteStore(path, DEFAULT_LIMITS.store));
	const first = await open();
	unwrap(await first.open({ mailbox: box, ...keys }));
	unwrap(await first.addTokens(box, [bytesOf(11)], NOW));
	unwrap(await first.put(packet(1)));
	await first.shutdown();
	const db = new DatabaseSync(path);
	db.exec('ALTER TABLE mailboxes DROP COLUMN invitation; DROP TABLE invitations');
	db.exec('PRAGMA user_version = 3');
	db.close();

	const second = await open();
	expect(await second.waiting(box, bytesOf(11), 0, 10)).toMatchObject([{ number: 1 }]);
	unwrap(await second.invite(bytesOf(71), 'Ada', NOW));
	unwrap(await second.open({ ...keys, mailbox: bytesOf(8), invitations: [bytesOf(71)] }));
	expect((await second.mailbox(box))?.invitation).toBeNull();
	await second.shutdown();
	await rm(folder, { recursive: true });
});

it('[RS3] writes nothing to a file that is up to date: there may be no room', async () => {
	const folder = await mkdtemp(join(tmpdir(), 'mailboxes-'));
	const path = join(folder, 'mailboxes.db');
	const first = unwrap(await openSqliteStore(path, DEFAULT_LIMITS.store));
	unwrap(await first.open({ mailbox: box, ...keys }));
	await first.shutdown();
	const before = await readFile(path);
	const again = unwrap(await openSqliteStore(path, DEFAULT_LIMITS.store));
	// Its log has been taken into the file by now.
	expect(before.equals(await readFile(path))).toBe(true);
	unwrap(await again.addTokens(box, [bytesOf(11)], NOW));
	await again.shutdown();
	expect(before.equals(await readFile(path))).toBe(false);
	await rm(folder, { recursive: true });
});
