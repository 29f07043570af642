// Which device this installation is in each space: the one it was made with, or one of the space's own, where it could not
// go on with that: after a ban that was undone, and after a fork. [DK1]
import { derive } from '#lib/crypto/hash.ts';
import { makePrekey } from '#lib/crypto/identity.ts';
import { bytes, decodeFrame, encode, list, optional, tuple } from '#lib/protocol/cbor.ts';
import { memberShape, memberToTuple, type Member } from '#lib/protocol/identity.ts';
import type { StoreKey, StoreWrite } from '#lib/ports/store.ts';
import { equal, type Bytes } from '#lib/util/bytes.ts';
import type { Ports, Self } from './ports.ts';

/** A device that is about to be used, with what keeps it. */
export interface NextSelf {
	readonly self: Self;
	/** With which it reads in the space's mailboxes. */
	readonly token: Bytes;
	/** Keeps it until it is known whether it will be used. */
	readonly keep: StoreWrite;
	/** Makes it this installation's device in the space. */
	readonly settle: readonly StoreWrite[];
}

export interface SelvesInSpaces {
	/** Who this installation is in the space: made anew where the last device there is spent. */
	in(space: Bytes): Promise<Self>;
	/** Who it is to be after `self`: the device that was kept for that, or else a new one. */
	after(space: Bytes, self: Self): Promise<NextSelf>;
	/** The device used so far can't be used in the space ever again. */
	spend(space: Bytes): readonly StoreWrite[];
}

interface Stored {
	readonly deviceSeed: Bytes;
	/** Newest first: what was sealed for the devices before this one is still this installation's to read. */
	readonly prekeySeeds: readonly Bytes[];
	readonly member: Member;
	/** Public keys of the devices before this one. */
	readonly former: readonly Bytes[];
}

const TABLE = 'self';
const MAX_FORMER = 64;
/** null: the last one is spent. */
const shape = optional(
	tuple(bytes(32), list(bytes(32), MAX_FORMER), memberShape, list(bytes(32), MAX_FORMER)),
);

const rowFor = (key: StoreKey, stored: Stored | null): StoreWrite => ({
	table: TABLE,
	key,
	value: encode(
		stored && [stored.deviceSeed, stored.prekeySeeds, memberToTuple(stored.member), stored.former],
	),
});

export function createSelvesInSpaces(
	{ clock, crypto, random, store }: Ports,
	base: Self,
): SelvesInSpaces {
	async function read(key: StoreKey): Promise<Stored | null | undefined> {
		const row = await store.get(TABLE, key);
		const decoded = row && decodeFrame(shape, row, 16_384);
		if (decoded?.ok !== true) return undefined;
		if (decoded.value === null) return null;
		const [deviceSeed, prekeySeeds, member, former] = decoded.value;
		return { deviceSeed, prekeySeeds, member, former };
	}

	const toSelf = async ({ deviceSeed, prekeySeeds, member, former }: Stored): Promise<Self> => ({
		...base,
		device: await crypto.signingKey(deviceSeed),
		prekeys: [
			...(await Promise.all(prekeySeeds.map((seed) => crypto.agreementKey(seed)))),
			...base.prekeys,
		],
		member,
		former,
	});

	async function make(before: Pick<Stored, 'prekeySeeds' | 'former'>): Promise<Stored> {
		const deviceSeed = random.bytes(32);
		const device = await crypto.signingKey(deviceSeed);
		const time = Math.max(0, Math.floor(clock.now()));
		const prekey = await makePrekey(crypto, random, device, base.member.certificate.rootKey, time);
		const certificate = await base.root.certify(device.publicKey, base.deviceName, time);
		return {
			deviceSeed,
			prekeySeeds: [prekey.secret.seed, ...before.prekeySeeds].slice(0, MAX_FORMER),
			member: { certificate, prekey: prekey.record, name: base.name },
			former: before.former.slice(0, MAX_FORMER),
		};
	}

	return {
		async in(space) {
			const stored = await read([space]);
			if (stored === undefined) return base;
			if (stored !== null) return toSelf(stored);
			const made = await make({ prekeySeeds: [], former: [] });
			const kept = await store.commit([rowFor([space], made)]);
			// A device that isn't kept must not be used: with the old one the join fails, and may be tried again.
			return kept.ok ? toSelf(made) : base;
		},
		async after(space, self) {
			const { publicKey } = self.device;
			const kept = await read([space, 'next']);
			const present = await read([space]);
			const isNext = kept?.former.some((device) => equal(device, publicKey)) === true;
			const next =
				kept && isNext
					? kept
					: await make({
							prekeySeeds: present?.prekeySeeds ?? [],
							former: [publicKey, ...self.former],
						});
			return {
				self: await toSelf(next),
				token: derive(crypto, next.deviceSeed, 'join-token'),
				keep: rowFor([space, 'next'], next),
				settle: [rowFor([space], next), { table: TABLE, key: [space, 'next'], value: null }],
			};
		},
		spend: (space) => [rowFor([space], null), { table: TABLE, key: [space, 'next'], value: null }],
	};
}
