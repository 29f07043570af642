// The keys with which a device receives in a space: when it makes a new one, and when the earlier ones go.
import { beforeEach, describe, expect, it } from 'vitest';
import { verifyPrekey } from '#lib/crypto/identity.ts';
import {
	beginSeries,
	createOwnPrekeys,
	MAX_HELD,
	type OwnPrekeys,
	type PrekeySeries,
} from '#lib/messenger/own-prekeys.ts';
import { DAY, PREKEY_GRACE } from '#lib/protocol/limits.ts';
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import { createSeededRandom } from '#lib/simulation/random.ts';
import { toHex } from '#lib/util/bytes.ts';

const crypto = createSyncCryptoProvider();
const START = 1_800_000_000_000;

describe('a series of prekeys', () => {
	let kept: PrekeySeries;
	let canKeep: boolean;
	let own: OwnPrekeys;
	let rootKey: Uint8Array<ArrayBuffer>;

	beforeEach(async () => {
		const random = createSeededRandom(7);
		const device = await crypto.signingKey(random.bytes(32));
		rootKey = (await crypto.signingKey(random.bytes(32))).publicKey;
		const parts = { crypto, random, device, rootKey };
		kept = await beginSeries(parts, START);
		canKeep = true;
		const keep = (series: PrekeySeries): Promise<boolean> => {
			if (canKeep) kept = series;
			return Promise.resolve(canKeep);
		};
		own = await createOwnPrekeys({ ...parts, keep }, kept);
	});

	const publicKeys = (): string[] => [...own].map(({ publicKey }) => toHex(publicKey));

	it('[PK4] is renewed only once that is kept, with a record that others can check', async () => {
		const [first] = publicKeys();
		canKeep = false;
		expect(await own.renew(START + DAY)).toBe(false);
		expect(publicKeys()).toEqual([first]);
		canKeep = true;
		expect(await own.renew(START + DAY)).toBe(true);
		expect(own.record.time).toBe(START + DAY);
		expect(await verifyPrekey(crypto, own.record, rootKey)).toBe(true);
		expect(publicKeys()).toEqual([toHex(own.record.publicKey), first]);
		expect(kept.record).toBe(own.record);
		expect(own.toldAt).toBeNull();
	});

	it('[PK4] makes one later than any that it is shown, and than its own', async () => {
		await own.renew(START + DAY, START + 9 * DAY);
		expect(own.record.time).toBe(START + 9 * DAY + 1);
		await own.renew(START);
		expect(own.record.time).toBe(START + 9 * DAY + 2);
	});

	it('[PK5] lets go of one 30 days after its successor was told, and overwrites it', async () => {
		const [first] = kept.held;
		await own.renew(START + DAY);
		expect(own.overAt()).toBeNull();
		await own.forget(START + 900 * DAY);
		expect([...own]).toHaveLength(2);
		await own.told(START + 2 * DAY);
		// Told once is told.
		await own.told(START + 3 * DAY);
		expect(own.overAt()).toBe(START + 2 * DAY + PREKEY_GRACE);
		await own.forget(START + 2 * DAY + PREKEY_GRACE - 1);
		expect([...own]).toHaveLength(2);
		await own.forget(START + 2 * DAY + PREKEY_GRACE);
		expect(publicKeys()).toEqual([toHex(own.record.publicKey)]);
		expect(kept.held).toHaveLength(1);
		expect(first?.seed).toEqual(new Uint8Array(32));
		expect(own.overAt()).toBeNull();
	});

	it('[PK5] keeps one whose end could not be written', async () => {
		await own.renew(START + DAY);
		await own.told(START + DAY);
		canKeep = false;
		await own.forget(START + 90 * DAY);
		expect([...own]).toHaveLength(2);
		expect(kept.held[1]?.seed.some((byte) => byte !== 0)).toBe(true);
	});

	it('[PK5] counts from any later one that was told, where the next itself never was', async () => {
		await own.renew(START + DAY);
		await own.renew(START + 2 * DAY);
		await own.told(START + 3 * DAY);
		await own.forget(START + 3 * DAY + PREKEY_GRACE);
		expect(publicKeys()).toEqual([toHex(own.record.publicKey)]);
	});

	it('[PK5] makes no more than 64 before some have gone', async () => {
		for (let n = 1; n < MAX_HELD; n++) {
			expect(await own.renew(START + n * DAY)).toBe(true);
			await own.told(START + n * DAY);
		}
		expect(MAX_HELD).toBe(64);
		expect(await own.renew(START + 64 * DAY)).toBe(false);
		expect([...own]).toHaveLength(64);
		await own.forget(START + 64 * DAY);
		expect(await own.renew(START + 64 * DAY)).toBe(true);
	});
});
