// What the SQLite store holds in memory of packets, and writes down with each commit.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openSqliteStore } from '../../relay-server/store/sqlite.ts';
import { alice, bob, box, keys, NOW, packet } from '../support/mailbox-stores.ts';
import { DEFAULT_LIMITS } from '#lib/mailbox/limits.ts';
import { unwrap } from '#lib/util/result.ts';

it('[MB10] [RS1] counts acknowledgements across restarts: the last one deletes, and none before', async () => {
	const folder = await mkdtemp(join(tmpdir(), 'mailboxes-'));
	const open = async () => unwrap(await openSqliteStore(join(folder, 'db'), DEFAULT_LIMITS.store));
	let store = await open();
	unwrap(await store.open({ mailbox: box, ...keys }));
	unwrap(await store.addTokens(box, [alice, bob], NOW));
	unwrap(await store.put(packet(1)));
	unwrap(await store.put(packet(2)));
	expect(unwrap(await store.acknowledge(box, alice, 0, [packet(1).packet]))).toEqual([]);
	await store.shutdown();

	store = await open();
	// Again by the same one: it waits for nobody twice.
	expect(unwrap(await store.acknowledge(box, alice, 0, [packet(1).packet]))).toEqual([]);
	expect(unwrap(await store.acknowledge(box, bob, 0, [packet(1).packet]))).toEqual([
		packet(1).packet,
	]);
	expect(unwrap(await store.acknowledge(box, bob, 2, []))).toEqual([]);
	await store.shutdown();

	store = await open();
	expect(await store.status(box)).toEqual({ packets: 1, bytes: 1024 });
	expect(unwrap(await store.acknowledge(box, alice, 2, []))).toEqual([packet(2).packet]);
	await store.shutdown();
	await rm(folder, { recursive: true });
});
