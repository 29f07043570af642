// What is longer than a block, cut into parts and put together again by whoever gets them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sealBlock, sealTo } from '#lib/crypto/seal.ts';
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import {
	createAssembling,
	GIVE_UP_AFTER,
	MAX_BEGUN,
	MAX_BEGUN_BY_ONE,
} from '#lib/messenger/delivery/assembling.ts';
import { MAX_LARGE_PACKET } from '#lib/protocol/limits.ts';
import { encodeJoinReply } from '#lib/protocol/lobby.ts';
import { MAX_PARTS, PART_BYTES, partsOf, type Part } from '#lib/protocol/part.ts';
import { encodeEnvelope } from '#lib/protocol/space-message.ts';
import { createSeededRandom } from '#lib/simulation/random.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { createManualClock } from '../support/manual-clock.ts';

const crypto = createSyncCryptoProvider();
const random = createSeededRandom(1);
const filled = (length: number, seed: number): Bytes =>
	Uint8Array.from({ length }, (_, at) => (at * 31 + seed + (at >> 8)) & 255);

function assembly(takes: () => boolean = () => true) {
	const clock = createManualClock();
	const wholes: string[] = [];
	const assembling = createAssembling(crypto, clock, (_, whole) => {
		wholes.push(toHex(whole));
		return Promise.resolve(takes());
	});
	return { clock, wholes, assembling };
}

const soon = async (outcome: Promise<boolean>): Promise<boolean | 'open'> => {
	await Promise.resolve();
	await Promise.resolve();
	await Promise.resolve();
	return Promise.race([outcome, Promise.resolve('open' as const)]);
};

const length = fc.integer({ min: 1, max: 6 * PART_BYTES });

describe('parts', () => {
	it('[PT1] each fit a block with what is around them, at their largest', async () => {
		const parts = partsOf(crypto, filled(MAX_LARGE_PACKET + 16, 3));
		expect(parts).toHaveLength(MAX_PARTS);
		const [part] = parts;
		if (part === undefined) throw new Error('no part');
		const id = random.bytes(32);
		const envelope = encodeEnvelope({ from: id, to: id, hops: 0, message: { type: 'part', part } });
		expect(sealBlock(crypto, random, id, envelope)).toHaveLength(16_384);
		const { publicKey } = await crypto.agreementKey(id);
		const reply = encodeJoinReply({ type: 'part', part });
		expect(await sealTo(crypto, random, publicKey, reply)).toHaveLength(16_384);
	});

	it('[PT2] come together in any order, doubled, from whoever brings them', async () => {
		const run = fc.asyncProperty(
			length,
			fc.array(fc.nat(), { maxLength: 40 }),
			async (n, order) => {
				const { assembling, wholes } = assembly();
				const whole = filled(n, order.length);
				const parts = partsOf(crypto, whole);
				const brought = [...order.map((at) => at % parts.length), ...parts.keys()];
				const outcomes = brought.map((at, turn) =>
					assembling.take(`sender ${turn % 3}`, parts[at] as Part),
				);
				expect(await Promise.all(outcomes)).toEqual(brought.map(() => true));
				expect(wholes).toEqual([toHex(whole)]);
			},
		);
		await fc.assert(run, { numRuns: 60 });
	});

	it('[PT2] are not told to have come while one is missing, whatever else comes', async () => {
		const run = fc.asyncProperty(
			fc.integer({ min: PART_BYTES + 1, max: 5 * PART_BYTES }),
			fc.nat(),
			async (n, drop) => {
				const { assembling, wholes, clock } = assembly();
				const parts = partsOf(crypto, filled(n, 1));
				const lost = drop % parts.length;
				const others = parts.filter((_, at) => at !== lost);
				const outcomes = [...others, ...others].map((part) => assembling.take('a', part));
				for (const outcome of outcomes) expect(await soon(outcome)).toBe('open');
				// Another part in the place of the lost one is known for what it is, and spoils nothing.
				const { hashes, index, bytes } = parts[lost] as Part;
				const false_ = { hashes, index, bytes: bytes.map((byte) => byte ^ 1) };
				expect(await assembling.take('b', false_)).toBe(true);
				clock.advance(GIVE_UP_AFTER);
				expect(await Promise.all(outcomes)).toEqual(outcomes.map(() => false));
				expect(wholes).toEqual([]);
			},
		);
		await fc.assert(run, { numRuns: 30 });
	});

	it('[PT2] come again when the whole could not be kept, and not when it was', async () => {
		let keeps = false;
		const { assembling, wholes } = assembly(() => keeps);
		const parts = partsOf(crypto, filled(2 * PART_BYTES, 5));
		const all = () => Promise.all(parts.map((part) => assembling.take('a', part)));
		expect(await all()).toEqual([false, false]);
		keeps = true;
		expect(await all()).toEqual([true, true]);
		expect(await all()).toEqual([true, true]);
		expect(wholes).toHaveLength(2);
	});

	it('[PT3] of many things begun make room, the oldest of the same sender first', async () => {
		const { assembling } = assembly();
		const begin = (from: string, n: number) =>
			assembling.take(from, partsOf(crypto, filled(PART_BYTES + 1, n))[0] as Part);
		const honest = begin('honest', 0);
		const flood = Array.from({ length: 100 }, (_, n) => begin('flooder', n + 1));
		expect(await soon(honest)).toBe('open');
		const open = await Promise.all(flood.map(soon));
		expect(open.filter((each) => each === 'open')).toHaveLength(MAX_BEGUN_BY_ONE);
		expect(open.at(0)).toBe(false);
		const more = Array.from({ length: 100 }, (_, n) => begin(`sender ${n}`, n + 200));
		const left = await Promise.all([honest, ...flood, ...more].map(soon));
		expect(left.filter((each) => each === 'open')).toHaveLength(MAX_BEGUN);
	});
});
