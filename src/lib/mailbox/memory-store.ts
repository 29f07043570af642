// Mailboxes in memory, for simulations and as the model that durable stores are compared with. Durable for as long as
// it exists. [MB4] [MB6] [MB10] [MB11] [MB15] [MB17] [MB18] [MB23] [MB24] [MB25] [MB26] [MB29]
import { DEFAULT_LIMITS, type StoreLimits } from './limits.ts';
import { createMemoryInvitations } from './memory-invitations.ts';
import {
	drop,
	fail,
	forgetToken,
	keep,
	liveTokens,
	place,
	publicOf,
	recipientsOf,
	release,
	roomFor,
	type KeptMailbox,
	type KeptPacket,
} from './memory-mailbox.ts';
import type { Invitations } from '#lib/ports/invitations.ts';
import type {
	CommittedPacket,
	LongPacket,
	MailboxStore,
	MailboxStoreError,
	NewMailbox,
	PutPacket,
	PlacedPacket,
} from '#lib/ports/mailbox-store.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import { ok, type Result } from '#lib/util/result.ts';

type Stored<T = void> = Result<T, MailboxStoreError>;

const unknown = (): Result<never, MailboxStoreError> => fail('unknown-mailbox', 'no such mailbox');
const noPacket = (): Result<never, MailboxStoreError> => fail('unknown-packet', 'no such packet');

/** Also shows its books, for tests. */
export interface MemoryMailboxStore extends MailboxStore, Invitations {
	/** Packets and remembered ids over all mailboxes. */
	totals(): { readonly mailboxes: number; readonly packets: number; readonly tombstones: number };
	/** Every packet there is, its size in bytes, and the hashes (hex) of the tokens it waits for. */
	held(): readonly {
		readonly mailbox: string;
		readonly packet: Bytes;
		readonly size: number;
		readonly waitingFor: readonly string[];
	}[];
	/** Everything that lies there now: for `restore`, also in another store. */
	snapshot(): MailboxesSnapshot;
	restore(snapshot: MailboxesSnapshot): void;
}

/** A relay's whole memory at one moment. */
export interface MailboxesSnapshot {
	readonly mailboxes: ReadonlyMap<string, KeptMailbox>;
	readonly bytes: number;
	readonly floor: number;
}

export function createMemoryMailboxStore(
	limits: StoreLimits = DEFAULT_LIMITS.store,
): MemoryMailboxStore {
	let mailboxes = new Map<string, KeptMailbox>();
	let bytes = 0;
	/** Where the numbers of a new mailbox start, so that one opened again never repeats a number. */
	let floor = 0;
	const { holds, firstOf, ...invitations } = createMemoryInvitations();

	const boxOf = (mailbox: Bytes): KeptMailbox | undefined => mailboxes.get(toHex(mailbox));
	const gone = (box: KeptMailbox, kept: KeptPacket, remember: boolean): void => {
		bytes -= drop(box, kept, remember);
	};
	/** Deletes and remembers what everybody has. */
	const finish = (box: KeptMailbox, finished: readonly KeptPacket[]): readonly Bytes[] =>
		finished.map((kept) => {
			gone(box, kept, true);
			return kept.packet;
		});

	const open = (m: NewMailbox): Stored<{ readonly fresh: boolean }> => {
		const known = boxOf(m.mailbox);
		if (known !== undefined) {
			const same = equal(known.writeKey, m.writeKey) && equal(known.ownerKey, m.ownerKey);
			if (!same) return fail('conflict', 'taken with other keys');
			known.idleSince = 0;
			return ok({ fresh: false });
		}
		const invitation = m.invitations && firstOf(m.invitations);
		if (m.invitations !== undefined && invitation === undefined) {
			return fail('uninvited', 'no invitation that holds');
		}
		if (mailboxes.size >= limits.mailboxes) return fail('full', 'relay');
		mailboxes.set(toHex(m.mailbox), {
			mailbox: m.mailbox,
			writeKey: m.writeKey,
			ownerKey: m.ownerKey,
			invitation: invitation ?? null,
			open: true,
			tokens: new Map(),
			packets: new Map(),
			tombstones: new Map(),
			highest: floor,
			bytes: 0,
			deliveries: 0,
			idleSince: 0,
		});
		return ok({ fresh: true });
	};

	const addTokens = (mailbox: Bytes, hashes: readonly Bytes[], now: number): Stored<number> => {
		const box = boxOf(mailbox);
		if (box === undefined) return unknown();
		if (!box.open) return fail('closed', 'takes no more');
		const fresh = new Map(hashes.map((hash) => [toHex(hash), hash]));
		for (const known of box.tokens.keys()) fresh.delete(known);
		if (box.tokens.size + fresh.size > limits.tokensPerMailbox) return fail('full', 'tokens');
		for (const [hex, hash] of fresh) box.tokens.set(hex, { hash, state: 'live', seen: now });
		return ok(liveTokens(box));
	};

	const removeToken = (mailbox: Bytes, tokenHash: Bytes): Stored<readonly Bytes[]> => {
		const box = boxOf(mailbox);
		if (box === undefined) return unknown();
		const token = box.tokens.get(toHex(tokenHash));
		if (token === undefined || token.state === 'removed') {
			return fail('unknown-token', 'not a token of this mailbox');
		}
		token.state = 'removed';
		return ok(finish(box, forgetToken(box, toHex(tokenHash))));
	};

	/** What is known of a packet, or that there is room for it. */
	const before = (p: PutPacket, count: number): Stored<KeptMailbox> => {
		const box = boxOf(p.mailbox);
		if (box === undefined) return unknown();
		if (box.tombstones.has(toHex(p.packet))) return fail('gone', 'delivered or deleted before');
		if (!box.open) return fail('closed', 'takes no more');
		const more = { packets: 1, bytes: p.block.length, deliveries: count };
		if (!roomFor(box, limits, more)) return fail('full', 'mailbox');
		return bytes + p.block.length > limits.bytes ? fail('full', 'relay') : ok(box);
	};

	const put = (p: PutPacket): Stored<PlacedPacket> => {
		const known = boxOf(p.mailbox)?.packets.get(toHex(p.packet));
		if (known !== undefined) {
			if (known.chunks > 0) return fail('conflict', 'taken with chunks');
			return ok({ ...publicOf(known), fresh: false });
		}
		const first = before(p, 0);
		if (!first.ok) return first;
		const tokens = recipientsOf(first.value, p.to);
		if (!tokens.ok) return tokens;
		const box = before(p, tokens.value.size);
		if (!box.ok) return box;
		const kept = keep(box.value, p, 0, p.expiry);
		place(box.value, kept, tokens.value);
		bytes += kept.bytes;
		return ok({ ...publicOf(kept), fresh: true });
	};

	const begin = (p: LongPacket): Stored => {
		const known = boxOf(p.mailbox)?.packets.get(toHex(p.packet));
		if (known !== undefined) {
			return known.chunks === p.chunks ? ok() : fail('conflict', 'taken with other chunks');
		}
		const box = before(p, 0);
		if (!box.ok) return box;
		const unfinished = [...box.value.packets.values()].filter(({ number }) => number === 0).length;
		if (unfinished >= limits.unfinishedPerMailbox) return fail('full', 'unfinished packets');
		const tokens = recipientsOf(box.value, p.to);
		if (!tokens.ok) return tokens;
		bytes += keep(box.value, p, p.chunks, Math.min(p.until, p.expiry)).bytes;
		return ok();
	};

	const putChunk = (mailbox: Bytes, packet: Bytes, index: number, chunk: Bytes): Stored => {
		const box = boxOf(mailbox);
		if (box === undefined) return unknown();
		const kept = box.packets.get(toHex(packet));
		if (kept === undefined || index >= kept.chunks) return noPacket();
		if (kept.kept.has(index)) return ok();
		if (!box.open) return fail('closed', 'takes no more');
		if (!roomFor(box, limits, { bytes: chunk.length })) return fail('full', 'mailbox');
		if (bytes + chunk.length > limits.bytes) return fail('full', 'relay');
		kept.kept.set(index, chunk);
		kept.bytes += chunk.length;
		box.bytes += chunk.length;
		bytes += chunk.length;
		return ok();
	};

	const commit = (mailbox: Bytes, packet: Bytes): Stored<CommittedPacket> => {
		const box = boxOf(mailbox);
		if (box === undefined) return unknown();
		const kept = box.packets.get(toHex(packet));
		if (kept === undefined || kept.chunks === 0) {
			return box.tombstones.has(toHex(packet)) ? fail('gone', 'delivered or deleted') : noPacket();
		}
		const fresh = kept.number === 0;
		if (fresh) {
			if (!box.open) return fail('closed', 'takes no more');
			if (kept.kept.size < kept.chunks) return fail('incomplete', 'chunks are missing');
			const tokens = recipientsOf(box, kept.to);
			if (!tokens.ok) return tokens;
			if (!roomFor(box, limits, { deliveries: 2 * tokens.value.size })) {
				return fail('full', 'mailbox');
			}
			place(box, kept, tokens.value);
		}
		return ok({ ...publicOf(kept), fresh, to: kept.to, block: kept.block });
	};

	/** What a token waits for less, by packet; the ids of what is finished by that. */
	const acknowledge = (
		mailbox: Bytes,
		tokenHash: Bytes,
		of: 'waitingFor' | 'contentFor',
		isNamed: (kept: KeptPacket, id: string, box: KeptMailbox) => boolean,
	): Stored<readonly Bytes[]> => {
		const box = boxOf(mailbox);
		if (box === undefined) return unknown();
		const token = toHex(tokenHash);
		if ((box.tokens.get(token)?.state ?? 'removed') === 'removed') {
			return fail('unknown-token', 'not a token of this mailbox');
		}
		const finished = [...box.packets].filter(
			([id, kept]) => isNamed(kept, id, box) && release(box, kept, kept[of], token),
		);
		return ok(
			finish(
				box,
				finished.map(([, kept]) => kept),
			),
		);
	};

	const expire = (now: number): number => {
		let count = 0;
		for (const [hex, box] of mailboxes) {
			for (const kept of [...box.packets.values()]) {
				if ((kept.number === 0 ? kept.until : kept.expiry) > now) continue;
				gone(box, kept, false);
				count += 1;
			}
			for (const [id, until] of box.tombstones) if (until <= now) box.tombstones.delete(id);
			if (liveTokens(box) > limits.smallMailbox) {
				for (const [token, known] of box.tokens) {
					if (known.state !== 'live' || known.seen + limits.tokenIdle > now) continue;
					known.state = 'idle';
					count += finish(box, forgetToken(box, token)).length;
				}
			}
			if (box.packets.size > 0) box.idleSince = 0;
			else if (box.idleSince === 0) box.idleSince = now;
			else if (box.idleSince + limits.idle <= now) {
				floor = Math.max(floor, box.highest);
				mailboxes.delete(hex);
			}
		}
		return count;
	};

	const waitingFor = (mailbox: Bytes, tokenHash: Bytes): readonly KeptPacket[] => {
		const token = toHex(tokenHash);
		const kept = boxOf(mailbox)?.packets.values() ?? [];
		return [...kept].filter((one) => one.waitingFor.has(token));
	};

	return {
		...invitations,
		isInvited: (hash) => Promise.resolve(holds(hash)),
		open: (m) => Promise.resolve(open(m)),
		mailbox: (mailbox) => {
			const box = boxOf(mailbox);
			if (box === undefined) return Promise.resolve(undefined);
			const { writeKey, ownerKey, invitation, open: isOpen, highest } = box;
			const kept = { mailbox, writeKey, ownerKey, invitation, open: isOpen, highest };
			return Promise.resolve({ ...kept, tokens: liveTokens(box) });
		},
		close: (mailbox) => {
			const box = boxOf(mailbox);
			if (box === undefined) return Promise.resolve(unknown());
			box.open = false;
			return Promise.resolve(ok());
		},
		status: (mailbox) => {
			const box = boxOf(mailbox);
			return Promise.resolve({ packets: box?.packets.size ?? 0, bytes: box?.bytes ?? 0 });
		},
		addTokens: (mailbox, hashes, now) => Promise.resolve(addTokens(mailbox, hashes, now)),
		hasToken: (mailbox, tokenHash) => {
			const token = boxOf(mailbox)?.tokens.get(toHex(tokenHash));
			return Promise.resolve(token !== undefined && token.state !== 'removed');
		},
		removeToken: (mailbox, tokenHash) => Promise.resolve(removeToken(mailbox, tokenHash)),
		seen: (tokens, now) => {
			for (const { mailbox, tokenHash } of tokens) {
				const token = boxOf(mailbox)?.tokens.get(toHex(tokenHash));
				if (token === undefined || token.state === 'removed') continue;
				token.state = 'live';
				token.seen = now;
			}
			return Promise.resolve();
		},
		put: (packet) => Promise.resolve(put(packet)),
		waiting: (mailbox, tokenHash, cursor, limit) => {
			const after = cursor > (boxOf(mailbox)?.highest ?? 0) ? 0 : cursor;
			const found = waitingFor(mailbox, tokenHash).filter((kept) => kept.number > after);
			return Promise.resolve(found.slice(0, limit).map(publicOf));
		},
		fetch: (mailbox, tokenHash, packets) => {
			const wanted = new Set(packets.map(toHex));
			const found = waitingFor(mailbox, tokenHash).filter((kept) => wanted.has(toHex(kept.packet)));
			return Promise.resolve(found.map((kept) => ({ ...publicOf(kept), block: kept.block })));
		},
		acknowledge: (mailbox, tokenHash, cursor, packets) => {
			const named = new Set(packets.map(toHex));
			const upTo = cursor > (boxOf(mailbox)?.highest ?? 0) ? 0 : cursor;
			const isNamed = (kept: KeptPacket, id: string): boolean =>
				named.has(id) || (kept.number > 0 && kept.number <= upTo);
			return Promise.resolve(acknowledge(mailbox, tokenHash, 'waitingFor', isNamed));
		},
		deleteHash: (mailbox, packet) =>
			Promise.resolve(boxOf(mailbox)?.packets.get(toHex(packet))?.deleteHash),
		delete: (mailbox, packet) => {
			const box = boxOf(mailbox);
			if (box === undefined) return Promise.resolve(unknown());
			const kept = box.packets.get(toHex(packet));
			if (kept !== undefined) gone(box, kept, true);
			return Promise.resolve(ok(kept !== undefined));
		},
		begin: (packet) => Promise.resolve(begin(packet)),
		putChunk: (mailbox, packet, index, chunk) =>
			Promise.resolve(putChunk(mailbox, packet, index, chunk)),
		chunks: (mailbox, packet) => {
			const kept = boxOf(mailbox)?.packets.get(toHex(packet));
			if (kept === undefined || kept.chunks === 0) return Promise.resolve(undefined);
			const there = [...kept.kept.keys()].sort((a, b) => a - b);
			return Promise.resolve({ chunks: kept.chunks, there, committed: kept.number > 0 });
		},
		commit: (mailbox, packet) => Promise.resolve(commit(mailbox, packet)),
		fetchChunk: (mailbox, tokenHash, packet, index) => {
			const kept = boxOf(mailbox)?.packets.get(toHex(packet));
			return Promise.resolve(
				kept?.contentFor.has(toHex(tokenHash)) === true ? kept.kept.get(index) : undefined,
			);
		},
		acknowledgeContents: (mailbox, tokenHash, packets) => {
			const named = new Set(packets.map(toHex));
			return Promise.resolve(
				acknowledge(mailbox, tokenHash, 'contentFor', (_, id) => named.has(id)),
			);
		},
		expire: (now) => Promise.resolve(expire(now)),
		shutdown: () => Promise.resolve(),
		held: () =>
			[...mailboxes].flatMap(([mailbox, { packets }]) =>
				[...packets.values()].map(({ packet, bytes: size, waitingFor: tokens }) => ({
					...{ mailbox, packet, size },
					waitingFor: [...tokens],
				})),
			),
		snapshot: () => structuredClone({ mailboxes, bytes, floor }),
		restore(snapshot) {
			({ mailboxes, bytes, floor } = structuredClone({
				...snapshot,
				mailboxes: new Map(snapshot.mailboxes),
			}));
		},
		totals: () => {
			const all = [...mailboxes.values()];
			return {
				mailboxes: all.length,
				packets: all.reduce((sum, box) => sum + box.packets.size, 0),
				tombstones: all.reduce((sum, box) => sum + box.tombstones.size, 0),
			};
		},
	};
}
