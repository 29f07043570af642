// Stories about Alice, who writes, and Bob and Carol, who read, at one relay.
import { describe, expect, it, vi } from 'vitest';
import {
	blockOf,
	bytesOf,
	createWorld,
	crypto,
	hashOf,
	packetOf,
	preimageOf,
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
import { toHex } from '#lib/util/bytes.ts';
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
		expect((await world.store.mailbox(world.mailbox))?.tokenHashes).toHaveLength(2);
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

describe('reading', () => {
	it('[MB7] tells ids first, hands out the wanted blocks, then pushes what comes', async () => {
		const world = await createWorld();
		const alice = await world.opened(2);
		for (const n of [1, 2, 3]) unwrap(await alice.put(world.mailbox, world.writeKey, packetOf(n)));
		const bob = world.client();
		const waiting = unwrap(await bob.subscribe(world.mailbox, tokenOf(2), 1));
		expect(waiting.packets.map((p) => p.number)).toEqual([2, 3]);
		expect(waiting).toMatchObject({ cursor: 3, more: false });
		expect(bob.heard.packets).toEqual([]);
		unwrap(await bob.fetch(world.mailbox, tokenOf(2), [packetOf(3).packet]));
		expect(bob.heard.packets).toEqual([
			{ number: 3, packet: toHex(packetOf(3).packet), block: blockOf(3) },
		]);
		unwrap(await alice.put(world.mailbox, world.writeKey, packetOf(4)));
		await until(() => expect(bob.heard.packets.at(-1)?.number).toBe(4));
	});

	it('[MB7] tells long lists in parts', async () => {
		const world = await createWorld();
		const alice = await world.opened(1);
		const puts = Array.from({ length: 300 }, (_, n) =>
			alice.put(world.mailbox, world.writeKey, packetOf(n)),
		);
		(await Promise.all(puts)).forEach(unwrap);
		const first = unwrap(await alice.subscribe(world.mailbox, tokenOf(1), 0));
		expect([first.packets.length, first.more]).toEqual([256, true]);
		const rest = unwrap(await alice.subscribe(world.mailbox, tokenOf(1), first.cursor));
		expect([rest.packets.length, rest.more]).toEqual([44, false]);
		const all = [...first.packets, ...rest.packets].map((p) => p.packet);
		const bob = world.client();
		unwrap(await bob.fetch(world.mailbox, tokenOf(1), all));
		expect(new Set(bob.heard.packets.map((p) => p.packet)).size).toBe(300);
	});

	it('[MB7] knows a token by its hash only, and nobody else gets in', async () => {
		const world = await createWorld();
		const alice = await world.opened(1);
		unwrap(await alice.put(world.mailbox, world.writeKey, packetOf(1)));
		const mallory = world.client();
		expect(errorOf(await mallory.subscribe(world.mailbox, hashOf(1), 0))).toBe('unknown-token');
		expect(errorOf(await mallory.subscribe(bytesOf(99), tokenOf(1), 0))).toBe('unknown-mailbox');
		expect(errorOf(await mallory.acknowledge(world.mailbox, hashOf(1), 9, []))).toBe(
			'unknown-token',
		);
		unwrap(await mallory.fetch(world.mailbox, hashOf(1), [packetOf(1).packet]));
		expect(mallory.heard.packets).toEqual([]);
	});

	it('[MB8] pushes without storing, to those named and connected, never back to the sender', async () => {
		const world = await createWorld();
		const alice = await world.opened(4);
		unwrap(await alice.subscribe(world.mailbox, tokenOf(1), 0));
		const [bob, carol] = [world.client(), world.client()];
		unwrap(await bob.subscribe(world.mailbox, tokenOf(2), 0));
		unwrap(await carol.subscribe(world.mailbox, tokenOf(3), 0));
		const to = [hashOf(1), hashOf(2), hashOf(4)];
		const reached = unwrap(await alice.push(world.mailbox, world.writeKey, packetOf(1, to)));
		expect(reached).toEqual([hashOf(2)]);
		const all = unwrap(await alice.push(world.mailbox, world.writeKey, packetOf(2)));
		expect(all).toEqual([hashOf(2), hashOf(3)]);
		await until(() => expect(carol.heard.packets).toHaveLength(1));
		expect(bob.heard.packets.map((p) => p.number)).toEqual([0, 0]);
		expect(carol.heard.packets[0]?.packet).toBe(toHex(packetOf(2).packet));
		expect(alice.heard.packets).toEqual([]);
		expect(await world.store.status(world.mailbox)).toEqual({ packets: 0, bytes: 0 });
	});

	it('[MB9] tells the others when a device comes and when its last connection goes', async () => {
		const world = await createWorld();
		const alice = await world.opened(2);
		unwrap(await alice.subscribe(world.mailbox, tokenOf(1), 0));
		const [bob, bobAgain] = [world.client(), world.client()];
		const seen = unwrap(await bob.subscribe(world.mailbox, tokenOf(2), 0));
		expect(seen.connected).toEqual([hashOf(1)]);
		unwrap(await bobAgain.subscribe(world.mailbox, tokenOf(2), 0));
		bob.close('gone');
		await until(() => expect(world.machine.connections()).toBe(2));
		// A further frame to Alice shows that nothing was told before it.
		unwrap(await alice.subscribe(world.mailbox, tokenOf(1), 0));
		expect(alice.heard.presence).toHaveLength(1);
		bobAgain.close('gone');
		const bobHash = toHex(hashOf(2));
		await until(() =>
			expect(alice.heard.presence).toEqual([
				{ token: bobHash, connected: true },
				{ token: bobHash, connected: false },
			]),
		);
	});

	it('[MB9] tells nobody who is there in a mailbox of more than 32 tokens', async () => {
		const world = await createWorld();
		const alice = await world.opened(33);
		unwrap(await alice.subscribe(world.mailbox, tokenOf(1), 0));
		const bob = world.client();
		expect(unwrap(await bob.subscribe(world.mailbox, tokenOf(2), 0)).connected).toEqual([]);
		bob.close('gone');
		await until(() => expect(world.machine.connections()).toBe(1));
		expect(alice.heard.presence).toEqual([]);
	});
});

describe('the end of a packet', () => {
	it('[MB10] is the last acknowledgement, and its sender gets a signed receipt', async () => {
		const world = await createWorld();
		const alice = await world.opened(3);
		const to = [hashOf(2), hashOf(3)];
		unwrap(await alice.put(world.mailbox, world.writeKey, packetOf(1, to)));
		const [bob, carol] = [world.client(), world.client()];
		const { cursor } = unwrap(await bob.subscribe(world.mailbox, tokenOf(2), 0));
		unwrap(await bob.acknowledge(world.mailbox, tokenOf(2), cursor, []));
		expect(unwrap(await alice.stat(world.mailbox, world.writeKey)).packets).toBe(1);
		expect(unwrap(await bob.subscribe(world.mailbox, tokenOf(2), 0)).packets).toEqual([]);
		unwrap(await carol.acknowledge(world.mailbox, tokenOf(3), 0, [packetOf(1).packet]));
		expect(unwrap(await alice.stat(world.mailbox, world.writeKey))).toEqual({
			packets: 0,
			bytes: 0,
			open: true,
		});
		await until(() => expect(alice.heard.deleted).toEqual([toHex(packetOf(1).packet)]));
	});

	it('[MB11] is final: a late retry does not bring it back', async () => {
		const world = await createWorld();
		const alice = await world.opened(1);
		unwrap(await alice.put(world.mailbox, world.writeKey, packetOf(1)));
		unwrap(await alice.acknowledge(world.mailbox, tokenOf(1), 1, []));
		expect(errorOf(await alice.put(world.mailbox, world.writeKey, packetOf(1)))).toBe('gone');
	});

	it('[MB12] comes early by the sender’s preimage or the owner’s signature, by nothing else', async () => {
		const world = await createWorld();
		const alice = await world.opened(1);
		const { mailbox, writeKey, ownerKey, strangerKey } = world;
		for (const n of [1, 2]) unwrap(await alice.put(mailbox, writeKey, packetOf(n)));
		const [one, two] = [packetOf(1).packet, packetOf(2).packet];
		const bob = world.client();
		expect(errorOf(await bob.deletePacket(mailbox, one, { preimage: preimageOf(2) }))).toBe(
			'denied',
		);
		expect(errorOf(await bob.deletePacket(mailbox, two, { ownerKey: strangerKey }))).toBe('denied');
		unwrap(await bob.deletePacket(mailbox, one, { preimage: preimageOf(1) }));
		unwrap(await bob.deletePacket(mailbox, two, { ownerKey }));
		expect(errorOf(await bob.deletePacket(mailbox, two, { ownerKey }))).toBe('unknown-packet');
		await until(() => expect(alice.heard.deleted).toHaveLength(2));
		expect(errorOf(await alice.put(mailbox, writeKey, packetOf(1)))).toBe('gone');
	});

	it('[MB13] a closed mailbox takes nothing more and still gives what waits', async () => {
		const world = await createWorld();
		const alice = await world.opened(1);
		const { mailbox, writeKey } = world;
		unwrap(await alice.put(mailbox, writeKey, packetOf(1)));
		expect(errorOf(await alice.closeMailbox(mailbox, writeKey))).toBe('denied');
		unwrap(await alice.closeMailbox(mailbox, world.ownerKey));
		expect(errorOf(await alice.put(mailbox, writeKey, packetOf(2)))).toBe('closed');
		expect(errorOf(await alice.add(mailbox, writeKey, [hashOf(7)]))).toBe('closed');
		expect(unwrap(await alice.stat(mailbox, writeKey)).open).toBe(false);
		unwrap(await alice.fetch(mailbox, tokenOf(1), [packetOf(1).packet]));
		expect(alice.heard.packets).toHaveLength(1);
	});

	it('[MB18] is its expiry at the latest; whoever still keeps it may put it again', async () => {
		const world = await createWorld();
		const alice = await world.opened(1);
		unwrap(await alice.put(world.mailbox, world.writeKey, packetOf(1)));
		alice.close('away');
		world.clock.advance(3_600_000 + DEFAULT_LIMITS.expireEvery);
		await until(async () => {
			world.clock.advance(DEFAULT_LIMITS.expireEvery);
			expect((await world.store.status(world.mailbox)).packets).toBe(0);
		});
		const back = world.client();
		unwrap(await back.put(world.mailbox, world.writeKey, packetOf(1)));
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
