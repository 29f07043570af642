// Asks for what some messages came without: their body or their keys, lost to whoever handed them on. Every peer is asked
// once for each, as it comes within reach. [FD10]
import type { LoggedMessage } from '#lib/crdt/segment.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { MAX_FEEDS_PER_MESSAGE, type FeedRange } from '#lib/protocol/space-message.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Space } from '../space/space.ts';
import type { Post } from './post.ts';

export interface MissingContent {
	/** Finds what was missing already when the page was closed. */
	load(): Promise<void>;
	/** Messages that are shown for the first time in this channel. */
	note(channel: Bytes, messages: readonly LoggedMessage[]): void;
	/** A device (hex) can be asked now. */
	onPeer(device: string): Promise<void>;
}

/** More than this at once is not remembered; a message that nobody can read yet costs nothing but its place. */
const MAX_MISSING = 1000;

interface Missing {
	readonly channel: Bytes;
	readonly message: LoggedMessage;
	/** Devices (hex) that were asked. */
	readonly asked: Set<string>;
}

export function createMissingContent(space: Space, post: Post): MissingContent {
	const missing = new Map<string, Missing>();

	/** Whether it can be read by now, was purged, or counts no longer. */
	async function isSettled({ channel, message }: Missing): Promise<boolean> {
		const shown = await space.log(channel).get(message.id, message.time);
		return shown?.gone?.how !== 'unreadable';
	}

	function note(channel: Bytes, messages: readonly LoggedMessage[]): void {
		for (const message of messages) {
			const key = toHex(message.id);
			if (message.gone?.how !== 'unreadable' || missing.has(key)) continue;
			if (missing.size < MAX_MISSING) missing.set(key, { channel, message, asked: new Set() });
		}
	}

	async function onPeer(device: string): Promise<void> {
		const ranges: FeedRange[] = [];
		for (const [key, each] of missing) {
			if (each.asked.has(device)) continue;
			if (await isSettled(each)) {
				missing.delete(key);
				continue;
			}
			each.asked.add(device);
			const { device: feed, seq } = each.message;
			ranges.push({ feed, from: seq, to: seq + 1 });
			if (ranges.length === MAX_FEEDS_PER_MESSAGE) break;
		}
		if (ranges.length > 0) post.send(device, { type: 'pull', control: [], have: [], ranges });
	}

	return {
		async load() {
			for (const { entry, content } of space.ledger.control.values()) {
				if (content.kind !== KIND.channel) continue;
				const log = space.log(entry.id);
				note(entry.id, await log.read((await log.stretches()) - 1));
			}
		},
		note,
		onPeer,
	};
}
