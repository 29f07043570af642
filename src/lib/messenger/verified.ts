// The people this person has verified, since when, and with which devices: kept on one's own devices, told to nobody. [SN3]
import type { StoreError } from '#lib/ports/store.ts';
import { fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';
import type { SharedValues } from './devices/shared-values.ts';
import { MAX_NOTED, NOTED, VERIFIED } from './devices/sections.ts';

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
	/** By Root Hash (hex). */
	get(rootHash: string): VerifiedPerson | undefined;
	all(): ReadonlyMap<string, VerifiedPerson>;
	/** null: no longer. Durable when it resolves. */
	set(rootHash: string, person: VerifiedPerson | null): Promise<Result<void, StoreError>>;
	/** Called when there may be others, whichever device it comes from; returns the end of that. */
	watch(listener: () => void): () => void;
}

/** The latest, where there are more than are kept. */
const toBytes = (keys: Iterable<string>): Bytes[] =>
	[...keys].slice(-MAX_NOTED).flatMap((key) => fromHex(key) ?? []);
const toKeys = (all: readonly Bytes[] | undefined): ReadonlySet<string> =>
	new Set((all ?? []).map(toHex));

export function createVerifiedPeople(keeper: SharedValues): VerifiedPeople {
	/** Read again after each change. */
	let people: ReadonlyMap<string, VerifiedPerson> | undefined;
	const forget = (names: ReadonlySet<string>): boolean => {
		const isOurs = [...names].some(
			(name) => name.startsWith(VERIFIED.prefix) || name.startsWith(NOTED.prefix),
		);
		if (isOurs) people = undefined;
		return isOurs;
	};
	keeper.watch(forget);

	function all(): ReadonlyMap<string, VerifiedPerson> {
		people ??= new Map(
			keeper.list(VERIFIED.prefix).flatMap(([name, value]) => {
				const rootHash = VERIFIED.parts(name)?.[0];
				const known = VERIFIED.decode(value);
				if (rootHash === undefined || known === undefined) return [];
				const noted = NOTED.decode(keeper.get(NOTED.name(rootHash)));
				const person: VerifiedPerson = {
					...known,
					devices: toKeys(noted?.devices),
					ended: toKeys(noted?.ended),
					namesakes: toKeys(noted?.namesakes),
				};
				return [[rootHash, person] as const];
			}),
		);
		return people;
	}

	return {
		get: (rootHash) => all().get(rootHash),
		all,
		async set(rootHash, person) {
			const known = VERIFIED.decode(keeper.get(VERIFIED.name(rootHash)));
			// Taking note of something says nothing anew about who is verified.
			const isSame = person !== null && known?.since === person.since;
			const noted =
				person &&
				NOTED.encode({
					devices: toBytes(person.devices),
					ended: toBytes(person.ended),
					namesakes: toBytes(person.namesakes),
				});
			return keeper.write(
				new Map([
					...(isSame
						? []
						: [[VERIFIED.name(rootHash), person && VERIFIED.encode(person)] as const]),
					[NOTED.name(rootHash), noted],
				]),
			);
		},
		watch: (listener) =>
			keeper.watch((names) => {
				if (forget(names)) listener();
			}),
	};
}
