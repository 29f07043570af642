// Which device this installation is in each space: the one it was made with, or one of the space's own, where it could not
// go on with that: after a ban that was undone, and after a fork. [DK1]
import { makePrekey } from '#lib/crypto/identity.ts';
import { bytes, decodeFrame, encode, optional, tuple } from '#lib/protocol/cbor.ts';
import { memberShape, memberToTuple, type Member } from '#lib/protocol/identity.ts';
import type { StoreWrite } from '#lib/ports/store.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import type { Ports, Self } from './ports.ts';

/** A device that is about to be used, with what keeps it. */
export interface FreshSelf {
	readonly self: Self;
	/** Makes it this installation's device in the space from the next start on. */
	readonly write: StoreWrite;
	/** Keeps it until it is known whether it will be. */
	readonly writeAsNext: StoreWrite;
}

export interface SelvesInSpaces {
	/** Who this installation is in the space: made anew where the last device there is spent. */
	in(space: Bytes): Promise<Self>;
	/** A device that was kept as the next one, or else a new one. */
	next(space: Bytes): Promise<FreshSelf>;
	/** The device used so far can't be used in the space ever again. */
	spend(space: Bytes): readonly StoreWrite[];
	/** What has been the next device is the device from now on. */
	settle(fresh: FreshSelf, space: Bytes): readonly StoreWrite[];
}

const TABLE = 'self';
/** Device seed, prekey seed, member; null: the last one is spent. */
const shape = optional(tuple(bytes(32), bytes(32), memberShape));

export function createSelvesInSpaces(
	{ clock, crypto, random, store }: Ports,
	base: Self,
): SelvesInSpaces {
	async function read(key: readonly (Bytes | string)[]): Promise<Stored | null | undefined> {
		const row = await store.get(TABLE, key);
		const decoded = row && decodeFrame(shape, row, 4096);
		if (decoded?.ok !== true) return undefined;
		if (decoded.value === null) return null;
		const [deviceSeed, prekeySeed, member] = decoded.value;
		return { deviceSeed, prekeySeed, member };
	}

	interface Stored {
		readonly deviceSeed: Bytes;
		readonly prekeySeed: Bytes;
		readonly member: Member;
	}

	const toSelf = async ({ deviceSeed, prekeySeed, member }: Stored): Promise<Self> => ({
		...base,
		device: await crypto.signingKey(deviceSeed),
		// What was sealed for the device before this one is still this installation's to read.
		prekeys: [await crypto.agreementKey(prekeySeed), ...base.prekeys],
		member,
	});

	const rowFor = (key: readonly (Bytes | string)[], stored: Stored | null): StoreWrite => ({
		table: TABLE,
		key,
		value: encode(stored && [stored.deviceSeed, stored.prekeySeed, memberToTuple(stored.member)]),
	});

	async function make(): Promise<Stored> {
		const deviceSeed = random.bytes(32);
		const device = await crypto.signingKey(deviceSeed);
		const time = Math.max(0, Math.floor(clock.now()));
		const prekey = await makePrekey(crypto, random, device, time);
		const certificate = await base.root.certify(device.publicKey, base.deviceName, time);
		return {
			deviceSeed,
			prekeySeed: prekey.secret.seed,
			member: { certificate, prekey: prekey.record, name: base.name },
		};
	}

	const fresh = async (space: Bytes, stored: Stored): Promise<FreshSelf> => ({
		self: await toSelf(stored),
		write: rowFor([space], stored),
		writeAsNext: rowFor([space, 'next'], stored),
	});

	return {
		async in(space) {
			const stored = await read([space]);
			if (stored === undefined) return base;
			if (stored !== null) return toSelf(stored);
			const made = await fresh(space, await make());
			const kept = await store.commit([made.write]);
			// A device that isn't kept must not be used: with the old one the join fails, and may be tried again.
			return kept.ok ? made.self : base;
		},
		async next(space) {
			return fresh(space, (await read([space, 'next'])) ?? (await make()));
		},
		spend: (space) => [rowFor([space], null), { table: TABLE, key: [space, 'next'], value: null }],
		settle: (made, space) => [made.write, { table: TABLE, key: [space, 'next'], value: null }],
	};
}
