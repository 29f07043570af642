// Where a newcomer's view begins: after everything that was written before its admission. [IN4]
// Asked again later, the answer must not have moved on: what was wrapped for the newcomer since is for it to have.
import { readEntry } from '#lib/crdt/check-entry.ts';
import type { ControlEntry } from '#lib/crdt/authority-state.ts';
import type { Feed, Ledger } from '#lib/crdt/ledger.ts';
import type { Admit } from '#lib/protocol/content.ts';
import { compareTime, KIND, type Time } from '#lib/protocol/entry.ts';
import { bytes, decodeFrame, encode, list, map, tuple, uint } from '#lib/protocol/cbor.ts';
import type { KeyValueStore, StoreWrite } from '#lib/ports/store.ts';
import type { FeedHead } from '#lib/protocol/space-message.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Space } from '../space/space.ts';

export interface Admitted {
	readonly control: ControlEntry;
	readonly content: Admit;
}

const inTime = (a: ControlEntry, b: ControlEntry): number =>
	compareTime(a.entry.header.time, b.entry.header.time);

/** The entry that let this member device in: the first since its person left last, if ever. */
export function admissionOf({ control, authority }: Ledger, device: Bytes): Admitted | undefined {
	const state = authority.devices.get(toHex(device));
	if (state?.active !== true) return undefined;
	let found: Admitted | undefined;
	for (const each of [...control.values()].sort(inTime)) {
		const { content, entry } = each;
		if (authority.verdicts.get(entry.key) !== 'valid') continue;
		const left = content.kind === KIND.leave && equal(entry.header.author, state.rootHash);
		if (left) found = undefined;
		if (content.kind !== KIND.admit) continue;
		if (equal(content.member.certificate.deviceKey, device)) found ??= { control: each, content };
	}
	return found;
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
	const decoded = kept && decodeFrame(headsShape, kept, Number.MAX_SAFE_INTEGER);
	return decoded?.ok ? decoded.value : undefined;
}

/** What comes closest when they are not kept here: the last entry of each feed from before `time`. Whoever had seen an admission of that time wrote after it. */
export async function headsBefore(
	crypto: CryptoProvider,
	space: Space,
	time: Time,
): Promise<FeedHead[]> {
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
