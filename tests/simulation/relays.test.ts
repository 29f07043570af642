// Relays as people and their devices use them.
import { createSyncBulkCrypto } from '#lib/crypto/bulk.ts';
import { noContent } from '#lib/simulation/no-content.ts';
import { describe, expect, it } from 'vitest';
import { mailboxId, tokenHash } from '#lib/mailbox/proofs.ts';
import { attachMailbox, type AttachmentHandlers } from '#lib/messenger/delivery/attachment.ts';
import { createRelayPool } from '#lib/messenger/delivery/relay-pool.ts';
import type { Ports } from '#lib/messenger/ports.ts';
import { decodeClientFrame } from '#lib/protocol/mailbox.ts';
import { encodeRelayLink } from '#lib/protocol/relay-link.ts';
import type { SimulatedRelay } from '#lib/simulation/network.ts';
import { createMemoryStore } from '#lib/storage/memory.ts';
import { toHex } from '#lib/util/bytes.ts';
import {
	addressOf,
	bringIn,
	createWorld,
	found,
	reader,
	say,
	talk,
	useRelay,
	type World,
} from './world.ts';

describe('adding a relay', () => {
	it('[RP1] is what makes a node contact one: before that, nothing leaves it', async () => {
		const world = createWorld(31);
		await world.addRelay('relay');
		let frames = 0;
		world.network.watch = () => {
			frames += 1;
		};
		const alice = await world.addNode('Alice');
		await found(world, alice);
		await world.run(120_000);
		expect(frames).toBe(0);
		expect(alice.messenger.network.get().state).toBe('no-relay');
		await useRelay(world, alice, 'relay');
		await world.run(1000);
		expect(frames).toBeGreaterThan(0);
		expect(alice.messenger.network.get().state).toBe('alone');
	});

	it('[RP3] tells why it failed, and keeps nothing of a failure', async () => {
		const world = createWorld(32);
		const relay = await world.addRelay('relay');
		relay.stop();
		const alice = await world.addNode('Alice');
		expect(await world.finish(alice.messenger.addRelay('not an address'))).toEqual({
			ok: false,
			error: { type: 'malformed', tried: [] },
		});
		expect(await world.finish(alice.messenger.addRelay('ws://10.0.0.1:8080'))).toMatchObject({
			ok: false,
			error: { type: 'insecure' },
		});
		const tried = [addressOf('relay')];
		expect(await world.finish(alice.messenger.addRelay(addressOf('relay')))).toEqual({
			ok: false,
			error: { type: 'unreachable', tried },
		});
		expect(alice.messenger.network.get().relays).toEqual([]);
		relay.start();
		await useRelay(world, alice, 'relay');
		expect(await world.finish(alice.messenger.addRelay(addressOf('relay')))).toMatchObject({
			error: { type: 'known' },
		});
		await world.run(100);
		expect(alice.messenger.network.get().relays).toHaveLength(1);
	});

	it('[RP4] by a link that names another key is refused', async () => {
		const world = createWorld(33);
		const relay = await world.addRelay('relay');
		const alice = await world.addNode('Alice');
		const impostor = { ...relay.address, key: world.random.bytes(32) };
		const link = encodeRelayLink('https://aegis.test', impostor);
		expect(await world.finish(alice.messenger.addRelay(link))).toMatchObject({
			error: { type: 'wrong-key' },
		});
		const genuine = encodeRelayLink('https://aegis.test', relay.address);
		expect(await world.finish(alice.messenger.addRelay(genuine))).toEqual({
			ok: true,
			value: undefined,
		});
	});
});

describe('a relay that drains', () => {
	it('[RP7] [MB31] gets nothing more to keep, while there is another', async () => {
		const world = createWorld(35);
		const [north, south] = [await world.addRelay('north'), await world.addRelay('south')];
		const [alice, bob] = [await world.addNode('Alice'), await world.addNode('Bob')];
		await useRelay(world, alice, 'north');
		await useRelay(world, alice, 'south');
		const space = await found(world, alice);
		await bringIn(world, alice, bob, space);
		await world.run(5000);
		await bob.stop();
		const held = () => [north, south].map(({ store }) => store.held().length);
		const before = held();
		north.drain();
		await world.run(1000);
		expect(alice.messenger.network.get().relays.map(({ draining }) => draining)).toEqual([
			true,
			false,
		]);
		await say(world, alice, space, 'for later');
		await world.run(5000);
		expect(held()).toEqual([before[0], (before[1] ?? 0) + 1]);
	});
});

describe('a relay that is preferred', () => {
	it('[RP8] keeps what is sent, before others; and no longer once it is as good as they are', async () => {
		const world = createWorld(36);
		const names = ['one', 'two', 'three', 'four', 'five', 'six'];
		const relays: SimulatedRelay[] = [];
		for (const name of names) relays.push(await world.addRelay(name));
		const [alice, bob] = [await world.addNode('Alice'), await world.addNode('Bob')];
		for (const name of names) await useRelay(world, alice, name);
		await world.run(2000);
		const idOf = (name: string): string =>
			toHex(relays[names.indexOf(name)]?.address.key ?? new Uint8Array(0));
		const prefer = (name: string, preferred: boolean) =>
			world.finish(alice.messenger.preferRelay(idOf(name), preferred));
		for (const name of ['six', 'three']) await prefer(name, true);
		// Five of the six find room in a space: the last one because it is preferred.
		const space = await found(world, alice);
		await bringIn(world, alice, bob, space);
		await world.run(5000);
		await bob.stop();
		const held = () => relays.map(({ store }) => store.held().length);
		let before = held();
		const since = () => held().map((count, n) => count - (before[n] ?? 0));
		for (const text of ['one', 'two', 'three', 'four']) await say(world, alice, space, text);
		await world.run(5000);
		expect(since()).toEqual([0, 0, 4, 0, 0, 4]);
		// It is kept, until it is taken back.
		await alice.stop();
		await alice.start();
		await world.run(5000);
		const isPreferred = () =>
			alice.messenger.network.get().relays.filter(({ preferred }) => preferred === true);
		expect(isPreferred()).toHaveLength(2);
		await prefer('three', false);
		await prefer('six', false);
		before = held();
		for (let n = 0; n < 12; n++) await say(world, alice, space, `again ${String(n)}`);
		await world.run(5000);
		expect(since().filter((count) => count > 0).length).toBeGreaterThan(2);
		await prefer('six', true);
		await world.finish(alice.messenger.removeRelay(idOf('six')));
		expect(isPreferred()).toEqual([]);
	});
});

describe('a mailbox on a relay', () => {
	async function attached(world: World, handlers: Partial<AttachmentHandlers>) {
		const { clock, random, crypto, network } = world;
		const relay = await world.addRelay('relay');
		const ports: Ports = {
			clock,
			random,
			crypto,
			store: createMemoryStore(),
			content: noContent,
			bulkCrypto: () => Promise.resolve(createSyncBulkCrypto()),
			relayDialer: network.dialerFor('reader'),
			directDialer: () => Promise.resolve(network.directFor('reader')),
		};
		const pool = createRelayPool(ports);
		pool.add(relay.address, 'added');
		const [writeKey, owner] = await Promise.all([
			crypto.signingKey(random.bytes(32)),
			crypto.signingKey(random.bytes(32)),
		]);
		const mine = random.bytes(32);
		const theirs = random.bytes(32);
		const spec = {
			mailbox: mailboxId(crypto, writeKey.publicKey, owner.publicKey),
			writeKey,
			ownerKey: owner.publicKey,
			tokenHashes: await Promise.all([mine, theirs].map((token) => tokenHash(crypto, token))),
			ttl: 3600,
			tokens: [mine],
		};
		const attachment = attachMailbox(ports, pool, toHex(relay.address.key), spec, {
			onBlock: () => Promise.resolve(true),
			isHeld: () => false,
			onReady: () => undefined,
			onPresence: () => undefined,
			...handlers,
		});
		await world.until(() => attachment.ready(), 2000, 'the mailbox is open');
		const to = [await tokenHash(crypto, mine)];
		const put = (packet = random.bytes(32)) =>
			world.finish(attachment.put(packet, random.bytes(32), to, new Uint8Array(1024), Infinity));
		return { relay, pool, attachment, put };
	}

	it('[DV1] [RP2] is open again by itself when its relay was gone', async () => {
		const world = createWorld(34);
		const { relay, attachment } = await attached(world, {});
		relay.stop();
		await world.until(() => !attachment.ready(), 2000, 'the loss is noticed');
		await world.run(20_000);
		relay.start();
		await world.until(() => attachment.ready(), 40_000, 'it is open again');
	});

	it('[DV2] keeps a packet until what it carried is taken in', async () => {
		const world = createWorld(35);
		let room = false;
		let offered = 0;
		const { relay, put, attachment } = await attached(world, {
			onBlock: () => {
				offered += 1;
				return Promise.resolve(room);
			},
		});
		// The one who puts gets nothing back: it comes with the next connection.
		await put();
		relay.stop();
		await world.until(() => !attachment.ready(), 2000, 'the loss is noticed');
		relay.start();
		await world.until(() => offered === 1, 40_000, 'it is offered');
		await world.run(1000);
		expect(relay.store.totals().packets).toBe(1);
		room = true;
		relay.stop();
		await world.until(() => !attachment.ready(), 2000, 'the loss is noticed');
		relay.start();
		await world.until(() => relay.store.totals().packets === 0, 40_000, 'it is acknowledged');
		expect(offered).toBe(2);
	});

	it('[DV5] is acknowledged without being fetched where its content came another way', async () => {
		const world = createWorld(36);
		const held = world.random.bytes(32);
		const frames: string[] = [];
		const { relay, put, attachment } = await attached(world, {
			isHeld: (packet) => toHex(packet) === toHex(held),
		});
		await put(held);
		expect(relay.store.totals().packets).toBe(1);
		world.network.watch = ({ to, frame }) => {
			const decoded = to === 'relay' ? decodeClientFrame(frame) : undefined;
			if (decoded?.ok) frames.push(decoded.value.type);
		};
		relay.stop();
		await world.until(() => !attachment.ready(), 2000, 'the loss is noticed');
		relay.start();
		await world.until(() => relay.store.totals().packets === 0, 40_000, 'it is acknowledged');
		expect(frames).toContain('ack');
		expect(frames).not.toContain('fetch');
	});
});

describe('what is shown of a message', () => {
	it('[OB1] [OB3] [OB4] is queued, then stored on a relay until a date, then delivered, and each is true', async () => {
		const world = createWorld(37);
		const relay = await world.addRelay('relay');
		const alice = await world.addNode('Alice');
		const bob = await world.addNode('Bob');
		await useRelay(world, alice, 'relay');
		const space = await found(world, alice);
		await bringIn(world, alice, bob, space);
		await world.run(3000);
		await bob.stop();
		relay.stop();
		await world.run(20_000);

		const hers = talk(alice, space);
		await say(world, alice, space, 'are you there?');
		await world.run(5000);
		const delivery = () => hers.messages.get()[0]?.delivery;
		expect(delivery()).toEqual({ state: 'queued', delivered: 0, of: 1 });

		relay.start();
		await world.until(() => delivery()?.state === 'stored', 60_000, 'the relay has it');
		const stored = delivery();
		if (stored?.state !== 'stored') throw new Error('it was');
		expect(stored.relay).toBe('relay.test');
		const days = (stored.until - world.clock.now()) / 86_400_000;
		expect(days).toBeGreaterThan(13.9);
		expect(days).toBeLessThanOrEqual(14);
		expect(relay.store.totals().packets).toBeGreaterThan(0);

		await bob.start();
		const his = reader(bob, space);
		await world.until(() => his().includes('are you there?'), 20_000, 'Bob reads');
		await world.until(() => delivery()?.state === 'delivered', 20_000, 'Bob’s word is here');
		expect(delivery()).toEqual({ state: 'delivered', delivered: 1, of: 1 });
		await world.until(() => relay.store.totals().packets === 0, 20_000, 'nothing is left');
	});
});

describe('a join', () => {
	it('[IN7] waits, says so, and can be given up', async () => {
		const world = createWorld(38);
		await world.addRelay('relay');
		const alice = await world.addNode('Alice');
		const bob = await world.addNode('Bob');
		await useRelay(world, alice, 'relay');
		const space = await found(world, alice);
		const invited = await world.finish(alice.messenger.invite(space));
		if (!invited.ok) throw new Error(invited.error.type);
		await world.run(500);
		await alice.stop();
		await world.finish(bob.messenger.join(invited.value.link));
		await world.run(60_000);
		expect(bob.messenger.spaces.get()).toMatchObject([{ id: space, state: 'joining' }]);
		await bob.stop();
		await bob.start();
		expect(bob.messenger.spaces.get()).toMatchObject([{ id: space, state: 'joining' }]);
		await world.finish(bob.messenger.cancelJoin(space));
		expect(bob.messenger.spaces.get()).toEqual([]);
		await bob.stop();
		await bob.start();
		expect(bob.messenger.spaces.get()).toEqual([]);
	});
});
