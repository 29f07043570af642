// Requests about packets: putting, reading, acknowledging, deleting. [MB5] [MB6] [MB7] [MB8] [MB10] [MB12] [MB16]
import { hashDeletion, ownerDeleteContent } from './proofs.ts';
import {
	denied,
	done,
	refuse,
	refuseFor,
	tellDeleted,
	tellPresence,
	unknownMailbox,
	unknownToken,
	type Answer,
	type NamedToken,
	type Request,
	type Session,
	type Shared,
} from './session.ts';
import { HIDDEN } from './subscriptions.ts';
import type { StoredMailbox } from '#lib/ports/mailbox-store.ts';
import { DAY } from '#lib/protocol/limits.ts';
import { encodeRelayFrame, ERROR_CODE, MAX_IDS, MAX_TOKENS } from '#lib/protocol/mailbox.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';

export interface Packets {
	put(session: Session, f: Request<'put'>): Promise<Answer>;
	/** A packet has got its number: tells those connected, and answers with a receipt. */
	stored(
		session: Session,
		request: number,
		put: {
			readonly mailbox: Bytes;
			readonly packet: Bytes;
			readonly to: readonly Bytes[] | null;
			readonly block: Bytes;
		},
		at: { readonly number: number; readonly expiry: number; readonly fresh: boolean },
	): Promise<Answer>;
	subscribe(
		session: Session,
		f: Request<'subscribe'>,
		token: NamedToken,
	): Promise<Answer | undefined>;
	fetch(session: Session, f: Request<'fetch'>, token: NamedToken): Promise<Answer | undefined>;
	acknowledge(session: Session, f: Request<'ack'>, token: NamedToken): Promise<Answer>;
	deletePacket(session: Session, f: Request<'delete'>): Promise<Answer>;
	stat(session: Session, f: Request<'stat'>): Promise<Answer>;
}

/** Seconds in which a packet with chunks has to be committed. */
const UNFINISHED = DAY / 1000;
/** Blocks read from the store at once while a client fetches. */
const FETCH_STEP = 16;
/** A fetch goes on when less than this share of the send buffer is in use, and gives up after this many looks. */
const FETCH_SHARE = 2;
const FETCH_LOOK = 20;
const FETCH_LOOKS = 1500;

export function createPackets(shared: Shared): Packets {
	const { store, crypto, clock, subscriptions, origins } = shared;
	const { connection: limits, store: storeLimits } = shared.limits;

	/** Sends the packet to those connected; returns the tokens that reaches. */
	const push = (
		self: Session,
		mailbox: Bytes,
		packet: Bytes,
		to: readonly Bytes[] | null,
		block: Bytes,
		number: number,
	): readonly Bytes[] => {
		const { subscribers, tokenHashes } = subscriptions.reach(mailbox, to, self);
		if (subscribers.size > 0) {
			const frame = encodeRelayFrame({ type: 'packet', mailbox, number, packet, block });
			for (const subscriber of subscribers) subscriber.send(frame);
		}
		return tokenHashes;
	};

	const stored: Packets['stored'] = async (self, request, put, { number, expiry, fresh }) => {
		const { mailbox, packet, to, block } = put;
		if (self.alive()) origins.set(mailbox, packet, self);
		if (fresh) push(self, mailbox, packet, to, block, number);
		const receipt = await shared.receipts.sign(mailbox, packet, expiry);
		return { type: 'stored', request, packet, receipt };
	};

	/** Waits until the client has read most of what was sent; false when the connection ended or does not move. */
	const drained = async (self: Session): Promise<boolean> => {
		for (let look = 0; self.alive() && look < FETCH_LOOKS; look++) {
			if (self.waiting() <= limits.sendBuffer / FETCH_SHARE) return true;
			await new Promise<void>((resolve) => {
				clock.after(FETCH_LOOK, resolve);
			});
		}
		self.close('too slow: the client does not read');
		return false;
	};

	/** As the mailbox stands now: of one that was closed during the look nobody is to be shown. [MB22] */
	const recordOf = async (mailbox: Bytes): Promise<StoredMailbox | undefined> => {
		for (;;) {
			const before = subscriptions.hidings();
			const record = await store.mailbox(mailbox);
			if (subscriptions.hidings() === before) return record;
		}
	};

	return {
		stored,
		put: async (session, f) => {
			const { request, mailbox, packet, ttl, to, block, chunks } = f;
			if (!session.hasProven(mailbox)) return denied;
			const over = session.charge(mailbox, ttl === 0 ? 0 : block.length);
			if (over !== undefined) return over;
			if (ttl === 0) {
				if (chunks > 0) return refuse(ERROR_CODE.malformed, 'what is pushed has no chunks');
				const here = push(session, mailbox, packet, to, block, 0);
				const elsewhere = (await shared.pushElsewhere?.(f)) ?? [];
				const reached = new Map([...here, ...elsewhere].map((hash) => [toHex(hash), hash]));
				const connected = [...reached.values()].slice(0, MAX_TOKENS);
				return { type: 'pushed', request, connected };
			}
			const expiry = session.seconds + ttl;
			if (chunks > 0) {
				const until = session.seconds + UNFINISHED;
				const begun = await store.begin({ ...f, expiry, until });
				return begun.ok ? done(request) : refuseFor(begun.error);
			}
			const put = await store.put({ ...f, expiry });
			return put.ok ? stored(session, request, f, put.value) : refuseFor(put.error);
		},

		subscribe: async (session, f, { mailbox, tokenHash }) => {
			if (!(await store.hasToken(mailbox, tokenHash))) return unknownToken;
			const record = await recordOf(mailbox);
			if (record === undefined) return unknownMailbox;
			if (!session.alive()) return undefined;
			const isNew = !subscriptions.has(session, mailbox, tokenHash);
			if (isNew && subscriptions.count(session) >= limits.subscriptions) {
				return refuse(ERROR_CODE.busy, 'too many subscriptions');
			}
			// Before the look for what waits: what is put meanwhile may be told twice, but never not at all.
			const size = record.open ? record.tokens : HIDDEN;
			const change = subscriptions.add(session, mailbox, size, tokenHash, record.highest);
			if (change !== undefined) tellPresence(change);
			if (record.tokens > storeLimits.smallMailbox) {
				await store.seen([{ mailbox, tokenHash }], session.seconds);
			}
			const cursor = f.cursor > record.highest ? 0 : f.cursor;
			const found = await store.waiting(mailbox, tokenHash, cursor, MAX_IDS + 1);
			const packets = found.slice(0, MAX_IDS);
			return {
				type: 'waiting',
				request: f.request,
				cursor: packets.at(-1)?.number ?? cursor,
				packets,
				more: found.length > MAX_IDS,
				connected: subscriptions.connected(mailbox, session),
			};
		},

		fetch: async (session, f, { mailbox, tokenHash }) => {
			for (let at = 0; at < f.packets.length; at += FETCH_STEP) {
				if (!(await drained(session))) return undefined;
				const step = f.packets.slice(at, at + FETCH_STEP);
				for (const { number, packet, block } of await store.fetch(mailbox, tokenHash, step)) {
					session.tell({ type: 'packet', mailbox, number, packet, block });
				}
			}
			return done(f.request);
		},

		acknowledge: async (session, f, { mailbox, tokenHash }) => {
			const deleted = await store.acknowledge(mailbox, tokenHash, f.cursor, f.packets);
			if (!deleted.ok) return refuseFor(deleted.error);
			await tellDeleted(shared, mailbox, deleted.value);
			return done(f.request);
		},

		deletePacket: async (session, f) => {
			const unknownPacket = refuse(ERROR_CODE.unknownPacket, 'no such packet');
			if (f.preimage !== null) {
				const hash = await store.deleteHash(f.mailbox, f.packet);
				if (hash === undefined) return unknownPacket;
				if (!equal(hash, hashDeletion(crypto, f.preimage))) return session.wrongProof();
			} else if (f.signature !== null) {
				const record = await store.mailbox(f.mailbox);
				if (record === undefined) return unknownMailbox;
				const content = ownerDeleteContent(session.here, f.mailbox, f.packet);
				if (!(await crypto.verify(record.ownerKey, content, f.signature))) {
					return session.wrongProof();
				}
			} else {
				return refuse(ERROR_CODE.denied, 'neither preimage nor signature');
			}
			const deleted = await store.delete(f.mailbox, f.packet);
			if (!deleted.ok) return refuseFor(deleted.error);
			if (!deleted.value) return unknownPacket;
			await tellDeleted(shared, f.mailbox, [f.packet]);
			return done(f.request);
		},

		stat: async (session, f) => {
			if (!session.hasProven(f.mailbox)) return denied;
			const record = await store.mailbox(f.mailbox);
			if (record === undefined) return unknownMailbox;
			const { packets, bytes } = await store.status(f.mailbox);
			return { type: 'status', request: f.request, packets, bytes, open: record.open };
		},
	};
}
