// One mailbox in memory: its tokens, its packets and their bookkeeping. Knows nothing of other mailboxes.
// [MB4] [MB6] [MB10] [MB11] [MB23] [MB24] [MB25] [MB26]
import type { StoreLimits } from './limits.ts';
import type {
	LongPacket,
	MailboxStoreError,
	NewMailbox,
	PutPacket,
	StoredPacket,
} from '#lib/ports/mailbox-store.ts';
import { MAX_TTL_SECONDS } from '#lib/protocol/limits.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

export interface KeptPacket extends Omit<LongPacket, 'mailbox'> {
	/** 0: not committed yet. */
	number: number;
	/** Tokens, as hex, that have not acknowledged the block, or the content. */
	readonly waitingFor: Set<string>;
	readonly contentFor: Set<string>;
	readonly kept: Map<number, Bytes>;
	/** Of block and chunks. */
	bytes: number;
}

interface KeptToken {
	readonly hash: Bytes;
	state: 'live' | 'idle' | 'removed';
	/** Seconds since 1970. */
	seen: number;
}

export interface KeptMailbox extends Omit<NewMailbox, 'invitations'> {
	/** Of the invitation that stands behind it. */
	readonly invitation: Bytes | null;
	open: boolean;
	readonly tokens: Map<string, KeptToken>;
	/** By id, in order of number once committed. */
	readonly packets: Map<string, KeptPacket>;
	/** Ids that must not come back, with the second until which that is remembered. */
	readonly tombstones: Map<string, number>;
	highest: number;
	bytes: number;
	deliveries: number;
	/** When it was first seen empty and unused; 0: in use. */
	idleSince: number;
}

export const fail = (
	type: MailboxStoreError['type'],
	detail: string,
): Result<never, MailboxStoreError> => err({ type, detail });

export const publicOf = (kept: KeptPacket): StoredPacket => ({
	number: kept.number,
	packet: kept.packet,
	size: kept.block.length,
	expiry: kept.expiry,
});

export const liveTokens = (box: KeptMailbox): number =>
	[...box.tokens.values()].filter(({ state }) => state !== 'removed').length;

/** Returns the bytes that went. */
export function drop(box: KeptMailbox, kept: KeptPacket, remember: boolean): number {
	const id = toHex(kept.packet);
	box.packets.delete(id);
	box.bytes -= kept.bytes;
	box.deliveries -= kept.waitingFor.size + kept.contentFor.size;
	if (remember) box.tombstones.set(id, kept.expiry + MAX_TTL_SECONDS);
	return kept.bytes;
}

/** One token waits for one thing less; true when nobody waits for anything of the packet. */
export function release(
	box: KeptMailbox,
	kept: KeptPacket,
	from: Set<string>,
	token: string,
): boolean {
	if (!from.delete(token)) return false;
	box.deliveries -= 1;
	return kept.waitingFor.size + kept.contentFor.size === 0;
}

/** Tokens (hex) that a packet is for. */
export function recipientsOf(
	box: KeptMailbox,
	to: readonly Bytes[] | null,
): Result<ReadonlySet<string>, MailboxStoreError> {
	const named = to === null ? [...box.tokens.keys()] : to.map(toHex);
	const states = named.map((hex) => [hex, box.tokens.get(hex)?.state ?? 'removed'] as const);
	const live = new Set(states.filter(([, state]) => state === 'live').map(([hex]) => hex));
	const isStrange = to !== null && states.some(([, state]) => state === 'removed');
	return isStrange || live.size === 0
		? fail('unknown-token', 'not a recipient of this mailbox')
		: ok(live);
}

/** Whether so much more may be kept in this mailbox. */
export function roomFor(
	box: KeptMailbox,
	limits: StoreLimits,
	more: { readonly packets?: number; readonly bytes?: number; readonly deliveries?: number },
): boolean {
	return (
		box.packets.size + (more.packets ?? 0) <= limits.packetsPerMailbox &&
		box.bytes + (more.bytes ?? 0) <= limits.bytesPerMailbox &&
		box.deliveries + (more.deliveries ?? 0) <= limits.deliveriesPerMailbox
	);
}

/** Keeps a packet, not committed. */
export function keep(box: KeptMailbox, p: PutPacket, chunks: number, until: number): KeptPacket {
	const kept: KeptPacket = {
		packet: p.packet,
		deleteHash: p.deleteHash,
		expiry: p.expiry,
		to: p.to,
		block: p.block,
		chunks,
		until,
		number: 0,
		waitingFor: new Set(),
		contentFor: new Set(),
		kept: new Map(),
		bytes: p.block.length,
	};
	box.packets.set(toHex(p.packet), kept);
	box.bytes += kept.bytes;
	box.idleSince = 0;
	return kept;
}

/** Gives it the next number, and makes it wait for these tokens (hex). */
export function place(box: KeptMailbox, kept: KeptPacket, tokens: ReadonlySet<string>): void {
	box.highest += 1;
	kept.number = box.highest;
	for (const token of tokens) {
		kept.waitingFor.add(token);
		if (kept.chunks > 0) kept.contentFor.add(token);
	}
	box.deliveries += kept.waitingFor.size + kept.contentFor.size;
	// Numbers rise in the order of the map.
	box.packets.delete(toHex(kept.packet));
	box.packets.set(toHex(kept.packet), kept);
}

/** Nothing waits for this token any longer; returns what nobody else waits for, remembered as gone. */
export function forgetToken(box: KeptMailbox, token: string): readonly KeptPacket[] {
	const finished: KeptPacket[] = [];
	for (const kept of [...box.packets.values()]) {
		const first = release(box, kept, kept.waitingFor, token);
		const second = release(box, kept, kept.contentFor, token);
		if (first || second) finished.push(kept);
	}
	return finished;
}
