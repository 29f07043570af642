// What one person's devices share of settings and marks: a map from names to small values, merged by Yjs. The only Yjs
// bytes that are ever taken from outside, and from own devices alone; even of those none can do more than change values
// that are read as what they must be, within bounds. [AC2] [AC3]
import * as Y from 'yjs';
import {
	MAX_UPDATE_PART,
	MAX_UPDATE_PARTS,
	MAX_VALUE,
	MAX_VALUE_NAME,
} from '#lib/protocol/limits.ts';
import type { Bytes } from '#lib/util/bytes.ts';

/** The whole of it, everything that was merged included. */
const MAX_DOCUMENT = 2 * MAX_UPDATE_PART * MAX_UPDATE_PARTS;
/** What this device lets it grow to by its own writing: a full state must travel as one update. */
const MAX_OWN = MAX_UPDATE_PART * MAX_UPDATE_PARTS;
const MAP = 'values';

/** How far a document's changes are known, by Yjs client. */
export type Extent = ReadonlyMap<number, number>;

export interface AccountDocument {
	/** undefined: never set, cleared, or nothing that a value can be. */
	get(name: string): Bytes | undefined;
	/** Whether it was ever set, cleared since or not. */
	wasSet(name: string): boolean;
	/** Names that begin so, with their values. */
	list(prefix: string): readonly (readonly [name: string, value: Bytes])[];
	/** null clears. False where it would grow too large. */
	set(changes: ReadonlyMap<string, Bytes | null>): boolean;
	/** Merges a change; false where it is none, or would make the document too large. */
	merge(update: Bytes): boolean;
	/** The whole of it as one change. */
	state(): Bytes;
	/** What lies beyond the extent; null where nothing does. */
	since(extent: Extent): Bytes | null;
	extent(): Extent;
	/** Called with the names whose values may be different now. */
	onChange: (names: ReadonlySet<string>) => void;
}

/** The part of a document that a change brings, or undefined where the bytes are none. */
function extentOf(update: Bytes): Extent | undefined {
	try {
		return Y.parseUpdateMeta(update).to;
	} catch {
		return undefined;
	}
}

/** What was known before and what a change brought, as far as all of that has really come. */
export function extended(known: Extent, update: Bytes, held: Extent): Extent {
	const all = new Map(known);
	for (const [client, clock] of extentOf(update) ?? []) {
		const there = Math.min(clock, held.get(client) ?? 0);
		if (there > (all.get(client) ?? 0)) all.set(client, there);
	}
	return all;
}

/** `client`: drawn at random for this run, so that no two devices ever write under one. */
export function openAccountDocument(kept: Bytes | undefined, client: number): AccountDocument {
	let doc = load(kept);
	let size = kept?.length ?? 0;

	function load(state: Bytes | undefined): Y.Doc {
		const made = new Y.Doc();
		if (state !== undefined) Y.applyUpdate(made, state);
		made.clientID = client;
		const values = made.getMap<unknown>(MAP);
		values.observe(({ keysChanged }) => {
			document.onChange(new Set([...keysChanged].filter((key) => typeof key === 'string')));
		});
		return made;
	}
	const values = (): Y.Map<unknown> => doc.getMap<unknown>(MAP);
	const read = (value: unknown): Bytes | undefined =>
		value instanceof Uint8Array && value.length > 0 && value.length <= MAX_VALUE
			? new Uint8Array(value)
			: undefined;

	const document: AccountDocument = {
		get: (name) => read(values().get(name)),
		wasSet: (name) => values().has(name),
		list: (prefix) =>
			[...values().entries()].flatMap(([name, value]) => {
				const known = name.startsWith(prefix) ? read(value) : undefined;
				return known === undefined ? [] : [[name, known] as const];
			}),
		set(changes) {
			const added = [...changes].reduce((sum, [name, value]) => {
				if (name.length > MAX_VALUE_NAME || (value?.length ?? 0) > MAX_VALUE) return Infinity;
				return sum + name.length + (value?.length ?? 0) + 64;
			}, 0);
			if (size + added > MAX_OWN) return false;
			// Cleared ones stay as empty values: a mere deletion would be told to nobody who asks what is new.
			doc.transact(() => {
				for (const [name, value] of changes) values().set(name, value ?? new Uint8Array(0));
			});
			size = Y.encodeStateAsUpdate(doc).length;
			return true;
		},
		merge(update) {
			if (extentOf(update) === undefined || size + update.length > MAX_DOCUMENT) return false;
			const before = Y.encodeStateAsUpdate(doc) as Bytes;
			try {
				Y.applyUpdate(doc, update);
			} catch {
				// Half of it may have come in.
				doc = load(before);
				return false;
			}
			size = Y.encodeStateAsUpdate(doc).length;
			return true;
		},
		state: () => Y.encodeStateAsUpdate(doc) as Bytes,
		since(extent) {
			const held = document.extent();
			const isMore = [...held].some(([id, clock]) => clock > (extent.get(id) ?? 0));
			if (!isMore) return null;
			const from = new Map([...extent].filter(([id]) => held.has(id)));
			return Y.encodeStateAsUpdate(doc, Y.encodeStateVector(from)) as Bytes;
		},
		extent: () => Y.decodeStateVector(Y.encodeStateVector(doc)),
		onChange: () => undefined,
	};
	return document;
}
