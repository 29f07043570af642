// Parts and long lists of recipients, as relays see them.
import { describe, expect, it } from 'vitest';
import { mailboxId, tokenHash } from '#lib/mailbox/proofs.ts';
import { attachMailbox } from '#lib/messenger/delivery/attachment.ts';
import { createHeldNames } from '#lib/messenger/delivery/held-names.ts';
import { packetName } from '#lib/messenger/delivery/outbox.ts';
import { createPost } from '#lib/messenger/delivery/post.ts';
import type { PostEvents } from '#lib/messenger/delivery/post-face.ts';
import { createRelayPool } from '#lib/messenger/delivery/relay-pool.ts';
import { createSelvesInSpaces } from '#lib/messenger/self-in-space.ts';
import { decodeClientFrame } from '#lib/protocol/mailbox.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';
import { bringIn, createWorld, found, useRelay, type World } from './world.ts';

const NO_LINKS = { carries: () => false, send: () => undefined };

async function pair(seed: number) {
	const world = createWorld(seed);
	const relay = await world.addRelay('relay');
	const [alice, bob] = [await world.addNode('Alice'), await world.addNode('Bob')];
	await useRelay(world, alice, 'relay');
	const space = await found(world, alice);
	await bringIn(world, alice, bob, space);
	await world.run(5000);
	for (const node of [alice, bob]) await node.stop();
	await world.run(1000);
	return { world, relay, alice, bob, space };
}

/** What carries a node's messages, without the rest of it. */
async function postOf(world: World, node: SimulatedNode, space: string, on: Partial<PostEvents>) {
	const ports = node.ports();
	const self = await createSelvesInSpaces(ports, node.self).in(fromHex(space) ?? new Uint8Array());
	const kept = await node.kept(space);
	const post = createPost(ports, self, kept, createRelayPool(ports), NO_LINKS, {
		onEnvelope: () => Promise.resolve(true),
		isHeld: () => false,
		onRelayReady: () => undefined,
		onPresence: () => undefined,
		...on,
	});
	await world.finish(post.update());
	await world.until(() => post.hasRelay(), 5000, 'the relay is there');
	return post;
}

describe('something in parts', () => {
	/** Leaves an EPOCH of three parts for Bob; and its entry. */
	async function leaveLong(seed: number) {
		const scene = await pair(seed);
		const { world, relay, alice, bob, space } = scene;
		const { ledger } = await alice.kept(space);
		const { authority } = ledger;
		const epoch = ledger.control.get(toHex(authority.epoch?.entry ?? new Uint8Array()))?.entry;
		const spaceKey = authority.genesis?.spaceKey;
		if (epoch === undefined || spaceKey === undefined) throw new Error('no epoch');
		const entry = { ...epoch, packet: { ...epoch.packet, body: world.random.bytes(40_000) } };
		const before = relay.store.totals().packets;
		const post = await postOf(world, alice, space, {});
		const copy = {
			packet: packetName(world.crypto, spaceKey, entry.id),
			preimage: world.random.bytes(32),
			notIn: null,
		};
		const bobs = toHex(bob.self.device.publicKey);
		const message = { type: 'entries', packets: [entry.packet] } as const;
		const stored = await world.finish(post.store([bobs], copy, message));
		expect(stored.copies.length).toBe(1);
		expect(relay.store.totals().packets).toBe(before + 3);
		let fetches = 0;
		world.network.watch = ({ from, frame }) => {
			const decoded = decodeClientFrame(frame);
			if (from === 'Bob' && decoded.ok && decoded.value.type === 'fetch') fetches++;
		};
		return { ...scene, entry, spaceKey, before, fetched: () => fetches };
	}

	it('[PT4] [DV5] is acknowledged unread, part by part, by whoever has the whole', async () => {
		const { world, relay, bob, space, entry, spaceKey, before, fetched } = await leaveLong(171);
		const names = createHeldNames(world.crypto);
		names.note(spaceKey, [entry]);
		await postOf(world, bob, space, { isHeld: names.has });
		const isTaken = (): boolean => relay.store.totals().packets === before;
		await world.until(isTaken, 5000, 'all parts are acknowledged');
		expect(fetched()).toBe(0);
	});

	it('[PT4] is fetched by whoever has not', async () => {
		const { world, relay, bob, space, before, fetched } = await leaveLong(172);
		const came: string[] = [];
		const names = createHeldNames(world.crypto);
		await postOf(world, bob, space, {
			isHeld: names.has,
			onEnvelope: ({ message }) => Promise.resolve(came.push(message.type) > 0),
		});
		const isTaken = (): boolean => relay.store.totals().packets === before;
		await world.until(isTaken, 5000, 'all parts are acknowledged');
		expect(fetched()).toBe(1);
		expect(came).toEqual(['part', 'part', 'part']);
	});
});

describe('something for more than a frame can list', () => {
	it('[PT5] is for all of the mailbox, and acknowledged by whoever put it', async () => {
		const world = createWorld(173);
		const { crypto, random } = world;
		const relay = await world.addRelay('relay');
		const key = async (): Promise<Awaited<ReturnType<typeof crypto.signingKey>>> =>
			crypto.signingKey(random.bytes(32));
		const tokens = Array.from({ length: 300 }, () => random.bytes(32));
		const hashes = await Promise.all(tokens.map((token) => tokenHash(crypto, token)));
		const [writeKey, owner] = [await key(), await key()];
		const mailbox = mailboxId(crypto, writeKey.publicKey, owner.publicKey);
		const box = { mailbox, writeKey, ownerKey: owner.publicKey, ttl: 3600 };
		const came: string[] = [];
		const attach = async (name: string, token: Bytes | undefined) => {
			const node = await world.addNode(name);
			await node.stop();
			const ports = node.ports();
			const pool = createRelayPool(ports);
			pool.add(relay.address, 'added');
			const spec = { ...box, tokenHashes: hashes, tokens: token === undefined ? [] : [token] };
			const attachment = attachMailbox(ports, pool, toHex(relay.address.key), spec, {
				onBlock(block) {
					came.push(`${name} ${block.length}`);
					return Promise.resolve(true);
				},
				isHeld: () => false,
				onReady: () => undefined,
				onPresence: () => undefined,
			});
			await world.until(() => attachment.ready(), 5000, 'the mailbox is open');
			return attachment;
		};
		const writer = await attach('Alice', tokens[0]);
		await attach('Bob', tokens[299]);
		const others = hashes.slice(1);
		const stored = await world.finish(
			writer.put(random.bytes(32), random.bytes(32), others, new Uint8Array(1024), Infinity),
		);
		expect(stored.ok).toBe(true);
		await world.run(1000);
		const [kept] = relay.store.held();
		const waiting = hashes.filter((hash) => kept?.waitingFor.includes(toHex(hash)));
		// Bob has it as well.
		expect(waiting).toEqual(hashes.slice(1, 299));
		await world.finish(writer.push(others, new Uint8Array(2048)));
		await world.run(1000);
		expect(came).toEqual(['Bob 1024', 'Bob 2048']);
	});
});
