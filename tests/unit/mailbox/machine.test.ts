// Stories about Alice, who writes, and Bob and Carol, who read, at one relay.
import { describe, expect, it, vi } from 'vitest';
import {
	blockOf,
	bytesOf,
	createWorld,
	crypto,
	hashOf,
	packetOf,
	tokenOf,
} from '../../support/mailbox-world.ts';
import { DEFAULT_LIMITS } from '#lib/mailbox/limits.ts';
import { createReceiptVerifier } from '#lib/mailbox/receipts.ts';
import {
	decodeRelayFrame,
	encodeClientFrame,
	ERROR_CODE,
	type RelayFrame,
} from '#lib/protocol/mailbox.ts';
import { unwrap } from '#lib/util/result.ts';
import { until } from '../../support/until.ts';

const errorOf = (result: { ok: boolean; error?: { type: string } }): string | undefined =>
	result.ok ? undefined : result.error?.type;

describe('a connection', () => {
	it('[MB2] is greeted first, each time with another challenge', async () => {
		const world = await createWorld();
		const greet = async (): Promise<RelayFrame> => {
			const [end] = world.channel();
			return new Promise((resolve) => {
				end.onFrame = (frame) => {
					resolve(unwrap(decodeRelayFrame(frame)));
				};
			});
		};
		const [one, two] = [await greet(), await greet()];
		if (one.type !== 'hello' || two.type !== 'hello') throw new Error('no greeting');
		expect(one.relayKey).toEqual(world.relayKey.publicKey);
		expect(one).toMatchObject({ version: 1, stunPort: 3478, time: world.clock.now() / 1000 });
		expect(one.challenge).not.toEqual(two.challenge);
	});

	it('[MB14] ends with an error after a malformed frame', async () => {
		const world = await createWorld();
		const [end] = world.channel();
		const frames: RelayFrame[] = [];
		end.onFrame = (frame) => frames.push(unwrap(decodeRelayFrame(frame)));
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

		const other = bytesOf(11);
		const open = {
			writeKey: world.writeKey,
			ownerKey: bytesOf(3),
			tokenHashes: [hashOf(1)],
			ttl: 9,
		};
		unwrap(await alice.open({ ...open, mailbox: other }));
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
		expect(errorOf(await third.ready)).toBe('disconnected');

		expect(errorOf(await mallory.stat(world.mailbox, world.strangerKey))).toBe('denied');
		await mallory.stat(world.mailbox, world.strangerKey);
		await until(() => expect(mallory.heard.closed).toBe('too many wrong proofs'));
	});
});

describe('opening and writing', () => {
	it('[MB4] opens once; the same keys again change nothing, other keys conflict', async () => {
		const world = await createWorld();
		const alice = await world.opened(2);
		const again = {
			mailbox: world.mailbox,
			writeKey: world.writeKey,
			ownerKey: world.ownerKey.publicKey,
			tokenHashes: [hashOf(9)],
			ttl: 60,
		};
		unwrap(await alice.open(again));
		expect((await world.store.mailbox(world.mailbox))?.tokens).toBe(2);
		expect(errorOf(await alice.open({ ...again, writeKey: world.strangerKey }))).toBe('conflict');
		expect(errorOf(await alice.open({ ...again, ownerKey: bytesOf(8) }))).toBe('conflict');
	});

	it('[MB3] gives write access to nobody who has not proven the write key, not even the opener', async () => {
		const world = await createWorld();
		const alice = await world.opened(1);
		const frames: RelayFrame[] = [];
		const [end] = world.channel();
		end.onFrame = (frame) => frames.push(unwrap(decodeRelayFrame(frame)));
		const mailbox = world.mailbox;
		const keys = { writeKey: world.writeKey.publicKey, ownerKey: world.ownerKey.publicKey };
		end.send(
			encodeClientFrame({ type: 'open', request: 1, mailbox, ...keys, tokenHashes: [], ttl: 9 }),
		);
		end.send(encodeClientFrame({ type: 'put', request: 2, mailbox, ...packetOf(1) }));
		end.send(encodeClientFrame({ type: 'put', request: 3, mailbox, ...packetOf(1), ttl: 0 }));
		end.send(encodeClientFrame({ type: 'add', request: 4, mailbox, tokenHashes: [hashOf(5)] }));
		end.send(encodeClientFrame({ type: 'stat', request: 5, mailbox }));
		await until(() => expect(frames).toHaveLength(6));
		const denied = frames.filter((f) => f.type === 'error' && f.code === ERROR_CODE.denied);
		expect(denied.map((f) => (f.type === 'error' ? f.request : 0)).sort()).toEqual([2, 3, 4, 5]);
		expect(errorOf(await alice.put(mailbox, world.strangerKey, packetOf(1)))).toBe('denied');
		expect(await world.store.status(mailbox)).toEqual({ packets: 0, bytes: 0 });
	});

	it('[MB3] takes no proof made for another connection', async () => {
		const world = await createWorld();
		await world.opened(1);
		const [one, two] = [world.channel()[0], world.channel()[0]];
		const codes: RelayFrame[] = [];
		two.onFrame = (frame) => codes.push(unwrap(decodeRelayFrame(frame)));
		const challenge = await new Promise<Uint8Array>((resolve) => {
			one.onFrame = (frame) => {
				const hello = unwrap(decodeRelayFrame(frame));
				if (hello.type === 'hello') resolve(hello.challenge);
			};
		});
		const { writeAccessContent } = await import('#lib/mailbox/proofs.ts');
		const signature = await world.writeKey.sign(writeAccessContent(challenge, world.mailbox));
		two.send(encodeClientFrame({ type: 'prove', request: 1, mailbox: world.mailbox, signature }));
		await until(() => expect(codes[1]).toMatchObject({ code: ERROR_CODE.denied }));
	});

	it('[MB3] proves once for each connection, however many packets follow', async () => {
		const world = await createWorld();
		const alice = await world.opened(1);
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
		const signed = vi.spyOn(world.relayKey, 'sign');
		const alice = await world.opened(1);
		unwrap(await alice.stat(world.mailbox, world.writeKey));
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
