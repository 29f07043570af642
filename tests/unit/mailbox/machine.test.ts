// Stories about Alice, who writes, and Bob and Carol, who read, at one relay.
import { describe, expect, it, vi } from 'vitest';
import {
	blockOf,
	bytesOf,
	createWorld,
	crypto,
	GREET,
	hashOf,
	packetOf,
	tokenOf,
} from '../../support/mailbox-world.ts';
import { DEFAULT_LIMITS } from '#lib/mailbox/limits.ts';
import { helloContent, mailboxId, writeAccessContent } from '#lib/mailbox/proofs.ts';
import { createReceiptVerifier } from '#lib/mailbox/receipts.ts';
import { encodeClientFrame, ERROR_CODE, type ClientFrame } from '#lib/protocol/mailbox.ts';
import { unwrap } from '#lib/util/result.ts';
import { until } from '../../support/until.ts';

const errorOf = (result: { ok: boolean; error?: { type: string } }): string | undefined =>
	result.ok ? undefined : result.error?.type;

describe('a connection', () => {
	it('[MB2] greets back with its key, proven, and each time with another challenge', async () => {
		const world = await createWorld();
		const [{ hello: one }, { hello: two }] = [await world.greeted(), await world.greeted()];
		expect(one.relayKey).toEqual(world.relayKey.publicKey);
		expect(one).toMatchObject({
			version: 1,
			stunPort: 3478,
			time: world.clock.now() / 1000,
			invitedOnly: false,
			draining: false,
		});
		expect(one.challenge).not.toEqual(two.challenge);
		const key = world.relayKey.publicKey;
		expect(await crypto.verify(key, helloContent(bytesOf(42), one), one.signature)).toBe(true);
		expect(await crypto.verify(key, helloContent(bytesOf(43), one), one.signature)).toBe(false);
		const changed = { ...one, stunPort: 1 };
		expect(await crypto.verify(key, helloContent(bytesOf(42), changed), one.signature)).toBe(false);
	});

	it('[MB2] [MB14] says nothing to a client that does not greet first, or greets twice', async () => {
		const world = await createWorld();
		const [silent] = world.channel();
		world.clock.advance(DEFAULT_LIMITS.connection.greeting);
		await until(() => expect(silent.closed).toBe('no greeting'));
		const [rude] = world.channel();
		rude.send(encodeClientFrame({ type: 'ping', request: 1 }));
		await until(() => expect(rude.closed).toBe('malformed frame'));
		const { end } = await world.greeted();
		world.clock.advance(DEFAULT_LIMITS.connection.greeting);
		expect(end.closed).toBeUndefined();
		end.send(GREET);
		await until(() => expect(end.closed).toBe('malformed frame'));
		expect(world.machine.connections()).toBe(0);
	});

	it('[MB14] ends with an error after a malformed frame', async () => {
		const world = await createWorld();
		const { end, frames } = await world.greeted();
		end.send(new Uint8Array([0xff, 1, 2]));
		await until(() => expect(end.closed).toBe('malformed frame'));
		expect(frames.at(-1)).toMatchObject({ type: 'error', request: 0, code: ERROR_CODE.malformed });
		expect(world.machine.connections()).toBe(0);
	});

	it('[MB16] of a client that does not read is closed before it fills the memory', async () => {
		const world = await createWorld();
		const alice = await world.opened(2);
		const bob = world.client();
		unwrap(await bob.subscribe(world.mailbox, tokenOf(2), 0));
		bob.ends[0].stall();
		for (let n = 0; n < 300 && bob.ends[1].closed === undefined; n++) {
			const packet = { ...packetOf(n), block: blockOf(n, 16_384) };
			unwrap(await alice.push(world.mailbox, world.writeKey, packet));
		}
		expect(bob.ends[1].closed).toMatch(/too slow/);
		expect(world.machine.connections()).toBe(1);
	});

	it('[MB15] has bounds: requests at once, subscriptions, proofs, connections', async () => {
		const limits = {
			...DEFAULT_LIMITS,
			connections: 2,
			connection: {
				...DEFAULT_LIMITS.connection,
				requests: 3,
				subscriptions: 1,
				proven: 1,
				failedProofs: 2,
			},
		};
		const world = await createWorld({ limits });
		const alice = await world.opened(2);
		unwrap(await alice.subscribe(world.mailbox, tokenOf(1), 0));
		unwrap(await alice.subscribe(world.mailbox, tokenOf(1), 0));
		expect(errorOf(await alice.subscribe(world.mailbox, tokenOf(2), 0))).toBe('busy');

		const other = mailboxId(crypto, world.writeKey.publicKey, bytesOf(3));
		unwrap(await alice.open({ writeKey: world.writeKey, ownerKey: bytesOf(3), tokenHashes: [] }));
		unwrap(await alice.stat(world.mailbox, world.writeKey));
		expect(errorOf(await alice.stat(other, world.writeKey))).toBe('busy');

		const many = await Promise.all(
			Array.from({ length: 10 }, () => alice.stat(world.mailbox, world.writeKey)),
		);
		expect(many.filter((stat) => stat.ok)).toHaveLength(3);
		expect(new Set(many.filter((stat) => !stat.ok).map(errorOf))).toEqual(new Set(['busy']));

		const mallory = world.client();
		unwrap(await mallory.ready);
		const third = world.client();
		expect(errorOf(await third.ready)).toBe('refused');

		expect(errorOf(await mallory.stat(world.mailbox, world.strangerKey))).toBe('denied');
		await mallory.stat(world.mailbox, world.strangerKey);
		await until(() => expect(mallory.heard.closed).toBe('too many wrong proofs'));
	});
});

describe('opening and writing', () => {
	it('[MB4] opens each mailbox for its keys alone, and the same again changes nothing', async () => {
		const world = await createWorld();
		const alice = await world.opened(2);
		const { writeKey, strangerKey, mailbox } = world;
		const ownerKey = world.ownerKey.publicKey;
		unwrap(await alice.open({ writeKey, ownerKey, tokenHashes: [] }));
		unwrap(await alice.open({ writeKey: strangerKey, ownerKey, tokenHashes: [hashOf(9)] }));
		unwrap(await alice.open({ writeKey, ownerKey: bytesOf(8), tokenHashes: [hashOf(9)] }));
		expect(await world.store.mailbox(mailbox)).toMatchObject({
			tokens: 2,
			writeKey: writeKey.publicKey,
			ownerKey,
		});
		expect(errorOf(await world.client().put(mailbox, strangerKey, packetOf(1)))).toBe('denied');
	});

	it('[MB3] gives write access to nobody who has not proven the write key, not even the opener', async () => {
		const world = await createWorld();
		await world.opened(1);
		const { end, frames } = await world.greeted();
		const { mailbox } = world;
		const keys = { writeKey: world.writeKey.publicKey, ownerKey: world.ownerKey.publicKey };
		const put = { ...packetOf(1), chunks: 0 };
		const packet = bytesOf(1);
		const asked: ClientFrame[] = [
			{ type: 'put', request: 2, mailbox, ...put },
			{ type: 'put', request: 3, mailbox, ...put, ttl: 0 },
			{ type: 'add', request: 4, mailbox, tokenHashes: [hashOf(5)] },
			{ type: 'stat', request: 5, mailbox },
			{ type: 'put', request: 6, mailbox, ...put, chunks: 2 },
			{ type: 'chunk', request: 7, mailbox, packet, index: 0, bytes: packet },
			{ type: 'commit', request: 8, mailbox, packet },
			{ type: 'chunks', request: 9, mailbox, packet },
		];
		end.send(encodeClientFrame({ type: 'open', request: 1, ...keys }));
		for (const frame of asked) end.send(encodeClientFrame(frame));
		await until(() => expect(frames).toHaveLength(9));
		const denied = frames.filter((f) => f.type === 'error' && f.code === ERROR_CODE.denied);
		expect(denied.map((f) => (f.type === 'error' ? f.request : 0)).sort()).toEqual([
			2, 3, 4, 5, 6, 7, 8, 9,
		]);
		expect(errorOf(await world.client().put(mailbox, world.strangerKey, packetOf(1)))).toBe(
			'denied',
		);
		expect(await world.store.status(mailbox)).toEqual({ packets: 0, bytes: 0 });
	});

	it('[MB3] takes no proof made for another connection', async () => {
		const world = await createWorld();
		await world.opened(1);
		const { mailbox } = world;
		const [one, two] = [await world.greeted(), await world.greeted()];
		const signature = await world.writeKey.sign(writeAccessContent(one.hello, mailbox));
		two.end.send(encodeClientFrame({ type: 'prove', request: 1, mailbox, signature }));
		one.end.send(encodeClientFrame({ type: 'prove', request: 1, mailbox, signature }));
		await until(() => expect(two.frames).toMatchObject([{ code: ERROR_CODE.denied }]));
		await until(() => expect(one.frames).toMatchObject([{ type: 'done' }]));
	});

	it('[MB3] proves once for each connection, however many packets follow', async () => {
		const world = await createWorld();
		await world.opened(1);
		const alice = world.client();
		const sign = vi.fn(world.writeKey.sign.bind(world.writeKey));
		const key = { publicKey: world.writeKey.publicKey, sign };
		const puts = await Promise.all(
			Array.from({ length: 20 }, (_, n) => alice.put(world.mailbox, key, packetOf(n))),
		);
		expect(puts.every((put) => put.ok)).toBe(true);
		expect(sign).toHaveBeenCalledOnce();
	});

	it('[MB5] gives a signed receipt, one signature for all of a tick', async () => {
		const world = await createWorld();
		const alice = await world.opened(1);
		unwrap(await alice.stat(world.mailbox, world.writeKey));
		const signed = vi.spyOn(world.relayKey, 'sign');
		const puts = await Promise.all(
			Array.from({ length: 30 }, (_, n) => alice.put(world.mailbox, world.writeKey, packetOf(n))),
		);
		const receipts = puts.map(unwrap);
		expect(receipts[0]?.expiry).toBe(world.clock.now() / 1000 + 3600);
		const verifier = createReceiptVerifier(crypto, world.relayKey.publicKey);
		for (const [n, receipt] of receipts.entries()) {
			expect(await verifier.verify(world.mailbox, packetOf(n).packet, receipt)).toBe(true);
			expect(await verifier.verify(world.mailbox, packetOf(n + 1).packet, receipt)).toBe(false);
		}
		expect(signed).toHaveBeenCalledOnce();
	});

	it('[MB6] keeps a packet once, and pushes it once', async () => {
		const world = await createWorld();
		const alice = await world.opened(2);
		const bob = world.client();
		unwrap(await bob.subscribe(world.mailbox, tokenOf(2), 0));
		const first = unwrap(await alice.put(world.mailbox, world.writeKey, packetOf(1)));
		world.clock.advance(9000);
		const second = unwrap(await alice.put(world.mailbox, world.writeKey, packetOf(1)));
		expect(second.expiry).toBe(first.expiry);
		unwrap(await alice.put(world.mailbox, world.writeKey, packetOf(2)));
		await until(() => expect(bob.heard.packets.map((p) => p.number)).toEqual([1, 2]));
	});

	it('[MB21] refuses recipients that the mailbox does not have, and keeps nothing', async () => {
		const world = await createWorld();
		const alice = await world.opened(1);
		const put = await alice.put(world.mailbox, world.writeKey, packetOf(1, [hashOf(1), hashOf(2)]));
		expect(errorOf(put)).toBe('unknown-token');
		expect(errorOf(await alice.put(world.mailbox, world.writeKey, packetOf(1, [])))).toBe(
			'unknown-token',
		);
		unwrap(await alice.add(world.mailbox, world.writeKey, [hashOf(2)]));
		unwrap(await alice.put(world.mailbox, world.writeKey, packetOf(1, [hashOf(1), hashOf(2)])));
	});
});

it('a relay that shuts down closes its connections and lets what runs finish', async () => {
	const world = await createWorld();
	const alice = await world.opened(1);
	await world.machine.shutdown();
	await until(() => expect(alice.heard.closed).toBe('the relay is shutting down'));
	expect(world.machine.connections()).toBe(0);
	expect(errorOf(await world.client().ready)).toBe('disconnected');
});
