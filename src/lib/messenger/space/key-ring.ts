// The keys of a space's epochs that this device holds. [EP4] [EP5] [EP7] [EP8] [EP15]
// Control keys reach back to the first epoch; everything else only to the epochs this device has taken part in. Kept is
// the key of every epoch that an entry of the authority log is sealed in, and no other: what an EPOCH brings waits aside
// until then, in memory and bounded, so that nobody can make the ring grow by more than what is placed.
import { blob, bytes, decode, encode, flag, list, optional, tuple } from '#lib/protocol/cbor.ts';
import type { ControlKey } from '#lib/protocol/content.ts';
import {
	decodeJoinGrant,
	encodeJoinGrant,
	type Grant,
	type JoinGrant,
} from '#lib/protocol/lobby.ts';
import { epochId, lateEnvelopeKey, stepForward } from '#lib/crypto/epoch.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';

/** What is left of an epoch's secrets when it has long been over: whoever comes back after all is met with it. */
export interface MeetingKeys {
	/** Opens and seals what is pushed in its mailbox so late, and nothing of before. */
	readonly envelopeKey: Bytes;
	readonly writeSeed: Bytes;
}

export interface EpochKeys {
	/** Name of the epoch, 16 bytes. */
	readonly id: Bytes;
	/** The device that made it. */
	readonly maker: Bytes;
	readonly controlKey: Bytes;
	readonly grant: JoinGrant | null;
	/** Whether the grant is what the EPOCH says. */
	readonly proven: boolean;
	/** Its secrets have gone, and are not taken again. */
	readonly ended: { readonly meeting: MeetingKeys | null } | null;
	/** This device's tokens: several when more than one member let it in. */
	readonly tokens: readonly Bytes[];
}

export interface KeyRing {
	/** Kept or aside. */
	get(epoch: Bytes): EpochKeys | undefined;
	/** Those kept. */
	all(): readonly EpochKeys[];
	/** Names of epochs whose control key has come since this was last asked. */
	arrived(): readonly Bytes[];
	/** Keeps what a grant gives; false when it was known. */
	addGrant(grant: Grant): boolean;
	/** Keeps an epoch's control key; false when it was known. */
	addControlKey(key: ControlKey): boolean;
	/** Holds keys for as long as there is room; `from` (any name): who brought them, for each has the same room. */
	setAside(from: string, keys: EpochKeys): void;
	/** Steps the group key of an epoch forward, once for each step; those before are gone. */
	advance(epoch: Bytes, step: number): void;
	/** The epoch has long been over: its secrets go, and with `isFar` also what its mailbox is read with. */
	end(epoch: Bytes, isFar: boolean): void;
	/** An entry sealed in this epoch is kept: so are its keys. */
	keep(epoch: Bytes): void;
	/** The grant kept or aside is, or is not, what the EPOCH says: then it goes, with its tokens. */
	prove(epoch: Bytes, fits: boolean): void;
	/** Kept keys that changed since they were last asked for; their numbers stay. */
	changed(): readonly (readonly [number: number, keys: EpochKeys])[];
}

const MAX_ASIDE = 4096;
/** Tokens of one epoch, however many members let this device in. */
const MAX_TOKENS = 16;

export const controlKeyOnly = (crypto: CryptoProvider, { maker, key }: ControlKey): EpochKeys => ({
	id: epochId(crypto, key, maker),
	maker,
	controlKey: key,
	grant: null,
	proven: false,
	ended: null,
	tokens: [],
});

export function createKeyRing(
	crypto: CryptoProvider,
	stored: readonly (readonly [number: number, keys: EpochKeys])[] = [],
): KeyRing {
	const kept = new Map<string, EpochKeys>();
	const numbers = new Map<string, number>();
	const aside = new Map<string, { readonly from: string; keys: EpochKeys }>();
	const room = new Map<string, number>();
	const dirty = new Set<string>();
	let next = 0;
	let arrivals: Bytes[] = [];
	for (const [number, keys] of stored) {
		kept.set(toHex(keys.id), keys);
		numbers.set(toHex(keys.id), number);
		next = Math.max(next, number + 1);
	}

	function put(keys: EpochKeys): void {
		const name = toHex(keys.id);
		if (!numbers.has(name)) numbers.set(name, next++);
		kept.set(name, keys);
		dirty.add(name);
	}

	function take(name: string): EpochKeys | undefined {
		const found = aside.get(name);
		if (found === undefined) return undefined;
		aside.delete(name);
		const left = (room.get(found.from) ?? 1) - 1;
		if (left === 0) room.delete(found.from);
		else room.set(found.from, left);
		return found.keys;
	}

	/** The oldest of whoever has brought the most gives way. */
	function makeRoom(): void {
		if (aside.size <= MAX_ASIDE) return;
		const [greediest] = [...room].reduce((most, each) => (each[1] > most[1] ? each : most));
		for (const [name, { from }] of aside) {
			if (from !== greediest) continue;
			take(name);
			return;
		}
	}

	/** What is known of an epoch, with more of it. */
	function joined(known: EpochKeys | undefined, more: EpochKeys): EpochKeys {
		if (known === undefined) return more;
		if (known.ended !== null) return known;
		const fresh = more.tokens.filter((token) => !known.tokens.some((each) => equal(each, token)));
		return {
			...known,
			grant: known.grant ?? more.grant,
			proven: known.grant === null ? more.proven : known.proven,
			tokens: [...known.tokens, ...fresh].slice(0, MAX_TOKENS),
		};
	}

	function add(keys: EpochKeys): boolean {
		const name = toHex(keys.id);
		const known = kept.get(name) ?? take(name);
		const all = joined(known, keys);
		const isNew =
			known === undefined ||
			all.tokens.length > known.tokens.length ||
			(all.grant !== null && known.grant === null);
		if (known === undefined) arrivals.push(keys.id);
		if (isNew || !kept.has(name)) put(all);
		return isNew;
	}

	return {
		get: (epoch) => kept.get(toHex(epoch)) ?? aside.get(toHex(epoch))?.keys,
		all: () => [...kept.values()],
		arrived() {
			const come = arrivals;
			arrivals = [];
			return come;
		},
		addGrant({ token, ...grant }) {
			const { maker, controlKey } = grant;
			const keys = controlKeyOnly(crypto, { maker, key: controlKey });
			return add({ ...keys, grant, tokens: [token] });
		},
		addControlKey: (key) => add(controlKeyOnly(crypto, key)),
		setAside(from, keys) {
			const name = toHex(keys.id);
			const present = kept.get(name);
			if (present !== undefined) {
				if (keys.grant !== null || keys.tokens.length > 0) add(keys);
				return;
			}
			const known = aside.get(name);
			if (known === undefined) {
				aside.set(name, { from, keys });
				room.set(from, (room.get(from) ?? 0) + 1);
				arrivals.push(keys.id);
				makeRoom();
			} else {
				known.keys = joined(known.keys, keys);
			}
		},
		advance(epoch, step) {
			const known = kept.get(toHex(epoch));
			if (!known?.grant || known.grant.step >= step) return;
			let { groupKey } = known.grant;
			for (let at = known.grant.step; at < step; at++) groupKey = stepForward(crypto, groupKey);
			put({ ...known, grant: { ...known.grant, groupKey, step } });
		},
		end(epoch, isFar) {
			const known = kept.get(toHex(epoch));
			if (known === undefined) return;
			const { grant, ended } = known;
			if (grant === null && (ended === null || !isFar || ended.meeting === null)) return;
			const meeting =
				grant === null
					? null
					: {
							envelopeKey: lateEnvelopeKey(crypto, grant.envelopeKey),
							writeSeed: grant.writeSeed,
						};
			put({
				...known,
				grant: null,
				ended: { meeting: isFar ? null : meeting },
				tokens: isFar ? [] : known.tokens,
			});
		},
		keep(epoch) {
			const found = take(toHex(epoch));
			if (found !== undefined) put(found);
		},
		prove(epoch, fits) {
			const name = toHex(epoch);
			const proven = (keys: EpochKeys): EpochKeys =>
				fits ? { ...keys, proven: true } : { ...keys, grant: null, proven: false, tokens: [] };
			const [inKept, inAside] = [kept.get(name), aside.get(name)];
			if (inKept !== undefined) put(proven(inKept));
			else if (inAside !== undefined) inAside.keys = proven(inAside.keys);
		},
		changed() {
			const rows = [...dirty].flatMap((name): [number, EpochKeys][] => {
				const [number, keys] = [numbers.get(name), kept.get(name)];
				return number === undefined || keys === undefined ? [] : [[number, keys]];
			});
			dirty.clear();
			return rows;
		},
	};
}

const shape = tuple(
	bytes(16),
	bytes(32),
	bytes(32),
	optional(blob(512)),
	flag,
	optional(tuple(optional(tuple(bytes(32), bytes(32))))),
	list(bytes(32), MAX_TOKENS),
);

export const encodeEpochKeys = (keys: EpochKeys): Bytes =>
	encode([
		keys.id,
		keys.maker,
		keys.controlKey,
		keys.grant && encodeJoinGrant(keys.grant),
		keys.proven,
		keys.ended && [
			keys.ended.meeting && [keys.ended.meeting.envelopeKey, keys.ended.meeting.writeSeed],
		],
		keys.tokens,
	]);

/** As they were kept; undefined when they can't be read. */
export function decodeEpochKeys(encoded: Uint8Array): EpochKeys | undefined {
	const decoded = decode(shape, encoded, 4096);
	if (!decoded.ok) return undefined;
	const [id, maker, controlKey, granted, proven, end, tokens] = decoded.value;
	const grant = granted && decodeJoinGrant(granted);
	if (grant?.ok === false) return undefined;
	const meeting = end?.[0] && { envelopeKey: end[0][0], writeSeed: end[0][1] };
	return {
		...{ id, maker, controlKey, proven, tokens },
		grant: grant?.value ?? null,
		ended: end && { meeting: meeting ?? null },
	};
}
