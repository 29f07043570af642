// What one person's devices share of settings and marks: a map from names to small values, merged by Yjs. The only Yjs
// bytes that are ever taken from outside, and from own devices alone; even of those none can do more than change values
// that are read as what they must be, within bounds. [AC2] [AC3]
//
// Yjs remembers whatever was overwritten. So a document that has grown out of proportion is begun again with its values
// alone, as the next generation, and a later generation takes the place of an earlier one. Each value carries a stamp that
// rises with every change seen: what was here with a later stamp than what Yjs made of a merge is set again, and told. So
// nothing is lost that only one of two devices had, whatever each of them knows of the other's past. [AC9]
import * as Y from 'yjs';
import {
	MAX_UPDATE_PART,
	MAX_UPDATE_PARTS,
	MAX_VALUE,
	MAX_VALUE_NAME,
} from '#lib/protocol/limits.ts';
import { concat, equal, type Bytes } from '#lib/util/bytes.ts';

/** The whole of it, everything that was merged included. */
const MAX_DOCUMENT = 2 * MAX_UPDATE_PART * MAX_UPDATE_PARTS;
/** What this device lets it grow to by its own writing: a full state must travel as one update. */
const MAX_OWN = MAX_UPDATE_PART * MAX_UPDATE_PARTS;
const MAP = 'values';
const STAMP = 6;
const MAX_STAMP = 2 ** (8 * STAMP) - 1;
/** What Yjs needs for a value besides name and bytes, at most. */
const FRAME = 32;
/** Smaller ones aren't worth it; larger ones are, at so many times what their values take; */
const SMALL = 4096;
const BLOATED = 4;
/** near the bound at less. */
const CROWDED = (MAX_OWN * 3) / 4;
const BLOATED_IF_CROWDED = 1.5;

/** How far a document's changes are known, by Yjs client. */
export type Extent = ReadonlyMap<number, number>;

/** What other devices are told. */
export interface DocumentUpdate {
	readonly generation: number;
	/** All of it, not only what is new. */
	readonly isWhole: boolean;
	readonly bytes: Bytes;
}

/**
 * merged: whatever it said that is not known here. none: it is no change, or would make the document too large.
 * early: of a later generation, and of no use before the whole of one.
 */
export type Merged = 'merged' | 'none' | 'early';

export interface AccountDocument {
	generation(): number;
	/** undefined: never set, cleared, or nothing that a value can be. */
	get(name: string): Bytes | undefined;
	/** Whether it was ever set, cleared since or not. */
	wasSet(name: string): boolean;
	/** Names that begin so, with their values. */
	list(prefix: string): readonly (readonly [name: string, value: Bytes])[];
	/** null clears. False where it would grow too large. */
	set(changes: ReadonlyMap<string, Bytes | null>): boolean;
	/** What it brings about may go beyond it, and is to be told: see `since`. */
	merge(update: DocumentUpdate): Merged;
	/** Begins the next generation if this one, of `worth` bytes or more, is out of proportion; whether it did. */
	renew(worth?: number): boolean;
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

/** As it lies in the map: when it was set, and the value, empty where it was cleared. */
interface Stamped {
	readonly stamp: number;
	readonly value: Bytes;
}

function toStamped(stored: unknown): Stamped | undefined {
	if (!(stored instanceof Uint8Array)) return undefined;
	if (stored.length < STAMP || stored.length > STAMP + MAX_VALUE) return undefined;
	const view = new DataView(stored.buffer, stored.byteOffset);
	const stamp = view.getUint16(0) * 2 ** 32 + view.getUint32(2);
	return { stamp, value: new Uint8Array(stored.subarray(STAMP)) };
}

function fromStamped({ stamp, value }: Stamped): Bytes {
	const head = new Uint8Array(STAMP);
	const view = new DataView(head.buffer);
	view.setUint16(0, Math.floor(stamp / 2 ** 32));
	view.setUint32(2, stamp % 2 ** 32);
	return concat(head, value);
}

type Values = ReadonlyMap<string, Stamped>;

function valuesOf(doc: Y.Doc): Values {
	const all = new Map<string, Stamped>();
	for (const [name, stored] of doc.getMap<unknown>(MAP).entries()) {
		const stamped = toStamped(stored);
		if (stamped !== undefined) all.set(name, stamped);
	}
	return all;
}

/** A document that holds this; undefined where Yjs can't make anything of it. */
function docOf(update: Bytes): Y.Doc | undefined {
	const doc = new Y.Doc();
	try {
		Y.applyUpdate(doc, update);
		return doc;
	} catch {
		return undefined;
	}
}

/** `client`: drawn at random for this run, so that no two devices ever write under one. */
export function openAccountDocument(
	kept: Bytes | undefined,
	client: number,
	keptGeneration = 0,
): AccountDocument {
	let generation = keptGeneration;
	let doc = writable((kept && docOf(kept)) ?? new Y.Doc());
	let size = kept?.length ?? 0;

	function writable(made: Y.Doc): Y.Doc {
		made.clientID = client;
		made.getMap<unknown>(MAP).observe(({ keysChanged }) => {
			document.onChange(new Set([...keysChanged].filter((key) => typeof key === 'string')));
		});
		return made;
	}
	const values = (): Y.Map<unknown> => doc.getMap<unknown>(MAP);
	const at = (name: string): Stamped | undefined => toStamped(values().get(name));
	const measure = (): void => {
		size = Y.encodeStateAsUpdate(doc).length;
	};

	/** Sets what is later than what is here, or not here at all. */
	function takeLater(others: Values): void {
		const later = [...others].filter(([name, { stamp }]) => stamp > (at(name)?.stamp ?? -1));
		if (later.length === 0) return;
		doc.transact(() => {
			for (const [name, stamped] of later) values().set(name, fromStamped(stamped));
		});
	}

	/** Another document takes the place of this one. */
	function replace(made: Y.Doc, next: number): void {
		const before = valuesOf(doc);
		doc = writable(made);
		generation = next;
		const after = valuesOf(doc);
		takeLater(before);
		const names = [...new Set([...before.keys(), ...after.keys()])];
		const isOther = (name: string): boolean => {
			const [one, other] = [before.get(name), after.get(name)];
			return one === undefined || (other !== undefined && !equal(one.value, other.value));
		};
		document.onChange(new Set(names.filter(isOther)));
		measure();
	}

	function mergeHere(update: Bytes): Merged {
		const before = valuesOf(doc);
		const state = Y.encodeStateAsUpdate(doc) as Bytes;
		try {
			Y.applyUpdate(doc, update);
		} catch {
			// Half of it may have come in.
			doc = writable(docOf(state) ?? new Y.Doc());
			return 'none';
		}
		takeLater(before);
		measure();
		return 'merged';
	}

	const document: AccountDocument = {
		generation: () => generation,
		get(name) {
			const value = at(name)?.value;
			return value?.length === 0 ? undefined : value;
		},
		wasSet: (name) => values().has(name),
		list: (prefix) =>
			[...values().keys()].flatMap((name) => {
				const known = name.startsWith(prefix) ? document.get(name) : undefined;
				return known === undefined ? [] : [[name, known] as const];
			}),
		set(changes) {
			const added = [...changes].reduce((sum, [name, value]) => {
				if (name.length > MAX_VALUE_NAME || (value?.length ?? 0) > MAX_VALUE) return Infinity;
				return sum + name.length + (value?.length ?? 0) + 64;
			}, 0);
			if (size + added > MAX_OWN) return false;
			const last = Math.max(0, ...[...valuesOf(doc).values()].map(({ stamp }) => stamp));
			const stamp = Math.min(last + 1, MAX_STAMP);
			// Cleared ones stay as empty values: a mere deletion would be told to nobody who asks what is new.
			doc.transact(() => {
				for (const [name, value] of changes) {
					values().set(name, fromStamped({ stamp, value: value ?? new Uint8Array(0) }));
				}
			});
			measure();
			return true;
		},
		merge({ generation: theirs, isWhole, bytes }) {
			const room = theirs === generation ? size : 0;
			if (extentOf(bytes) === undefined || room + bytes.length > MAX_DOCUMENT) return 'none';
			if (theirs === generation) return mergeHere(bytes);
			// A mere change of an earlier one says nothing by itself. Whoever made it brings its values along.
			if (!isWhole) return theirs > generation ? 'early' : 'merged';
			const other = docOf(bytes);
			if (other === undefined) return 'none';
			if (theirs > generation) replace(other, theirs);
			else {
				takeLater(valuesOf(other));
				measure();
			}
			return 'merged';
		},
		renew(worth = SMALL) {
			const all = valuesOf(doc);
			const needed = [...all].reduce(
				(sum, [name, { value }]) => sum + name.length + value.length + STAMP + FRAME,
				0,
			);
			const factor = size > CROWDED ? BLOATED_IF_CROWDED : BLOATED;
			if (size < worth || size < factor * needed) return false;
			replace(new Y.Doc(), generation + 1);
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
