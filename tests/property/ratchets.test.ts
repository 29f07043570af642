// Chains of sending devices, as a device follows them that hears of messages in any order, and closes between.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entry } from '#lib/crdt/check-entry.ts';
import { epochId, epochSecrets, stepForward } from '#lib/crypto/epoch.ts';
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import { chainForward, chainKey, chainOf } from '#lib/crypto/sender-ratchet.ts';
import { createKeyRing } from '#lib/messenger/space/key-ring.ts';
import { loadRatchets, MAX_SKIPPED } from '#lib/messenger/space/ratchets.ts';
import { DAY } from '#lib/protocol/limits.ts';
import { createMemoryDisk } from '#lib/storage/memory.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';

const crypto = createSyncCryptoProvider();
const id = (n: number): Bytes => new Uint8Array(32).fill(n);
const space = id(200);
const secrets = epochSecrets(crypto, id(7));
const epoch = epochId(crypto, secrets.controlKey, id(99));
const [alice, bob] = [id(1), id(2)];

const at = (index: number, step = 0, device = alice): Entry =>
	({ header: { device, key: { mode: 'ratchet', epoch, step, index } } }) as Entry;

function unwrapped<T>(ratchets: T | undefined): T {
	if (ratchets === undefined) throw new Error('chains that can’t be read');
	return ratchets;
}

/** What the key of a message must be, from the beginning. */
function keyOf(index: number, step = 0, device = alice): string {
	let { groupKey } = secrets;
	for (let n = 0; n < step; n++) groupKey = stepForward(crypto, groupKey);
	let chain = chainOf(crypto, groupKey, device);
	for (let n = 0; n < index; n++) chain = chainForward(crypto, chain);
	return toHex(chainKey(crypto, chain));
}

/** A device that was let in at a step; `again` is it after a restart. */
async function device(step = 0) {
	let { groupKey } = secrets;
	for (let n = 0; n < step; n++) groupKey = stepForward(crypto, groupKey);
	const ring = createKeyRing(crypto);
	ring.addGrant({ ...secrets, maker: id(99), groupKey, step, token: id(9), ownerSeed: null });
	const store = createMemoryDisk().open();
	let ratchets = unwrapped(await loadRatchets(crypto, store, space, ring));
	return {
		ring,
		store,
		get ratchets() {
			return ratchets;
		},
		open(entry: Entry): string | undefined {
			const key = ratchets.keyFor(entry);
			ratchets.spend(entry);
			return key && toHex(key);
		},
		async again() {
			await store.commit(ratchets.changes());
			ratchets = unwrapped(await loadRatchets(crypto, store, space, ring));
		},
	};
}

describe('a sender’s ratchet', () => {
	it('[RA2] gives each message the key of its place, in whatever order they come, once', async () => {
		const places = fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { minLength: 1 });
		const run = fc.asyncProperty(places, fc.nat(), async (order, restart) => {
			const reader = await device();
			for (const [turn, index] of order.entries()) {
				expect(reader.open(at(index))).toBe(keyOf(index));
				expect(reader.open(at(index))).toBeUndefined();
				if (turn === restart % order.length) await reader.again();
			}
			await reader.again();
			for (const index of order) expect(reader.open(at(index))).toBeUndefined();
			const rest = [...Array(40).keys()].filter((index) => !order.includes(index));
			for (const index of rest) expect(reader.open(at(index))).toBe(keyOf(index));
		});
		await fc.assert(run, { numRuns: 40 });
	});

	it('[RA2] looks without using up, and tells devices and steps apart', async () => {
		const { ratchets } = await device();
		const keys = [at(3), at(3, 1), at(3, 0, bob), at(4)].map((entry) => ratchets.keyFor(entry));
		expect(keys.map((key) => key && toHex(key))).toEqual([
			keyOf(3),
			keyOf(3, 1),
			keyOf(3, 0, bob),
			keyOf(4),
		]);
		expect(new Set(keys).size).toBe(4);
		expect(ratchets.changes()).toEqual([]);
	});

	it('[RA3] follows no message that is too far ahead, and keeps so many keys of those passed over', async () => {
		const reader = await device();
		expect(reader.open(at(MAX_SKIPPED + 1))).toBeUndefined();
		expect(reader.open(at(MAX_SKIPPED))).toBe(keyOf(MAX_SKIPPED));
		await reader.again();
		expect(reader.open(at(0))).toBe(keyOf(0));
		expect(reader.open(at(2 * MAX_SKIPPED))).toBe(keyOf(2 * MAX_SKIPPED));
		await reader.again();
		// Passed over twice as many: the oldest have gone.
		expect(reader.open(at(1))).toBeUndefined();
		expect(reader.open(at(MAX_SKIPPED - 2))).toBeUndefined();
		expect(reader.open(at(MAX_SKIPPED + 1))).toBe(keyOf(MAX_SKIPPED + 1));
	});

	it('[RA1] [EP6] opens nothing of a step before the one that a device was let in at', async () => {
		const joiner = await device(2);
		expect(joiner.open(at(0, 1))).toBeUndefined();
		expect(joiner.open(at(0, 2))).toBe(keyOf(0, 2));
		expect(joiner.open(at(5, 4))).toBe(keyOf(5, 4));
		expect(joiner.open(at(0, 5000))).toBeUndefined();
	});

	it('[RA4] moves on with each message of one’s own, over restarts', async () => {
		const writer = await device();
		for (let index = 0; index < 4; index++) {
			const next = writer.ratchets.next(epoch, 1, alice);
			expect(next?.place).toEqual({ mode: 'ratchet', epoch, step: 1, index });
			expect(next && toHex(next.key)).toBe(keyOf(index, 1));
			writer.ratchets.spend(at(index, 1));
			await writer.again();
		}
	});

	it('[RA5] of an epoch that is over opens what had not come, for a while, and nothing that had', async () => {
		const reader = await device();
		expect(reader.open(at(0))).toBe(keyOf(0));
		expect(reader.open(at(2, 1))).toBe(keyOf(2, 1));
		const span = { id: epoch, devices: [alice, bob], lastStep: 2 };
		reader.ratchets.settle([span], 1000);
		await reader.again();
		// The group key has gone on to where nothing was written.
		expect(reader.ring.get(epoch)?.grant?.step).toBe(3);
		expect(reader.open(at(0))).toBeUndefined();
		expect(reader.open(at(2, 1))).toBeUndefined();
		expect(reader.open(at(1))).toBe(keyOf(1));
		expect(reader.open(at(1, 1))).toBe(keyOf(1, 1));
		expect(reader.open(at(6, 2, bob))).toBe(keyOf(6, 2, bob));
		expect(reader.open(at(0, 2, id(3)))).toBeUndefined();
		reader.ratchets.settle([span], 1000 + 30 * DAY);
		await reader.again();
		expect(reader.open(at(3))).toBe(keyOf(3));
		reader.ratchets.settle([span], 1001 + 30 * DAY);
		await reader.again();
		expect(reader.open(at(4))).toBeUndefined();
		expect(await reader.store.range('chain', [space])).toEqual([]);
	});
});
