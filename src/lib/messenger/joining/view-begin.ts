// Where a newcomer's view begins: after everything that was written before its admission. [IN4]
// Asked again later, the answer must not have moved on: what was wrapped for the newcomer since is for it to have.
import { readEntry } from '#lib/crdt/check-entry.ts';
import type { ControlEntry } from '#lib/crdt/authority-state.ts';
import type { Feed, Ledger } from '#lib/crdt/ledger.ts';
import type { Admit } from '#lib/protocol/content.ts';
import { compareTime, KIND, type Time } from '#lib/protocol/entry.ts';
import { bytes, decode, encode, list, map, tuple, uint } from '#lib/protocol/cbor.ts';
import type { KeyValueStore, StoreWrite } from '#lib/ports/store.ts';
import { DAY } from '#lib/protocol/limits.ts';
import type { FeedHead } from '#lib/protocol/space-state.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import { equal, type Bytes } from '#lib/util/bytes.ts';
import type { Space } from '../space/space-face.ts';

export interface Admitted {
	readonly control: ControlEntry;
	readonly content: Admit;
}

/** The entry that granted the request which names this token: the first, where several members did at once. */
export function admissionBy(
	{ control, authority }: Ledger,
	tokenHash: Bytes,
): Admitted | undefined {
	let first: Admitted | undefined;
	for (const each of control.values()) {
		const { content, entry } = each;
		if (content.kind !== KIND.admit || !equal(content.tokenHash, tokenHash)) continue;
		if (authority.verdicts.get(entry.key) !== 'valid') continue;
		const before = first?.control.entry.header.time;
		if (before === undefined || compareTime(entry.header.time, before) < 0) {
			first = { control: each, content };
		}
	}
	return first;
}

const headsShape = list(
	map(tuple(bytes(32), uint(), bytes(32)), ([feed, seq, id]) => ({ feed, seq, id })),
	100_000,
);

/** Keeps the heads of this moment, at which this device lets another in. */
export const keepHeads = ({ id, ledger }: Space, device: Bytes): StoreWrite => ({
	table: 'admitted',
	key: [id, device],
	value: encode(
		[...ledger.feeds.values()]
			.filter((feed) => feed.seq >= 0)
			.map((feed) => [feed.device, feed.seq, feed.head]),
	),
});

/** The heads kept when this device let the other in; undefined when somebody else did. */
export async function keptHeads(
	store: KeyValueStore,
	{ id }: Space,
	device: Bytes,
): Promise<readonly FeedHead[] | undefined> {
	const kept = await store.get('admitted', [id, device]);
	const decoded = kept && decode(headsShape, kept, Number.MAX_SAFE_INTEGER);
	return decoded?.ok ? decoded.value : undefined;
}

/** How far an author's clock may be behind whoever let the newcomer in. */
const SLOWEST = DAY;

/**
 * What comes closest when they are not kept here: the last entry of each feed from well before the admission. What lies
 * in between was not wrapped for the newcomer and stays shut; what was must not be left out.
 */
export async function headsBefore(
	crypto: CryptoProvider,
	space: Space,
	admitted: Time,
): Promise<FeedHead[]> {
	const time = { ms: admitted.ms - SLOWEST, counter: 0 };
	const heads: FeedHead[] = [];
	for (const feed of space.ledger.feeds.values()) {
		const head = await headBefore(crypto, space, feed, time);
		if (head.seq >= 0) heads.push(head);
	}
	return heads;
}

async function headBefore(
	crypto: CryptoProvider,
	space: Space,
	{ device, seq, head }: Feed,
	time: Time,
): Promise<FeedHead> {
	let at: FeedHead = { feed: device, seq, id: head };
	while (at.seq >= 0) {
		const packet = await space.kept.packet(device, at.seq);
		const entry = packet && readEntry(crypto, packet);
		// What is not kept here was written before this device's own view began, and so before that of anybody it knows.
		if (entry?.ok !== true || compareTime(entry.value.header.time, time) < 0) break;
		at = { feed: device, seq: at.seq - 1, id: entry.value.header.prev };
	}
	return at;
}
