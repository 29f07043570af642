// A stretch of a conversation as a Y.Doc: a map from entry id to message. Written only from validated entries. [DO1]
// Yjs bytes are this device's own: they never come from, or go to, anybody else.
import * as Y from 'yjs';
import type { Time } from '#lib/protocol/entry.ts';
import { compareTime } from '#lib/protocol/entry.ts';
import { compare, fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';

/** A message as the interface shows it. */
export interface LoggedMessage {
	readonly id: Bytes;
	readonly author: Bytes;
	readonly device: Bytes;
	readonly seq: number;
	readonly time: Time;
	readonly text: string;
	readonly replyTo: Bytes | null;
	/** It came after younger ones. */
	readonly late: boolean;
	/** Devices that it was wrapped for, the author's aside. */
	readonly recipients: number;
}

type Stored = [
	author: Uint8Array,
	device: Uint8Array,
	seq: number,
	ms: number,
	counter: number,
	text: string,
	replyTo: Uint8Array | null,
	late: boolean,
	recipients: number,
];

export interface Segment {
	/** Adds messages and returns the change as bytes to keep; null when all were there. */
	add(messages: readonly LoggedMessage[]): Bytes | null;
	/** Removes messages for good; the change as bytes, null when none was there. */
	remove(ids: readonly Bytes[]): Bytes | null;
	has(id: Bytes): boolean;
	/** In the order shown: causal (which time respects), then time, then id. */
	list(): readonly LoggedMessage[];
	size(): number;
	/** The whole of it as one change, without what was removed. */
	compacted(): Bytes;
}

/** The order in which messages are shown. */
export const inShownOrder = (
	a: { readonly time: Time; readonly id: Bytes },
	b: { readonly time: Time; readonly id: Bytes },
): number => compareTime(a.time, b.time) || compare(a.id, b.id);

/** Opens a segment from the changes kept of it, in order. */
export function openSegment(changes: readonly Uint8Array[]): Segment {
	const doc = new Y.Doc();
	for (const change of changes) Y.applyUpdate(doc, change);
	// One writer, whose changes are all loaded before it writes: it needs no random name. Set after loading, because
	// changes by one's own name look like somebody else's use of it.
	doc.clientID = 1;
	const messages = doc.getMap<Stored>('messages');
	let sorted: readonly LoggedMessage[] | undefined;

	const change = (work: () => void): Bytes | null => {
		const updates: Uint8Array[] = [];
		const collect = (update: Uint8Array): void => void updates.push(update);
		doc.on('update', collect);
		doc.transact(work);
		doc.off('update', collect);
		sorted = undefined;
		return updates.length === 0 ? null : (Y.mergeUpdates(updates) as Bytes);
	};

	return {
		add: (added) =>
			change(() => {
				for (const message of added) {
					const key = toHex(message.id);
					if (!messages.has(key)) messages.set(key, toStored(message));
				}
			}),
		remove: (ids) =>
			change(() => {
				for (const id of ids) {
					if (messages.has(toHex(id))) messages.delete(toHex(id));
				}
			}),
		has: (id) => messages.has(toHex(id)),
		list() {
			sorted ??= [...messages.entries()].map(fromStored).sort(inShownOrder);
			return sorted;
		},
		size: () => messages.size,
		compacted: () => Y.encodeStateAsUpdate(doc) as Bytes,
	};
}

const toStored = (m: LoggedMessage): Stored => [
	m.author,
	m.device,
	m.seq,
	m.time.ms,
	m.time.counter,
	m.text,
	m.replyTo,
	m.late,
	m.recipients,
];

const fromStored = ([key, stored]: [string, Stored]): LoggedMessage => {
	const [author, device, seq, ms, counter, text, replyTo, late, recipients] = stored;
	return {
		id: fromHex(key) ?? new Uint8Array(32),
		author: author as Bytes,
		device: device as Bytes,
		seq,
		time: { ms, counter },
		text,
		replyTo: replyTo as Bytes | null,
		late,
		recipients,
	};
};
