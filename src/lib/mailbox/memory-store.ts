// Mailboxes in memory, for simulations and as the model that durable stores are compared with. Durable for as long as
// it exists. [MB4] [MB6] [MB10] [MB11] [MB15] [MB17] [MB18]
import { DEFAULT_LIMITS, type StoreLimits } from './limits.ts';
import type {
	MailboxStore,
	MailboxStoreError,
	PutPacket,
	StoredMailbox,
	StoredPacket,
} from '#lib/ports/mailbox-store.ts';
import { MAX_TTL_SECONDS } from '#lib/protocol/limits.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

interface Kept extends StoredPacket {
	readonly block: Bytes;
	readonly deleteHash: Bytes;
	/** Tokens, as hex, that have not acknowledged. */
	readonly waitingFor: Set<string>;
}

interface Mailbox {
	readonly id: Bytes;
	readonly writeKey: Bytes;
	readonly ownerKey: Bytes;
	readonly ttl: number;
	open: boolean;
	readonly tokens: Map<string, Bytes>;
	/** By id, in order of number. */
	readonly packets: Map<string, Kept>;
	/** Ids that must not come back, with the second until which that is remembered. */
	readonly tombstones: Map<string, number>;
	highest: number;
	bytes: number;
	deliveries: number;
	/** When it was first seen empty and unused; 0: in use. */
	idleSince: number;
}

const fail = (type: MailboxStoreError['type'], detail: string): Result<never, MailboxStoreError> =>
	err({ type, detail });
const unknown = (): Result<never, MailboxStoreError> => fail('unknown-mailbox', 'no such mailbox');

const publicOf = ({ number, packet, size, expiry }: Kept): StoredPacket => ({
	number,
	packet,
	size,
	expiry,
});

/** Also shows its books, for tests. */
export interface MemoryMailboxStore extends MailboxStore {
	/** Packets and remembered ids over all mailboxes. */
	totals(): { readonly mailboxes: number; readonly packets: number; readonly tombstones: number };
	/** Every packet there is, with the hashes (hex) of the tokens it waits for. */
	held(): readonly { readonly packet: Bytes; readonly waitingFor: readonly string[] }[];
	/** Everything that lies there now: for `restore`, also in another store. */
	snapshot(): MailboxesSnapshot;
	restore(snapshot: MailboxesSnapshot): void;
}

/** A relay's whole memory at one moment. */
export interface MailboxesSnapshot {
	readonly mailboxes: ReadonlyMap<string, Mailbox>;
	readonly bytes: number;
	readonly floor: number;
}

export function createMemoryMailboxStore(
	limits: StoreLimits = DEFAULT_LIMITS.store,
): MemoryMailboxStore {
	let mailboxes = new Map<string, Mailbox>();
	let bytes = 0;
	/** Where the numbers of a new mailbox start, so that one opened again never repeats a number. */
	let floor = 0;

	const drop = (box: Mailbox, kept: Kept): void => {
		box.packets.delete(toHex(kept.packet));
		box.bytes -= kept.size;
		box.deliveries -= kept.waitingFor.size;
		bytes -= kept.size;
	};
	const remember = (box: Mailbox, kept: Kept): void => {
		box.tombstones.set(toHex(kept.packet), kept.expiry + MAX_TTL_SECONDS);
	};

	const addTokens = (
		box: Mailbox,
		tokenHashes: readonly Bytes[],
	): Result<void, MailboxStoreError> => {
		const fresh = new Map(tokenHashes.map((hash) => [toHex(hash), hash]));
		for (const known of box.tokens.keys()) fresh.delete(known);
		if (box.tokens.size + fresh.size > limits.tokensPerMailbox) return fail('full', 'tokens');
		for (const [hex, hash] of fresh) box.tokens.set(hex, hash);
		return ok();
	};

	const put = (
		p: PutPacket,
	): Result<StoredPacket & { readonly fresh: boolean }, MailboxStoreError> => {
		const box = mailboxes.get(toHex(p.mailbox));
		if (box === undefined) return unknown();
		const id = toHex(p.packet);
		const known = box.packets.get(id);
		if (known !== undefined) return ok({ ...publicOf(known), fresh: false });
		if (box.tombstones.has(id)) return fail('gone', 'delivered or deleted before');
		if (!box.open) return fail('closed', 'takes no more');
		const waitingFor = new Set(p.to === null ? box.tokens.keys() : p.to.map(toHex));
		if (waitingFor.size === 0 || [...waitingFor].some((hex) => !box.tokens.has(hex))) {
			return fail('unknown-token', 'not a recipient of this mailbox');
		}
		if (
			box.packets.size >= limits.packetsPerMailbox ||
			box.bytes + p.block.length > limits.bytesPerMailbox ||
			box.deliveries + waitingFor.size > limits.deliveriesPerMailbox
		) {
			return fail('full', 'mailbox');
		}
		if (bytes + p.block.length > limits.bytes) return fail('full', 'relay');
		box.highest += 1;
		const kept: Kept = {
			number: box.highest,
			packet: p.packet,
			size: p.block.length,
			expiry: p.expiry,
			block: p.block,
			deleteHash: p.deleteHash,
			waitingFor,
		};
		box.packets.set(id, kept);
		box.bytes += kept.size;
		box.deliveries += waitingFor.size;
		box.idleSince = 0;
		bytes += kept.size;
		return ok({ ...publicOf(kept), fresh: true });
	};

	const acknowledge = (
		mailbox: Bytes,
		tokenHash: Bytes,
		cursor: number,
		packets: readonly Bytes[],
	): Result<readonly Bytes[], MailboxStoreError> => {
		const box = mailboxes.get(toHex(mailbox));
		if (box === undefined) return unknown();
		const token = toHex(tokenHash);
		if (!box.tokens.has(token)) return fail('unknown-token', 'not a token of this mailbox');
		const upTo = cursor > box.highest ? 0 : cursor;
		const named = new Set(packets.map(toHex));
		const deleted: Bytes[] = [];
		for (const [id, kept] of box.packets) {
			if (kept.number > upTo && !named.has(id)) continue;
			if (!kept.waitingFor.delete(token)) continue;
			box.deliveries -= 1;
			if (kept.waitingFor.size > 0) continue;
			drop(box, kept);
			remember(box, kept);
			deleted.push(kept.packet);
		}
		return ok(deleted);
	};

	const expire = (now: number): number => {
		let gone = 0;
		for (const [hex, box] of mailboxes) {
			for (const kept of box.packets.values()) {
				if (kept.expiry > now) continue;
				drop(box, kept);
				gone += 1;
			}
			for (const [id, until] of box.tombstones) if (until <= now) box.tombstones.delete(id);
			if (box.packets.size > 0) box.idleSince = 0;
			else if (box.idleSince === 0) box.idleSince = now;
			else if (box.idleSince + limits.idle <= now) {
				floor = Math.max(floor, box.highest);
				mailboxes.delete(hex);
			}
		}
		return gone;
	};

	const waitingFor = (mailbox: Bytes, tokenHash: Bytes): readonly Kept[] => {
		const token = toHex(tokenHash);
		const kept = mailboxes.get(toHex(mailbox))?.packets.values() ?? [];
		return [...kept].filter((one) => one.waitingFor.has(token));
	};

	const viewOf = (box: Mailbox): StoredMailbox => ({
		mailbox: box.id,
		writeKey: box.writeKey,
		ownerKey: box.ownerKey,
		ttl: box.ttl,
		open: box.open,
		tokenHashes: [...box.tokens.values()],
		highest: box.highest,
	});

	return {
		open: (m) => {
			const hex = toHex(m.mailbox);
			const known = mailboxes.get(hex);
			if (known !== undefined) {
				const same = equal(known.writeKey, m.writeKey) && equal(known.ownerKey, m.ownerKey);
				if (same) known.idleSince = 0;
				return Promise.resolve(same ? ok() : fail('conflict', 'taken with other keys'));
			}
			if (mailboxes.size >= limits.mailboxes) return Promise.resolve(fail('full', 'relay'));
			const box: Mailbox = {
				id: m.mailbox,
				writeKey: m.writeKey,
				ownerKey: m.ownerKey,
				ttl: m.ttl,
				open: true,
				tokens: new Map(),
				packets: new Map(),
				tombstones: new Map(),
				highest: floor,
				bytes: 0,
				deliveries: 0,
				idleSince: 0,
			};
			const added = addTokens(box, m.tokenHashes);
			if (added.ok) mailboxes.set(hex, box);
			return Promise.resolve(added);
		},
		mailbox: (mailbox) => {
			const box = mailboxes.get(toHex(mailbox));
			return Promise.resolve(box === undefined ? undefined : viewOf(box));
		},
		addTokens: (mailbox, tokenHashes) => {
			const box = mailboxes.get(toHex(mailbox));
			if (box === undefined) return Promise.resolve(unknown());
			if (!box.open) return Promise.resolve(fail('closed', 'takes no more'));
			return Promise.resolve(addTokens(box, tokenHashes));
		},
		put: (packet) => Promise.resolve(put(packet)),
		waiting: (mailbox, tokenHash, cursor, limit) => {
			const highest = mailboxes.get(toHex(mailbox))?.highest ?? 0;
			const after = cursor > highest ? 0 : cursor;
			const found = waitingFor(mailbox, tokenHash).filter((kept) => kept.number > after);
			return Promise.resolve(found.slice(0, limit).map(publicOf));
		},
		fetch: (mailbox, tokenHash, packets) => {
			const wanted = new Set(packets.map(toHex));
			const found = waitingFor(mailbox, tokenHash).filter((kept) => wanted.has(toHex(kept.packet)));
			return Promise.resolve(found.map((kept) => ({ ...publicOf(kept), block: kept.block })));
		},
		acknowledge: (mailbox, tokenHash, cursor, packets) =>
			Promise.resolve(acknowledge(mailbox, tokenHash, cursor, packets)),
		deleteHash: (mailbox, packet) =>
			Promise.resolve(mailboxes.get(toHex(mailbox))?.packets.get(toHex(packet))?.deleteHash),
		delete: (mailbox, packet) => {
			const box = mailboxes.get(toHex(mailbox));
			if (box === undefined) return Promise.resolve(unknown());
			const kept = box.packets.get(toHex(packet));
			if (kept === undefined) return Promise.resolve(ok(false));
			drop(box, kept);
			remember(box, kept);
			return Promise.resolve(ok(true));
		},
		close: (mailbox) => {
			const box = mailboxes.get(toHex(mailbox));
			if (box === undefined) return Promise.resolve(unknown());
			box.open = false;
			return Promise.resolve(ok());
		},
		status: (mailbox) => {
			const box = mailboxes.get(toHex(mailbox));
			return Promise.resolve({ packets: box?.packets.size ?? 0, bytes: box?.bytes ?? 0 });
		},
		expire: (now) => Promise.resolve(expire(now)),
		shutdown: () => Promise.resolve(),
		held: () =>
			[...mailboxes.values()]
				.flatMap((box) => [...box.packets.values()])
				.map(({ packet, waitingFor: tokens }) => ({ packet, waitingFor: [...tokens] })),
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
