// A stretch of a conversation as a Y.Doc: a map from entry id to message. Written only from validated entries. [DO1]
// Yjs bytes are this device's own: they never come from, or go to, anybody else.
import * as Y from 'yjs';
import { decodeNamed, encodeNamed, type NamedAttachment } from '#lib/protocol/attachment.ts';
import type { Time } from '#lib/protocol/entry.ts';
import { compareTime } from '#lib/protocol/entry.ts';
import { compare, fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';

/** Why there is no text. */
export interface Gone {
	/** purged, deleted: for good, by a TOMBSTONE. unreadable: body or keys of it have not come, and still may. */
	readonly how: 'purged' | 'deleted' | 'unreadable';
	/** Root Hash of who purged it. */
	readonly by: Bytes | null;
	readonly reason: string;
}

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
	/** When it disappears, ms since 1970; 0: never. */
	readonly expiry: number;
	/** Its place is kept, its text is not: then `text` is empty. */
	readonly gone: Gone | null;
	/** The files that came with it; never of one that is gone. */
	readonly attachment?: NamedAttachment;
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
	expiry: number,
	gone: [how: Gone['how'], by: Uint8Array | null, reason: string] | null,
	attachment?: Uint8Array,
];

export interface Segment {
	/** Adds messages and returns the change as bytes to keep; null when all were there. */
	add(messages: readonly LoggedMessage[]): Bytes | null;
	/** Puts others in place of messages of the same ids that are here, for good; the change as bytes, null when none was. */
	replace(messages: readonly LoggedMessage[]): Bytes | null;
	/** Removes messages for good; the change as bytes, null when none was there. */
	remove(ids: readonly Bytes[]): Bytes | null;
	has(id: Bytes): boolean;
	get(id: Bytes): LoggedMessage | undefined;
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
	/** As shown: kept as messages come, for making it anew costs as much as there are. */
	let sorted: readonly LoggedMessage[] | undefined;

	const change = (work: () => void): Bytes | null => {
		const updates: Uint8Array[] = [];
		const collect = (update: Uint8Array): void => void updates.push(update);
		doc.on('update', collect);
		doc.transact(work);
		doc.off('update', collect);
		return updates.length === 0 ? null : (Y.mergeUpdates(updates) as Bytes);
	};

	return {
		add(added) {
			const fresh: LoggedMessage[] = [];
			const update = change(() => {
				for (const message of added) {
					const key = toHex(message.id);
					if (messages.has(key)) continue;
					const stored = toStored(message);
					messages.set(key, stored);
					fresh.push(fromStored([key, stored]));
				}
			});
			if (fresh.length > 0) sorted &&= [...sorted, ...fresh].sort(inShownOrder);
			return update;
		},
		replace(replacing) {
			sorted = undefined;
			return change(() => {
				for (const message of replacing) {
					const key = toHex(message.id);
					if (messages.has(key)) messages.set(key, toStored(message));
				}
			});
		},
		remove(ids) {
			sorted = undefined;
			return change(() => {
				for (const id of ids) {
					if (messages.has(toHex(id))) messages.delete(toHex(id));
				}
			});
		},
		has: (id) => messages.has(toHex(id)),
		get(id) {
			const key = toHex(id);
			const stored = messages.get(key);
			return stored === undefined ? undefined : fromStored([key, stored]);
		},
		list() {
			sorted ??= [...messages.entries()].map(fromStored).sort(inShownOrder);
			return sorted;
		},
		size: () => messages.size,
		compacted: () => Y.encodeStateAsUpdate(doc) as Bytes,
	};
}

function toStored(m: LoggedMessage): Stored {
	const { time, gone, attachment } = m;
	const stored: Stored = [
		m.author,
		m.device,
		m.seq,
		time.ms,
		time.counter,
		m.text,
		m.replyTo,
		m.late,
		m.recipients,
		m.expiry,
		gone && [gone.how, gone.by, gone.reason],
	];
	if (gone === null && attachment !== undefined) stored.push(encodeNamed(attachment));
	return stored;
}

const fromStored = ([key, stored]: [string, Stored]): LoggedMessage => {
	const [author, device, seq, ms, counter, text, replyTo, late, recipients, expiry, gone, files] =
		stored;
	const attachment = files && decodeNamed(files);
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
		expiry,
		gone: gone && { how: gone[0], by: gone[1] as Bytes | null, reason: gone[2] },
		...(attachment && { attachment }),
	};
};
