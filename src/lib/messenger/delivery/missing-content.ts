// Asks for what some messages came without: their body or their keys, lost to whoever handed them on. Every peer is asked
// once for each, as it comes within reach. [FD10]
import type { LoggedMessage } from '#lib/crdt/segment.ts';
import type { Prekey } from '#lib/protocol/identity.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { type FeedRange } from '#lib/protocol/space-message.ts';
import { MAX_FEEDS_PER_MESSAGE } from '#lib/protocol/space-state.ts';
import { compare, equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Space } from '../space/space-face.ts';
import type { Post } from './post-face.ts';

export interface MissingContent {
	/** Finds what was missing already when the page was closed. */
	load(): Promise<void>;
	/** Messages that are shown for the first time in this channel. */
	note(channel: Bytes, messages: readonly LoggedMessage[]): void;
	/** A device (hex) can be asked now. */
	onPeer(device: string): Promise<void>;
}

/** More than this at once is not remembered: when most of it is settled, it is looked for anew. */
const MAX_MISSING = 1000;
/** Messages asked for at once. */
const ASKED_AT_ONCE = 256;

interface Missing {
	readonly channel: Bytes;
	readonly message: LoggedMessage;
	/** Devices (hex) that were asked. */
	readonly asked: Set<string>;
}

/** Stretches of feeds that hold these places and no others. */
function rangesOf(places: readonly { readonly device: Bytes; readonly seq: number }[]) {
	const ranges: FeedRange[] = [];
	const sorted = [...places].sort((a, b) => compare(a.device, b.device) || a.seq - b.seq);
	for (const { device: feed, seq } of sorted) {
		const last = ranges.at(-1);
		if (last !== undefined && equal(last.feed, feed) && last.to === seq) {
			ranges[ranges.length - 1] = { ...last, to: seq + 1 };
		} else {
			ranges.push({ feed, from: seq, to: seq + 1 });
		}
	}
	return ranges;
}

/** `prekey`: this device's newest, which others may not have heard of. */
export function createMissingContent(
	space: Space,
	post: Post,
	prekey: () => Prekey,
): MissingContent {
	const missing = new Map<string, Missing>();
	/** Some were not remembered. */
	let overflowed = false;

	/** Whether it can be read by now, was purged, or counts no longer. */
	async function isSettled({ channel, message }: Missing): Promise<boolean> {
		const shown = await space.log(channel).get(message.id, message.time);
		return shown?.gone?.how !== 'unreadable';
	}

	/** How many of these can't be read. */
	function note(channel: Bytes, messages: readonly LoggedMessage[]): number {
		const shut = messages.filter(({ gone }) => gone?.how === 'unreadable');
		for (const message of shut) {
			const key = toHex(message.id);
			if (missing.has(key)) continue;
			if (missing.size < MAX_MISSING) missing.set(key, { channel, message, asked: new Set() });
			else overflowed = true;
		}
		return shut.length;
	}

	const channels = (): Bytes[] =>
		[...space.ledger.control.values()]
			.filter(({ content }) => content.kind === KIND.channel)
			.map(({ entry }) => entry.id);

	/** The newest first; `whole`: also beyond a stretch in which everything can be read. */
	async function look(whole: boolean): Promise<void> {
		overflowed = false;
		for (const channel of channels()) {
			const log = space.log(channel);
			for (let n = (await log.stretches()) - 1; n >= 0 && !overflowed; n--) {
				if (note(channel, await log.read(n)) === 0 && !whole) break;
			}
		}
	}

	async function onPeer(device: string): Promise<void> {
		if (overflowed && missing.size < MAX_MISSING / 2) await look(true);
		const places: LoggedMessage[] = [];
		for (const [key, each] of missing) {
			if (each.asked.has(device)) continue;
			each.asked.add(device);
			if (await isSettled(each)) {
				missing.delete(key);
				continue;
			}
			places.push(each.message);
			if (places.length === ASKED_AT_ONCE) break;
		}
		const ranges = rangesOf(places);
		for (let at = 0; at < ranges.length; at += MAX_FEEDS_PER_MESSAGE) {
			const part = ranges.slice(at, at + MAX_FEEDS_PER_MESSAGE);
			post.send(device, {
				type: 'pull',
				control: [],
				have: [],
				ranges: part,
				wantsKeys: prekey(),
			});
		}
	}

	return { load: () => look(false), note, onPeer };
}
