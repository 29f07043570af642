// The logs of all channels of a space as one: finds a message wherever it is shown, and changes what is shown of it.
// Changes are staged until the commit. [DO1] [TB1] [TB5]
import type { Entry } from '#lib/crdt/check-entry.ts';
import type { Ledger } from '#lib/crdt/ledger.ts';
import type { MessageLog } from '#lib/crdt/message-log.ts';
import type { Gone, LoggedMessage } from '#lib/crdt/segment.ts';
import type { Attachment, NamedAttachment } from '#lib/protocol/attachment.ts';
import type { Message } from '#lib/protocol/content.ts';
import { KIND, type Time } from '#lib/protocol/entry.ts';
import type { StoreWrite } from '#lib/ports/store.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { HeldMessage } from './judging.ts';
import type { PurgeStore } from './purge-registry.ts';

export interface StagedLogs {
	readonly writes: readonly StoreWrite[];
	/** Messages that are new to the log, by channel id (hex). */
	readonly added: ReadonlyMap<string, readonly LoggedMessage[]>;
	/** Channels (hex) where messages went, or changed. */
	readonly shrunk: ReadonlySet<string>;
}

export interface ChannelLogs extends PurgeStore {
	find(entry: Entry): Promise<HeldMessage | undefined>;
	/** Shows a message. `held`: what is shown of it now. */
	show(entry: Entry, message: Message, held?: HeldMessage): void;
	/** Shows that there was a message: where it was shown before, else in this channel, else in the first. */
	leaveGap(entry: Entry, gone: Gone, held?: HeldMessage, channel?: Bytes): void;
	remove(entry: Entry, held: HeldMessage): void;
	/** Everything called since the last time, as what to commit; `began`: what is older is not late. */
	stage(began: Time): Promise<StagedLogs>;
}

interface Changes {
	readonly channel: Bytes;
	readonly insert: LoggedMessage[];
	readonly replace: LoggedMessage[];
	readonly remove: { readonly id: Bytes; readonly time: LoggedMessage['time'] }[];
}

const toLogged = ({
	id,
	header,
	packet,
}: Entry): Omit<LoggedMessage, 'text' | 'replyTo' | 'gone' | 'attachment'> => ({
	id,
	author: header.author,
	device: header.device,
	seq: header.seq,
	time: header.time,
	late: false,
	recipients: packet.wraps?.boxes.length ?? 0,
	expiry: header.expiry,
});

/** The files as a message says of them, with what its header does. */
function namedBy(attachment: Attachment, { header }: Entry): NamedAttachment | undefined {
	const { attachmentRoot: root, attachmentLength: length } = header;
	return root === null ? undefined : { ...attachment, root, length };
}

const sameGone = (a: Gone | null, b: Gone): boolean =>
	a !== null &&
	a.how === b.how &&
	a.reason === b.reason &&
	(a.by === null || b.by === null ? a.by === b.by : equal(a.by, b.by));

export function createChannelLogs(
	ledger: Ledger,
	log: (channel: Bytes) => MessageLog,
): ChannelLogs {
	let changes = new Map<string, Changes>();

	/** Every channel that ever was, whatever it counts for now. */
	const channels = (): Bytes[] =>
		[...ledger.control.values()]
			.filter(({ content }) => content.kind === KIND.channel)
			.map(({ entry }) => entry.id);

	const changesIn = (channel: Bytes): Changes => {
		const key = toHex(channel);
		let found = changes.get(key);
		if (found === undefined) {
			changes.set(key, (found = { channel, insert: [], replace: [], remove: [] }));
		}
		return found;
	};

	async function find({ id, header }: Entry): Promise<HeldMessage | undefined> {
		for (const channel of channels()) {
			const message = await log(channel).get(id, header.time);
			if (message !== undefined) return { channel, message };
		}
		return undefined;
	}

	function leaveGap(entry: Entry, gone: Gone, held?: HeldMessage, channel?: Bytes): void {
		if (held !== undefined) {
			if (sameGone(held.message.gone, gone)) return;
			const { attachment: _, ...rest } = held.message;
			changesIn(held.channel).replace.push({ ...rest, text: '', replyTo: null, gone });
			return;
		}
		const all = ledger.authority.channels;
		const place = all.find(({ id }) => channel !== undefined && equal(id, channel)) ?? all[0];
		if (place === undefined) return;
		changesIn(place.id).insert.push({ ...toLogged(entry), text: '', replyTo: null, gone });
	}

	function remove({ id, header }: Entry, { channel }: HeldMessage): void {
		changesIn(channel).remove.push({ id, time: header.time });
	}

	const logs: ChannelLogs = {
		name: 'log',
		find,
		leaveGap,
		remove,
		show(entry, { channel, text, replyTo, attachment }, held) {
			const named = attachment && namedBy(attachment, entry);
			const message = {
				...toLogged(entry),
				text,
				replyTo,
				gone: null,
				...(named && { attachment: named }),
			};
			if (held === undefined) {
				changesIn(channel).insert.push(message);
			} else if (!equal(held.channel, channel)) {
				remove(entry, held);
				changesIn(channel).insert.push(message);
			} else if (held.message.gone !== null) {
				changesIn(channel).replace.push({ ...message, late: held.message.late });
			}
		},
		async stage(began) {
			const writes: StoreWrite[] = [];
			const added = new Map<string, readonly LoggedMessage[]>();
			const shrunk = new Set<string>();
			for (const [key, each] of changes) {
				const target = log(each.channel);
				if (each.remove.length > 0 || each.replace.length > 0) {
					const changed = [
						...(await target.remove(each.remove)),
						...(await target.replace(each.replace)),
					];
					if (changed.length > 0) shrunk.add(key);
					writes.push(...changed);
				}
				if (each.insert.length === 0) continue;
				const staged = await target.insert(each.insert, began);
				writes.push(...staged.writes);
				added.set(key, staged.added);
			}
			changes = new Map();
			return { writes, added, shrunk };
		},
		async purge(entry, gone) {
			const held = await find(entry);
			if (gone !== null) leaveGap(entry, gone, held);
			else if (held !== undefined) remove(entry, held);
			// What this comes to is told by `stage`, with everything else that changes in the same logs.
			return [];
		},
		async holds(words) {
			for (const channel of channels()) if (await log(channel).holds(words)) return true;
			return false;
		},
	};
	return logs;
}
