// Who this installation is in each space: the device it was made with, or one of the space's own, where it could not go on
// with that (after a ban that was undone, and after a fork); and in any case with prekeys of the space's own. [DK1] [PK4]
import { derive } from '#lib/crypto/hash.ts';
import { bytes, decode, encode, list, map, optional, tuple, uint } from '#lib/protocol/cbor.ts';
import { memberShape, memberToTuple, type Member } from '#lib/protocol/identity.ts';
import type { AgreementKey, SigningKey } from '#lib/ports/crypto.ts';
import type { StoreKey, StoreWrite } from '#lib/ports/store.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import {
	beginSeries,
	createOwnPrekeys,
	MAX_HELD,
	type HeldPrekey,
	type PrekeySeries,
} from './own-prekeys.ts';
import type { Ports, Self, SelfInSpace } from './ports.ts';

/** A device that is about to be used, with what keeps it. */
export interface NextSelf {
	readonly self: SelfInSpace;
	/** With which it reads in the space's mailboxes. */
	readonly token: Bytes;
	/** Keeps it until it is known whether it will be used. */
	readonly keep: StoreWrite;
	/** Makes it this installation's device in the space. */
	readonly settle: readonly StoreWrite[];
	/** Once that is done. */
	settled(): void;
}

export interface Newcomer {
	readonly self: SelfInSpace;
	/** Makes it this installation's device in the space. */
	keep(space: Bytes): StoreWrite;
}

export interface SelvesInSpaces {
	/** Whether it can be told who this installation is in the space: what is kept of that isn't damaged. [AT14] */
	isReadable(space: Bytes): Promise<boolean>;
	/** Who this installation is in the space: made anew where the last device there is spent. */
	in(space: Bytes): Promise<SelfInSpace>;
	/** Who it is to be in a space that it makes, and whose name follows from that; `keep` with what the space begins with. */
	founder(): Promise<Newcomer>;
	/** Who it is to be in a space that has been given these prekeys already. */
	newcomer(prekeys: PrekeySeries): Promise<Newcomer>;
	/** Who it is to be after `self`: the device that was kept for that, or else a new one. */
	after(space: Bytes, self: Self): Promise<NextSelf>;
	/** Who it is to be where another device of its person lets it in: a device that has left can't be. */
	toEnrol(space: Bytes): Promise<SelfInSpace>;
	/** The device used so far can't be used in the space ever again. */
	spend(space: Bytes): readonly StoreWrite[];
	/** The space is left: its keys for receiving go; whoever comes back is the same device. */
	leave(space: Bytes): Promise<readonly StoreWrite[]>;
}

interface Stored {
	/** null: the device that the installation was made with. */
	readonly deviceSeed: Bytes | null;
	/** Newest first, and those of the devices before this one: what was sealed for them is this installation's to read. */
	readonly held: readonly HeldPrekey[];
	/** With the newest prekey's record. */
	readonly member: Member;
	/** Public keys of the devices before this one. */
	readonly former: readonly Bytes[];
}

const TABLE = 'self';
const MAX_FORMER = 64;
const MAX_ROW = 32_768;
const heldShape = map(
	tuple(bytes(32), uint(), optional(uint())),
	([seed, time, toldAt]): HeldPrekey => ({ seed, time, toldAt }),
);
/** null: the last one is spent. */
const shape = optional(
	tuple(optional(bytes(32)), list(heldShape, MAX_HELD), memberShape, list(bytes(32), MAX_FORMER)),
);

const rowFor = (key: StoreKey, stored: Stored | null): StoreWrite => ({
	table: TABLE,
	key,
	value: encode(
		stored && [
			stored.deviceSeed,
			stored.held.map(({ seed, time, toldAt }) => [seed, time, toldAt]),
			memberToTuple(stored.member),
			stored.former,
		],
	),
});

export function createSelvesInSpaces(
	{ clock, crypto, random, store }: Ports,
	base: Self,
): SelvesInSpaces {
	const { rootKey } = base.member.certificate;
	/** One of each space (hex), whoever asks: two would not know of each other's prekeys. */
	const selves = new Map<string, Promise<SelfInSpace>>();
	const now = (): number => Math.max(0, Math.floor(clock.now()));

	/** null: spent. undefined: there is none, or it can't be read. */
	async function read(key: StoreKey): Promise<Stored | null | undefined> {
		const row = await store.get(TABLE, key);
		const decoded = row && decode(shape, row, MAX_ROW);
		if (decoded?.ok !== true) return undefined;
		if (decoded.value === null) return null;
		const [deviceSeed, held, member, former] = decoded.value;
		return { deviceSeed, held, member, former };
	}

	const deviceOf = (seed: Bytes | null): Promise<SigningKey> =>
		seed === null ? Promise.resolve(base.device) : crypto.signingKey(seed);

	/** `keep`: makes what has become of the row durable. */
	async function toSelf(
		stored: Stored,
		keep: (stored: Stored) => Promise<boolean>,
		others: Iterable<AgreementKey> = [],
	): Promise<SelfInSpace> {
		const { member, former, held } = stored;
		const device = await deviceOf(stored.deviceSeed);
		const withSeries = (series: PrekeySeries): Stored => ({
			...stored,
			held: series.held,
			member: { ...member, prekey: series.record },
		});
		const parts = {
			...{ crypto, random, device, rootKey },
			keep: (series: PrekeySeries) => keep(withSeries(series)),
		};
		const series = { held, record: member.prekey };
		const prekeys = await createOwnPrekeys(parts, series, others);
		return {
			...base,
			device,
			prekeys,
			former,
			get member() {
				return { ...member, prekey: prekeys.record };
			},
		};
	}

	const keepIn =
		(key: StoreKey) =>
		async (stored: Stored): Promise<boolean> =>
			(await store.commit([rowFor(key, stored)])).ok;

	/** The installation's own device, as it comes into a space. */
	async function asBase(given?: PrekeySeries): Promise<Stored> {
		const series =
			given ?? (await beginSeries({ crypto, random, device: base.device, rootKey }, now()));
		const member = { ...base.member, prekey: series.record };
		return { deviceSeed: null, held: series.held, member, former: [] };
	}

	async function asNewcomer(made: Stored): Promise<Newcomer> {
		let key: StoreKey | undefined;
		const self = await toSelf(made, (stored) =>
			key === undefined ? Promise.resolve(false) : keepIn(key)(stored),
		);
		return {
			self,
			keep(space) {
				key = [space];
				selves.set(toHex(space), Promise.resolve(self));
				return rowFor(key, made);
			},
		};
	}

	async function make(earlier: readonly HeldPrekey[], former: readonly Bytes[]): Promise<Stored> {
		const deviceSeed = random.bytes(32);
		const device = await crypto.signingKey(deviceSeed);
		const series = await beginSeries({ crypto, random, device, rootKey }, now(), earlier);
		return {
			deviceSeed,
			held: series.held,
			member: {
				certificate: await base.root.certify(device.publicKey, base.deviceName, now()),
				prekey: series.record,
				name: base.name,
			},
			former: former.slice(0, MAX_FORMER),
		};
	}

	/** Of what is kept no longer, or could not be: with the keys in the container, which stay. */
	const withoutSeries = (): Promise<SelfInSpace> =>
		toSelf(
			{ deviceSeed: null, held: [], member: base.member, former: [] },
			() => Promise.resolve(false),
			base.prekeys,
		);

	async function isReadable(space: Bytes): Promise<boolean> {
		const row = await store.get(TABLE, [space]);
		return row === undefined || decode(shape, row, MAX_ROW).ok;
	}

	async function open(space: Bytes): Promise<SelfInSpace> {
		// What is damaged stays as it is: nobody knows which device it was.
		if (!(await isReadable(space))) return withoutSeries();
		const stored = await read([space]);
		if (stored && stored.held.length > 0) return toSelf(stored, keepIn([space]));
		const made = stored === null ? await make([], []) : await comingBack(stored);
		// A device, or a key, that isn't kept must not be used: with the old one a join may be tried again.
		if (await keepIn([space])(made)) return toSelf(made, keepIn([space]));
		selves.delete(toHex(space));
		return withoutSeries();
	}

	const selvesInSpaces: SelvesInSpaces = {
		isReadable,
		in(space) {
			const self = selves.get(toHex(space)) ?? open(space);
			selves.set(toHex(space), self);
			return self;
		},
		founder: async () => asNewcomer(await asBase()),
		newcomer: async (prekeys) => asNewcomer(await asBase(prekeys)),
		async after(space, self) {
			const { publicKey } = self.device;
			const kept = await read([space, 'next']);
			const present = await read([space]);
			const isNext = kept?.former.some((device) => equal(device, publicKey)) === true;
			const next =
				kept && isNext ? kept : await make(present?.held ?? [], [publicKey, ...self.former]);
			if (next.deviceSeed === null) throw new Error('not a device of the space');
			const made = await toSelf(next, keepIn([space]));
			return {
				self: made,
				settled: () => selves.set(toHex(space), Promise.resolve(made)),
				token: derive(crypto, next.deviceSeed, 'join-token'),
				keep: rowFor([space, 'next'], next),
				settle: [rowFor([space], next), { table: TABLE, key: [space, 'next'], value: null }],
			};
		},
		async toEnrol(space) {
			const stored = await read([space]);
			const hasLeft = stored?.held.length === 0;
			if (hasLeft) await store.commit(selvesInSpaces.spend(space));
			return selvesInSpaces.in(space);
		},
		spend(space) {
			selves.delete(toHex(space));
			return [rowFor([space], null), { table: TABLE, key: [space, 'next'], value: null }];
		},
		async leave(space) {
			selves.delete(toHex(space));
			const stored = await read([space]);
			if (!stored) return [];
			return [
				rowFor([space], { ...stored, held: [] }),
				{ table: TABLE, key: [space, 'next'], value: null },
			];
		},
	};
	return selvesInSpaces;

	async function comingBack(stored: Stored | undefined): Promise<Stored> {
		if (stored === undefined) return asBase();
		const device = await deviceOf(stored.deviceSeed);
		const time = Math.max(now(), stored.member.prekey.time + 1);
		const series = await beginSeries({ crypto, random, device, rootKey }, time);
		const member = { ...stored.member, prekey: series.record };
		return { ...stored, held: series.held, member };
	}
}
