// The people this person has verified, since when, and with which devices: kept on one's own devices, told to nobody. [SN3]
import { bytes, decodeFrame, encode, list, text, tuple, uint } from '#lib/protocol/cbor.ts';
import { MAX_NAME } from '#lib/protocol/limits.ts';
import type { KeyValueStore, StoreError } from '#lib/ports/store.ts';
import { fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';
import { ok, type Result } from '#lib/util/result.ts';

export interface VerifiedPerson {
	/** By which this person knew them then. */
	readonly name: string;
	/** Milliseconds since 1970. */
	readonly since: number;
	/** Device keys (hex) that this person has seen with them, and taken note of. */
	readonly devices: ReadonlySet<string>;
	/** Those of them whose end this person has taken note of. */
	readonly ended: ReadonlySet<string>;
	/** Root Hashes (hex) of others who go by this name, and are known to be others. */
	readonly namesakes: ReadonlySet<string>;
}

export interface VerifiedPeople {
	load(): Promise<void>;
	/** By Root Hash (hex). */
	get(rootHash: string): VerifiedPerson | undefined;
	all(): ReadonlyMap<string, VerifiedPerson>;
	/** null: no longer. Durable when it resolves. */
	set(rootHash: string, person: VerifiedPerson | null): Promise<Result<void, StoreError>>;
}

const MAX_PEOPLE = 10_000;
const MAX_NOTED = 256;
const noted = list(bytes(32), MAX_NOTED);
const shape = list(tuple(bytes(32), text(MAX_NAME), uint(), noted, noted, noted), MAX_PEOPLE);

/** The latest, where there are more than are kept. */
const toBytes = (keys: Iterable<string>): Bytes[] =>
	[...keys].slice(-MAX_NOTED).flatMap((key) => fromHex(key) ?? []);
const toKeys = (all: readonly Bytes[]): ReadonlySet<string> => new Set(all.map(toHex));

export function createVerifiedPeople(store: KeyValueStore): VerifiedPeople {
	let people: ReadonlyMap<string, VerifiedPerson> = new Map();
	return {
		async load() {
			const stored = await store.get('verified', ['list']);
			const decoded = stored && decodeFrame(shape, stored, Number.MAX_SAFE_INTEGER);
			const rows = decoded?.ok ? decoded.value : [];
			people = new Map(
				rows.map(([root, name, since, devices, ended, namesakes]) => [
					toHex(root),
					{
						name,
						since,
						devices: toKeys(devices),
						ended: toKeys(ended),
						namesakes: toKeys(namesakes),
					},
				]),
			);
		},
		get: (rootHash) => people.get(rootHash),
		all: () => people,
		async set(rootHash, person) {
			const next = new Map(people);
			next.delete(rootHash);
			if (person !== null) next.set(rootHash, person);
			const rows = [...next].slice(-MAX_PEOPLE);
			const value = encode(
				rows.flatMap(([key, { name: known, since, devices, ended, namesakes }]) =>
					toBytes([key]).map((root) => [
						root,
						known,
						since,
						toBytes(devices),
						toBytes(ended),
						toBytes(namesakes),
					]),
				),
			);
			const kept = await store.commit([{ table: 'verified', key: ['list'], value }]);
			if (!kept.ok) return kept;
			people = new Map(rows);
			return ok();
		},
	};
}
