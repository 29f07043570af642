// What happens to a channel's log when it is read and written at the same time, as when a conversation opens.
import { expect, it } from 'vitest';
import { createMessageLog } from '#lib/crdt/message-log.ts';
import type { LoggedMessage } from '#lib/crdt/segment.ts';
import { createMemoryStore } from '#lib/storage/memory.ts';

const id = (n: number) => new Uint8Array(32).fill(n);
const message = (n: number): LoggedMessage => ({
	id: id(n),
	author: id(100),
	device: id(101),
	seq: n,
	time: { ms: n * 1000, counter: 0 },
	text: `message ${String(n)}`,
	replyTo: null,
	late: false,
	recipients: 1,
	expiry: 0,
	gone: null,
});

it('[DO1] loses nothing that comes while the log is opened', async () => {
	const store = createMemoryStore();
	const log = createMessageLog(store, id(1), id(2));
	const keep = async (n: number): Promise<void> => {
		const { writes } = await log.insert([message(n)]);
		expect(await store.commit(writes)).toMatchObject({ ok: true });
	};
	await Promise.all([log.read(0), keep(1), log.read(0)]);
	await keep(2);
	const texts = ['message 1', 'message 2'];
	expect((await log.read(0)).map(({ text }) => text)).toEqual(texts);
	const opened = createMessageLog(store, id(1), id(2));
	expect((await opened.read(0)).map(({ text }) => text)).toEqual(texts);
});
