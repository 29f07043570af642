// The operations that change mailboxes, each kind on many of its calls at once, inside one transaction. [RS5]
import { acknowledgeContents, acknowledge } from './acknowledging.ts';
import { addTokens, close, open, removeToken, seen } from './boxes.ts';
import { begin, commit, putChunk } from './chunks.ts';
import type { Group } from './group.ts';
import { deletePacket, put } from './packets.ts';
import type { MailboxStore, TokenOf } from '#lib/ports/mailbox-store.ts';
import type { Bytes } from '#lib/util/bytes.ts';

export type WriteName =
	| 'open'
	| 'close'
	| 'addTokens'
	| 'removeToken'
	| 'seen'
	| 'put'
	| 'acknowledge'
	| 'delete'
	| 'begin'
	| 'putChunk'
	| 'commit'
	| 'acknowledgeContents';

export type Args<K extends WriteName> = Parameters<MailboxStore[K]>;
export type Outcome<K extends WriteName> = Awaited<ReturnType<MailboxStore[K]>>;
/** Outcomes in the order of the calls. */
export type Write<K extends WriteName> = (
	group: Group,
	calls: readonly Args<K>[],
) => Promise<readonly Outcome<K>[]>;

/** For what is rare: one after the other. */
const each =
	<K extends WriteName>(one: (group: Group, ...args: Args<K>) => Promise<Outcome<K>>): Write<K> =>
	async (group, calls) => {
		const outcomes: Outcome<K>[] = [];
		for (const args of calls) outcomes.push(await one(group, ...args));
		return outcomes;
	};

export const WRITES: { readonly [K in WriteName]: Write<K> } = {
	open: each<'open'>(open),
	close: each<'close'>(close),
	addTokens: each<'addTokens'>(addTokens),
	removeToken: each<'removeToken'>(removeToken),
	seen: each<'seen'>(seen),
	put: (group, calls) =>
		put(
			group,
			calls.map(([packet]) => packet),
		),
	acknowledge: (group, calls) =>
		acknowledge(
			group,
			calls.map(([mailbox, tokenHash, cursor, packets]) => ({
				mailbox,
				tokenHash,
				cursor,
				packets,
			})),
		),
	delete: each<'delete'>(deletePacket),
	begin: each<'begin'>(begin),
	putChunk: each<'putChunk'>(putChunk),
	commit: each<'commit'>(commit),
	acknowledgeContents: (group, calls) =>
		acknowledgeContents(
			group,
			calls.map(([mailbox, tokenHash, packets]) => ({ mailbox, tokenHash, cursor: 0, packets })),
		),
};

/** The mailboxes that a call touches. */
export const mailboxesOf = <K extends WriteName>(name: K, [first]: Args<K>): readonly Bytes[] => {
	if (name === 'seen') return (first as readonly TokenOf[]).map(({ mailbox }) => mailbox);
	return first instanceof Uint8Array ? [first] : [(first as { readonly mailbox: Bytes }).mailbox];
};
