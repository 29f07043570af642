// Stories about Bob and Carol, who read at one relay what Alice has put there, and about the end of packets.
import { describe, expect, it } from 'vitest';
import {
	blockOf,
	bytesOf,
	createWorld,
	hashOf,
	packetOf,
	preimageOf,
	tokenOf,
} from '../../support/mailbox-world.ts';
import { DEFAULT_LIMITS } from '#lib/mailbox/limits.ts';
import { toHex } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';
import { until } from '../../support/until.ts';

const errorOf = (result: { ok: boolean; error?: { type: string } }): string | undefined =>
	result.ok ? undefined : result.error?.type;

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
		expect(errorOf(await mallory.fetch(world.mailbox, hashOf(1), [packetOf(1).packet]))).toBe(
			'unknown-token',
		);
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
