// Two thousand clients at one relay, who come and go as they like: what was promised reaches everybody it is for, once
// they have come back, and nobody else; what everybody has is gone.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWorld, crypto, bytesOf, packetOf, type World } from '../support/mailbox-world.ts';
import { until } from '../support/until.ts';
import { createMemoryMailboxStore } from '#lib/mailbox/memory-store.ts';
import { mailboxId, tokenHash } from '#lib/mailbox/proofs.ts';
import type { SigningKey } from '#lib/ports/crypto.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';

const COMMUNITY = 1400;
const PAIRS = 300;
const PACKETS = 6;
const REMOVED = 20;

interface Place {
	readonly mailbox: Bytes;
	readonly writeKey: SigningKey;
	readonly ownerKey: SigningKey;
	readonly tokens: readonly Bytes[];
}

async function placeOf(n: number, size: number): Promise<Place> {
	const writeKey = await crypto.signingKey(bytesOf(1_000_000 + n));
	const ownerKey = await crypto.signingKey(bytesOf(2_000_000 + n));
	const mailbox = mailboxId(crypto, writeKey.publicKey, ownerKey.publicKey);
	const tokens = Array.from({ length: size }, (_, at) => bytesOf(10_000_000 + n * 10_000 + at));
	return { mailbox, writeKey, ownerKey, tokens };
}

interface Person {
	/** Ids (hex) of what came. */
	readonly has: Set<string>;
	/** Connects, reads what waits, and takes what comes; unless it is the careless kind, which leaves before it says so. */
	visit(careless: boolean): Promise<void>;
	leave(): void;
}

function personAt(world: World, { mailbox }: Place, token: Bytes, name: string): Person {
	const has = new Set<string>();
	let client: ReturnType<World['client']> | undefined;
	const person: Person = {
		has,
		visit: async (careless) => {
			client?.close('again');
			const here = (client = world.client(name));
			here.onPacket = (_, __, packet) => {
				has.add(toHex(packet));
				if (careless) here.close('gone');
				else void here.acknowledge(mailbox, token, 0, [packet]);
			};
			const waiting = await here.subscribe(mailbox, token, 0);
			if (!waiting.ok) return;
			const ids = waiting.value.packets.map(({ packet }) => packet);
			if (ids.length > 0) await here.fetch(mailbox, token, ids);
		},
		leave: () => client?.close('gone'),
	};
	return person;
}

describe('a relay', () => {
	it('[MB5] [MB7] [MB10] [MB26] serves two thousand clients that come and go', async () => {
		const store = createMemoryMailboxStore();
		const world = await createWorld({ store });
		const places = await Promise.all([
			placeOf(0, COMMUNITY),
			...Array.from({ length: PAIRS }, (_, n) => placeOf(n + 1, 2)),
		]);
		const people = places.map((place, at) =>
			place.tokens.map((token, n) => personAt(world, place, token, `${String(at)} ${String(n)}`)),
		);
		const everybody = people.flat();
		expect(everybody.length).toBe(2000);
		const writer = world.client('the writers');
		for (const place of places) {
			const hashes = await Promise.all(place.tokens.map((token) => tokenHash(crypto, token)));
			const ownerKey = place.ownerKey.publicKey;
			unwrap(await writer.open({ ...place, ownerKey, tokenHashes: hashes }));
		}
		// Half of them are there, and of these every third leaves with the first thing that it is given.
		const [luck] = fc.sample(fc.infiniteStream(fc.nat(5)), { seed: 7, numRuns: 1 });
		const draw = (): number => Number(luck?.next().value);
		await Promise.all(
			everybody.map(async (one) => {
				if (draw() < 3) await one.visit(draw() < 2);
			}),
		);

		const promised = places.map(() => new Set<string>());
		const write = async (from: number, to: number): Promise<void> => {
			for (const [at, place] of places.entries()) {
				for (let n = from; n < to; n++) {
					const packet = packetOf(at * 100 + n);
					unwrap(await writer.put(place.mailbox, place.writeKey, packet));
					promised[at]?.add(toHex(packet.packet));
				}
			}
		};
		await write(0, PACKETS / 2);
		const [community] = places;
		const removed = people[0]?.slice(0, REMOVED) ?? [];
		if (community === undefined) throw new Error('no community');
		for (const one of removed) one.leave();
		for (const token of community.tokens.slice(0, REMOVED)) {
			const hash = await tokenHash(crypto, token);
			unwrap(await writer.removeToken(community.mailbox, community.ownerKey, hash));
		}
		const had = removed.map(({ has }) => has.size);
		await write(PACKETS / 2, PACKETS);

		// In the end all come back, those who were removed as well.
		for (const one of everybody) await one.visit(false);
		await until(() => {
			expect(store.totals().packets).toBe(0);
		});
		for (const [at, readers] of people.entries()) {
			for (const reader of readers) {
				if (!removed.includes(reader)) expect(reader.has).toEqual(promised[at]);
			}
		}
		expect(removed.map(({ has }) => has.size)).toEqual(had);
		for (const one of everybody) one.leave();
		await until(() => expect(world.machine.connections()).toBe(1));
	});
});
