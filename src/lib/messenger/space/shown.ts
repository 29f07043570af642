// Which of the messages kept are shown: those that count by what is known now. When a feed turns out to be forked, or an
// admission void, what it had brought leaves the log again; should it count after all, it comes back. [FD3] [FD4]
import type { Entry } from '#lib/crdt/check-entry.ts';
import type { Ledger } from '#lib/crdt/ledger.ts';
import type { MessageLog } from '#lib/crdt/message-log.ts';
import type { LoggedMessage } from '#lib/crdt/segment.ts';
import { readEntry } from '#lib/crdt/check-entry.ts';
import type { Message } from '#lib/protocol/content.ts';
import { KIND } from '#lib/protocol/entry.ts';
import type { AgreementKey, CryptoProvider } from '#lib/ports/crypto.ts';
import type { StoreWrite } from '#lib/ports/store.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Placed } from './intake.ts';
import { openMessage } from './opening.ts';
import type { SpaceStore } from './space-store.ts';

export interface StagedView {
	readonly writes: readonly StoreWrite[];
	/** Messages that are new to the log, by channel id (hex). */
	readonly added: ReadonlyMap<string, readonly LoggedMessage[]>;
	/** Channels (hex) that lost messages. */
	readonly shrunk: ReadonlySet<string>;
}

export interface Shown {
	/** Stages the messages of entries placed just now, and everything that counts no longer or again. */
	stage(placed: readonly Placed[]): Promise<StagedView>;
}

interface Tools {
	readonly crypto: CryptoProvider;
	readonly prekeys: readonly AgreementKey[];
	readonly ledger: Ledger;
	readonly kept: SpaceStore;
	log(channel: Bytes): MessageLog;
}

type ByChannel = Map<string, { readonly channel: Bytes; readonly messages: LoggedMessage[] }>;

/** Entries looked at together. */
const BATCH = 256;

const toLogged = (entry: Entry, message: Message): LoggedMessage => ({
	id: entry.id,
	author: entry.header.author,
	device: entry.header.device,
	seq: entry.header.seq,
	time: entry.header.time,
	text: message.text,
	replyTo: message.replyTo,
	late: false,
	recipients: entry.packet.wraps?.boxes.length ?? 0,
});

const put = (groups: ByChannel, entry: Entry, message: Message): void => {
	const key = toHex(message.channel);
	const group = groups.get(key) ?? { channel: message.channel, messages: [] };
	group.messages.push(toLogged(entry, message));
	groups.set(key, group);
};

export function createShown({ crypto, prekeys, ledger, kept, log }: Tools): Shown {
	/** By device (hex), as of the last change; feeds not in it have nothing in the log. */
	const counted = new Map<string, number>();
	for (const device of ledger.feeds.keys()) counted.set(device, ledger.countsUpTo(device));

	/** The message entries kept of a feed in this range. */
	async function messageEntries(device: Bytes, from: number, to: number): Promise<Entry[]> {
		const found: Entry[] = [];
		const end = Math.min(to, Number.MAX_SAFE_INTEGER);
		for (let at = from; at < end;) {
			const packets = await kept.packets(device, at, end, BATCH);
			for (const packet of packets) {
				const entry = readEntry(crypto, packet);
				if (!entry.ok) continue;
				at = Math.max(at, entry.value.header.seq + 1);
				if (entry.value.header.kind === KIND.message) found.push(entry.value);
			}
			if (packets.length < BATCH) break;
		}
		return found;
	}

	/** What changed about the feeds since the last time. */
	async function recount(gone: Entry[], back: ByChannel): Promise<void> {
		for (const [key, feed] of ledger.feeds) {
			const now = ledger.countsUpTo(key);
			const before = counted.get(key) ?? now;
			counted.set(key, now);
			if (now < before) gone.push(...(await messageEntries(feed.device, now, before)));
			if (now <= before) continue;
			for (const entry of await messageEntries(feed.device, before, now)) {
				const opened = await openMessage(crypto, prekeys, entry);
				if (opened.type === 'opened') put(back, entry, opened.value);
			}
		}
	}

	/** Takes messages out of whatever channel they are in: one's own can't be opened again to see. */
	async function remove(gone: readonly Entry[], shrunk: Set<string>): Promise<StoreWrite[]> {
		const writes: StoreWrite[] = [];
		if (gone.length === 0) return writes;
		const messages = gone.map(({ id, header }) => ({ id, time: header.time }));
		for (const { entry, content } of ledger.control.values()) {
			if (content.kind !== KIND.channel) continue;
			const removed = await log(entry.id).remove(messages);
			if (removed.length > 0) shrunk.add(entry.key);
			writes.push(...removed);
		}
		return writes;
	}

	return {
		async stage(placed) {
			const gone: Entry[] = [];
			const fresh: ByChannel = new Map();
			await recount(gone, fresh);
			for (const { entry, message } of placed) {
				const counts = entry.header.seq < ledger.countsUpTo(toHex(entry.header.device));
				if (message !== null && counts) put(fresh, entry, message);
			}
			const shrunk = new Set<string>();
			const writes = await remove(gone, shrunk);
			const added = new Map<string, readonly LoggedMessage[]>();
			for (const [key, { channel, messages }] of fresh) {
				const staged = await log(channel).insert(messages);
				writes.push(...staged.writes);
				added.set(key, staged.added);
			}
			return { writes, added, shrunk };
		},
	};
}
