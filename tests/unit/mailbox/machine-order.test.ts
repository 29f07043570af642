// Stories about a relay whose store takes its time: in which order things take effect, how much is begun at once, and who
// counts as gone.
import { expect, it } from 'vitest';
import {
	blockOf,
	createWorld,
	crypto,
	hashOf,
	packetOf,
	tokenOf,
	type World,
} from '../../support/mailbox-world.ts';
import { until } from '../../support/until.ts';
import { DEFAULT_LIMITS } from '#lib/mailbox/limits.ts';
import { createMemoryMailboxStore } from '#lib/mailbox/memory-store.ts';
import { tokenAccessContent, writeAccessContent, type Here } from '#lib/mailbox/proofs.ts';
import type { MailboxStore } from '#lib/ports/mailbox-store.ts';
import { encodeClientFrame, ERROR_CODE, type ClientFrame } from '#lib/protocol/mailbox.ts';
import { unwrap } from '#lib/util/result.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
async function turns(count: number): Promise<void> {
	for (let n = 0; n < count; n++) await turn();
}
/** The same store, each of whose answers takes some turns: the earlier it is asked, the longer. */
function slow(store: MailboxStore): MailboxStore {
	let left = 12;
	const later =
		<A extends unknown[], T>(work: (...args: A) => Promise<T>) =>
		async (...args: A): Promise<T> => {
			await turns(Math.max(0, left--));
			return work(...args);
		};
	return {
		...store,
		open: later(store.open),
		mailbox: later(store.mailbox),
		addTokens: later(store.addTokens),
		hasToken: later(store.hasToken),
		put: later(store.put),
	};
}
const proofOf = async (world: World, at: Here): Promise<ClientFrame> => ({
	type: 'prove',
	request: 2,
	mailbox: world.mailbox,
	signature: await world.writeKey.sign(writeAccessContent(at, world.mailbox)),
});
const tokenFrame = async (world: World, at: Here, n: number): Promise<ClientFrame> => {
	const key = await crypto.signingKey(tokenOf(n));
	const signature = await key.sign(tokenAccessContent(at, world.mailbox));
	const { mailbox } = world;
	return { type: 'token', request: 4, mailbox, token: n, tokenKey: key.publicKey, signature };
};
const putFrame = (world: World, n: number, size = 1024): ClientFrame => ({
	...packetOf(n),
	type: 'put',
	request: 100 + n,
	mailbox: world.mailbox,
	block: blockOf(n, size),
	chunks: 0,
});

it('[MB28] takes what is asked at once in the order in which it was asked', async () => {
	const world = await createWorld({ store: slow(createMemoryMailboxStore()) });
	const { mailbox, writeKey, ownerKey } = world;
	const { end, hello, frames } = await world.greeted();
	const keys = { writeKey: writeKey.publicKey, ownerKey: ownerKey.publicKey };
	const asked: ClientFrame[] = [
		{ type: 'open', request: 1, ...keys },
		await proofOf(world, hello),
		{ type: 'add', request: 3, mailbox, tokenHashes: [hashOf(1)] },
		await tokenFrame(world, hello, 1),
		{ type: 'subscribe', request: 5, token: 1, cursor: 0 },
		putFrame(world, 1),
	];
	for (const frame of asked) end.send(encodeClientFrame(frame));
	await until(() => expect(frames).toHaveLength(6));
	const answers = frames.map((frame) => ('request' in frame ? [frame.request, frame.type] : []));
	expect(answers.sort()).toEqual([
		[1, 'done'],
		[101, 'stored'],
		[2, 'done'],
		[3, 'done'],
		[4, 'done'],
		[5, 'waiting'],
	]);
});

it('[MB15] works on at most 1 MiB of one connection’s requests at once', async () => {
	let release = (): void => undefined;
	const open = new Promise<void>((resolve) => (release = resolve));
	const store = createMemoryMailboxStore();
	const put: MailboxStore['put'] = (packet) => open.then(() => store.put(packet));
	const world = await createWorld({ store: { ...store, put } });
	await world.opened(1);
	const { end, hello, frames } = await world.greeted();
	end.send(encodeClientFrame(await proofOf(world, hello)));
	await until(() => expect(frames).toHaveLength(1));
	const sent = Array.from({ length: 70 }, (_, n) => encodeClientFrame(putFrame(world, n, 16_384)));
	const fitting = Math.floor(2 ** 20 / (sent[0]?.length ?? 1));
	for (const frame of sent) end.send(frame);
	await until(() => expect(frames).toHaveLength(1 + sent.length - fitting));
	expect(frames.slice(1).every((f) => f.type === 'error' && f.code === ERROR_CODE.busy)).toBe(true);
	release();
	await until(() => expect(frames.filter(({ type }) => type === 'stored')).toHaveLength(fitting));
	end.send(encodeClientFrame(putFrame(world, 69, 16_384)));
	await until(() => expect(frames.at(-1)?.type).toBe('stored'));
});

it('[MB22] shows nobody to who subscribes while the mailbox is being closed', async () => {
	const store = createMemoryMailboxStore();
	let hold: Promise<void> | undefined;
	const mailboxRead: MailboxStore['mailbox'] = async (id) => {
		const record = await store.mailbox(id);
		await hold;
		return record;
	};
	const world = await createWorld({ store: { ...store, mailbox: mailboxRead } });
	const { mailbox, writeKey, ownerKey } = world;
	const alice = await world.opened(2);
	unwrap(await alice.subscribe(mailbox, tokenOf(1), 0));
	const bob = world.client();
	unwrap(await bob.ready);
	const { end, hello, frames } = await world.greeted();
	end.send(encodeClientFrame(await tokenFrame(world, hello, 2)));
	await until(() => expect(frames).toHaveLength(1));

	let release = (): void => undefined;
	hold = new Promise((resolve) => (release = resolve));
	end.send(encodeClientFrame({ type: 'subscribe', request: 5, token: 2, cursor: 0 }));
	await turns(5);
	hold = undefined;
	unwrap(await bob.closeMailbox(mailbox, ownerKey));
	release();
	await until(() => expect(frames.at(-1)).toMatchObject({ type: 'waiting', connected: [] }));
	unwrap(await alice.stat(mailbox, writeKey));
	expect(alice.heard.presence).toEqual([]);
});

it('[MB22] goes on showing nobody, whatever was asked before it was closed', async () => {
	const store = createMemoryMailboxStore();
	let hold = Promise.resolve();
	const addTokens: MailboxStore['addTokens'] = async (...args) => {
		const added = await store.addTokens(...args);
		await hold;
		return added;
	};
	const world = await createWorld({ store: { ...store, addTokens } });
	const { mailbox, writeKey, ownerKey } = world;
	const alice = await world.opened(2);
	unwrap(await alice.subscribe(mailbox, tokenOf(1), 0));
	const bob = world.client();
	unwrap(await bob.subscribe(mailbox, tokenOf(2), 0));
	await until(() => expect(alice.heard.presence).toHaveLength(1));
	let release = (): void => undefined;
	hold = new Promise((resolve) => (release = resolve));
	const adding = alice.add(mailbox, writeKey, [hashOf(3)]);
	await turns(5);
	unwrap(await bob.closeMailbox(mailbox, ownerKey));
	release();
	unwrap(await adding);
	bob.close('gone');
	await until(() => expect(world.machine.connections()).toBe(1));
	expect(unwrap(await alice.subscribe(mailbox, tokenOf(1), 0)).connected).toEqual([]);
	expect(alice.heard.presence).toHaveLength(1);
});

it('[MB25] takes nobody for gone who is connected, however long, and keeps nothing more for who is not', async () => {
	const limits = {
		...DEFAULT_LIMITS,
		store: { ...DEFAULT_LIMITS.store, smallMailbox: 2, tokenIdle: 7200 },
		seenEvery: 3_600_000,
	};
	const world = await createWorld({ limits });
	const { mailbox, store } = world;
	const alice = await world.opened(3);
	const { end, hello, frames } = await world.greeted();
	end.send(encodeClientFrame(await tokenFrame(world, hello, 1)));
	end.send(encodeClientFrame({ type: 'subscribe', request: 5, token: 1, cursor: 0 }));
	await until(() => expect(frames).toHaveLength(2));
	unwrap(await alice.put(mailbox, world.writeKey, packetOf(1)));
	// Half an hour at a time: relays look once a minute and once an hour, and each look has to end.
	for (let n = 0; n < 12; n++) {
		world.clock.advance(1_800_000);
		await turns(10);
	}
	const waitingFor = async (n: number) => (await store.waiting(mailbox, hashOf(n), 0, 10)).length;
	const put = { ...packetOf(2), mailbox, expiry: Math.floor(world.clock.now() / 1000) + 1000 };
	unwrap(await store.put(put));
	expect(await waitingFor(1)).toBe(1);
	expect(await waitingFor(2)).toBe(0);
});
