// One client's connection to a relay: what each of its requests does. Knows nothing of sockets or of what packets mean.
// [MB2] [MB3] [MB5] [MB6] [MB7] [MB8] [MB10] [MB12] [MB13] [MB14] [MB15] [MB16]
import type { MailboxLimits } from './limits.ts';
import type { Origins } from './origins.ts';
import {
	hashDeletion,
	hashToken,
	ownerCloseContent,
	ownerDeleteContent,
	writeAccessContent,
} from './proofs.ts';
import type { ReceiptSigner } from './receipts.ts';
import type { PresenceChange, Subscriptions } from './subscriptions.ts';
import type { FrameChannel } from '#lib/ports/channel.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { MailboxStore, MailboxStoreError } from '#lib/ports/mailbox-store.ts';
import type { PushedPacket } from '#lib/ports/neighbours.ts';
import {
	decodeClientFrame,
	encodeRelayFrame,
	ERROR_CODE,
	MAILBOX_VERSION,
	MAX_IDS,
	MAX_TOKENS,
	type ClientFrame,
	type ErrorCode,
	type RelayFrame,
} from '#lib/protocol/mailbox.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';

/** What all connections of a relay share. */
export interface Shared {
	readonly store: MailboxStore;
	readonly crypto: CryptoProvider;
	readonly clock: Clock;
	readonly limits: MailboxLimits;
	readonly relayKey: Bytes;
	readonly stunPort: number;
	readonly receipts: ReceiptSigner;
	readonly subscriptions: Subscriptions<Connection>;
	readonly origins: Origins<Connection>;
	/** The tokens that a push reaches at the relay's other processes, where it has some. */
	readonly pushElsewhere: ((packet: PushedPacket) => Promise<readonly Bytes[]>) | undefined;
	readonly closed: (connection: Connection) => void;
}

export interface Connection {
	/** Sends one frame, encoded; closes the connection when its client does not read. */
	send(frame: Bytes): void;
	close(reason: string): void;
	/** False once it has ended, however. */
	alive(): boolean;
	/** Resolves when what it has begun is finished. */
	settled(): Promise<void>;
}

type Request<T extends ClientFrame['type']> = Extract<ClientFrame, { type: T }>;
type Answer = RelayFrame | Refusal;
interface Refusal {
	readonly type: 'refusal';
	readonly code: ErrorCode;
	readonly words: string;
}

const refuse = (code: ErrorCode, words: string): Refusal => ({ type: 'refusal', code, words });

const STORE_CODE: Record<MailboxStoreError['type'], ErrorCode> = {
	conflict: ERROR_CODE.conflict,
	'unknown-mailbox': ERROR_CODE.unknownMailbox,
	'unknown-token': ERROR_CODE.unknownToken,
	closed: ERROR_CODE.closed,
	full: ERROR_CODE.full,
	gone: ERROR_CODE.gone,
	'unknown-packet': ERROR_CODE.unknownPacket,
	incomplete: ERROR_CODE.failed,
	failed: ERROR_CODE.failed,
};
const refuseFor = (error: MailboxStoreError): Refusal =>
	refuse(STORE_CODE[error.type], error.type === 'failed' ? 'the store failed' : error.detail);
const unknownMailbox = refuse(ERROR_CODE.unknownMailbox, 'no such mailbox');
const denied = refuse(ERROR_CODE.denied, 'no write access');

/** Blocks read from the store at once while a client fetches. */
const FETCH_STEP = 16;
/** A fetch goes on when less than this share of the send buffer is in use, and gives up after this many looks. */
const FETCH_SHARE = 4;
const FETCH_LOOK = 20;
const FETCH_LOOKS = 1500;

/** Greets the client with `challenge` (32 fresh bytes) and serves it until the channel closes. */
export function createConnection(
	shared: Shared,
	channel: FrameChannel,
	challenge: Bytes,
): Connection {
	const { store, crypto, clock, subscriptions, origins } = shared;
	const limits = shared.limits.connection;
	const proven = new Set<string>();
	const running = new Set<Promise<void>>();
	let failedProofs = 0;
	let alive = true;

	const end = (): void => {
		if (!alive) return;
		alive = false;
		for (const change of subscriptions.remove(self)) tellPresence(change);
		origins.forget(self);
		shared.closed(self);
	};
	const self: Connection = {
		send: (frame) => {
			if (!alive) return;
			channel.send(frame);
			if (channel.buffered() > limits.sendBuffer) self.close('too slow: the client does not read');
		},
		close: (reason) => {
			if (!alive) return;
			end();
			channel.close(reason);
		},
		alive: () => alive,
		settled: async () => {
			await Promise.allSettled([...running]);
		},
	};
	const tell = (frame: RelayFrame): void => {
		self.send(encodeRelayFrame(frame));
	};
	const seconds = (): number => Math.floor(clock.now() / 1000);
	const done = (request: number): RelayFrame => ({ type: 'done', request });

	/** Counts a wrong proof, and ends the connection of somebody who keeps guessing. */
	const wrongProof = (): Refusal => {
		failedProofs += 1;
		if (failedProofs >= limits.failedProofs) self.close('too many wrong proofs');
		return refuse(ERROR_CODE.denied, 'wrong proof');
	};

	const tellAllDeleted = async (mailbox: Bytes, packets: readonly Bytes[]): Promise<void> => {
		const each = (packet: Bytes) => tellDeleted(origins, shared.receipts, mailbox, packet);
		await Promise.all(packets.map(each));
	};

	const open = async (f: Request<'open'>): Promise<Answer> => {
		const opened = await store.open(f);
		if (!opened.ok) return refuseFor(opened.error);
		if (!opened.value.fresh) return done(f.request);
		const added = await store.addTokens(f.mailbox, f.tokenHashes, seconds());
		return added.ok ? done(f.request) : refuseFor(added.error);
	};

	const prove = async (f: Request<'prove'>): Promise<Answer> => {
		const id = toHex(f.mailbox);
		if (proven.has(id)) return done(f.request);
		if (proven.size >= limits.proven) return refuse(ERROR_CODE.busy, 'too many mailboxes');
		const record = await store.mailbox(f.mailbox);
		if (record === undefined) return unknownMailbox;
		const content = writeAccessContent(challenge, f.mailbox);
		if (!(await crypto.verify(record.writeKey, content, f.signature))) return wrongProof();
		proven.add(id);
		return done(f.request);
	};

	const add = async (f: Request<'add'>): Promise<Answer> => {
		if (!proven.has(toHex(f.mailbox))) return denied;
		const added = await store.addTokens(f.mailbox, f.tokenHashes, seconds());
		if (!added.ok) return refuseFor(added.error);
		subscriptions.resize(f.mailbox, added.value);
		return done(f.request);
	};

	/** Sends the packet to those connected; returns the tokens that reaches. */
	const push = (f: Request<'put'>, number: number): readonly Bytes[] => {
		const { mailbox, packet, block } = f;
		const { subscribers, tokenHashes } = subscriptions.reach(mailbox, f.to, self);
		if (subscribers.size > 0) {
			const frame = encodeRelayFrame({ type: 'packet', mailbox, number, packet, block });
			for (const subscriber of subscribers) subscriber.send(frame);
		}
		return tokenHashes;
	};

	const put = async (f: Request<'put'>): Promise<Answer> => {
		if (!proven.has(toHex(f.mailbox))) return denied;
		if (f.ttl === 0) {
			const reached = new Map(push(f, 0).map((hash) => [toHex(hash), hash]));
			for (const hash of (await shared.pushElsewhere?.(f)) ?? []) reached.set(toHex(hash), hash);
			const connected = [...reached.values()].slice(0, MAX_TOKENS);
			return { type: 'pushed', request: f.request, connected };
		}
		const expiry = seconds() + f.ttl;
		const stored = await store.put({ ...f, expiry });
		if (!stored.ok) return refuseFor(stored.error);
		if (alive) origins.set(f.mailbox, f.packet, self);
		if (stored.value.fresh) push(f, stored.value.number);
		const receipt = await shared.receipts.sign(f.mailbox, f.packet, stored.value.expiry);
		return { type: 'stored', request: f.request, packet: f.packet, receipt };
	};

	const subscribe = async (f: Request<'subscribe'>): Promise<Answer | undefined> => {
		const hash = hashToken(crypto, f.token);
		const record = await store.mailbox(f.mailbox);
		if (record === undefined) return unknownMailbox;
		if (!(await store.hasToken(f.mailbox, hash))) {
			return refuse(ERROR_CODE.unknownToken, 'not a token of this mailbox');
		}
		if (!alive) return undefined;
		if (
			!subscriptions.has(self, f.mailbox, hash) &&
			subscriptions.count(self) >= limits.subscriptions
		) {
			return refuse(ERROR_CODE.busy, 'too many subscriptions');
		}
		// Before the look into the store: what is put meanwhile may be told twice, but never not at all.
		const change = subscriptions.add(self, f.mailbox, record.tokens, hash, record.highest);
		if (change !== undefined) tellPresence(change);
		const cursor = f.cursor > record.highest ? 0 : f.cursor;
		const found = await store.waiting(f.mailbox, hash, cursor, MAX_IDS + 1);
		const packets = found.slice(0, MAX_IDS);
		return {
			type: 'waiting',
			request: f.request,
			cursor: packets.at(-1)?.number ?? cursor,
			packets,
			more: found.length > MAX_IDS,
			connected: subscriptions.connected(f.mailbox, self),
		};
	};

	const fetch = async (f: Request<'fetch'>): Promise<Answer | undefined> => {
		const hash = hashToken(crypto, f.token);
		for (let from = 0; from < f.packets.length; from += FETCH_STEP) {
			if (!(await drained())) return undefined;
			const found = await store.fetch(f.mailbox, hash, f.packets.slice(from, from + FETCH_STEP));
			for (const { number, packet, block } of found) {
				tell({ type: 'packet', mailbox: f.mailbox, number, packet, block });
			}
		}
		return done(f.request);
	};

	/** Waits until the client has read most of what was sent; false when the connection ended or does not move. */
	const drained = async (): Promise<boolean> => {
		for (let look = 0; alive && look < FETCH_LOOKS; look++) {
			if (channel.buffered() <= limits.sendBuffer / FETCH_SHARE) return true;
			await new Promise<void>((resolve) => {
				clock.after(FETCH_LOOK, resolve);
			});
		}
		self.close('too slow: the client does not read');
		return false;
	};

	const acknowledge = async (f: Request<'ack'>): Promise<Answer> => {
		const hash = hashToken(crypto, f.token);
		const deleted = await store.acknowledge(f.mailbox, hash, f.cursor, f.packets);
		if (!deleted.ok) return refuseFor(deleted.error);
		await tellAllDeleted(f.mailbox, deleted.value);
		return done(f.request);
	};

	const deletePacket = async (f: Request<'delete'>): Promise<Answer> => {
		const unknownPacket = refuse(ERROR_CODE.unknownPacket, 'no such packet');
		if (f.preimage !== null) {
			const hash = await store.deleteHash(f.mailbox, f.packet);
			if (hash === undefined) return unknownPacket;
			if (!equal(hash, hashDeletion(crypto, f.preimage))) return wrongProof();
		} else if (f.signature !== null) {
			const record = await store.mailbox(f.mailbox);
			if (record === undefined) return unknownMailbox;
			const content = ownerDeleteContent(challenge, f.mailbox, f.packet);
			if (!(await crypto.verify(record.ownerKey, content, f.signature))) return wrongProof();
		} else {
			return refuse(ERROR_CODE.denied, 'neither preimage nor signature');
		}
		const deleted = await store.delete(f.mailbox, f.packet);
		if (!deleted.ok) return refuseFor(deleted.error);
		if (!deleted.value) return unknownPacket;
		await tellAllDeleted(f.mailbox, [f.packet]);
		return done(f.request);
	};

	const close = async (f: Request<'close'>): Promise<Answer> => {
		const record = await store.mailbox(f.mailbox);
		if (record === undefined) return unknownMailbox;
		const content = ownerCloseContent(challenge, f.mailbox);
		if (!(await crypto.verify(record.ownerKey, content, f.signature))) return wrongProof();
		const closed = await store.close(f.mailbox);
		return closed.ok ? done(f.request) : refuseFor(closed.error);
	};

	const stat = async (f: Request<'stat'>): Promise<Answer> => {
		if (!proven.has(toHex(f.mailbox))) return denied;
		const record = await store.mailbox(f.mailbox);
		if (record === undefined) return unknownMailbox;
		const { packets, bytes } = await store.status(f.mailbox);
		return { type: 'status', request: f.request, packets, bytes, open: record.open };
	};

	const answerTo = async (
		f: Exclude<ClientFrame, Request<'ping'>>,
	): Promise<Answer | undefined> => {
		switch (f.type) {
			case 'open':
				return open(f);
			case 'prove':
				return prove(f);
			case 'add':
				return add(f);
			case 'put':
				return put(f);
			case 'subscribe':
				return subscribe(f);
			case 'fetch':
				return fetch(f);
			case 'ack':
				return acknowledge(f);
			case 'delete':
				return deletePacket(f);
			case 'close':
				return close(f);
			case 'stat':
				return stat(f);
		}
	};

	const serve = async (f: Exclude<ClientFrame, Request<'ping'>>): Promise<void> => {
		let answer: Answer | undefined;
		try {
			answer = await answerTo(f);
		} catch {
			// A store that broke off: whether it happened is unknown, so the answer is no promise.
			answer = refuse(ERROR_CODE.failed, 'the store failed');
		}
		if (answer === undefined) return;
		if (answer.type !== 'refusal') tell(answer);
		else tell({ type: 'error', request: f.request, code: answer.code, words: answer.words });
	};

	channel.onFrame = (bytes) => {
		if (!alive) return;
		const decoded = decodeClientFrame(bytes);
		if (!decoded.ok) {
			tell({ type: 'error', request: 0, code: ERROR_CODE.malformed, words: 'malformed frame' });
			self.close('malformed frame');
			return;
		}
		const frame = decoded.value;
		if (frame.type === 'ping') {
			tell({ type: 'pong', request: frame.request });
		} else if (running.size >= limits.requests) {
			const { request } = frame;
			tell({ type: 'error', request, code: ERROR_CODE.busy, words: 'too many requests at once' });
		} else {
			const work = serve(frame);
			running.add(work);
			void work.finally(() => running.delete(work));
		}
	};
	channel.onClose = end;
	tell({
		type: 'hello',
		version: MAILBOX_VERSION,
		relayKey: shared.relayKey,
		challenge,
		time: seconds(),
		stunPort: shared.stunPort,
	});
	return self;
}

function tellPresence(change: PresenceChange<Connection>): void {
	if (change.others.length === 0) return;
	const { mailbox, tokenHash, connected } = change;
	const frame = encodeRelayFrame({ type: 'presence', mailbox, tokenHash, connected });
	for (const other of change.others) other.send(frame);
}

/** Tells the connection that put a packet, if it is there, that it is deleted. [MB10] */
export async function tellDeleted(
	origins: Origins<Connection>,
	receipts: ReceiptSigner,
	mailbox: Bytes,
	packet: Bytes,
): Promise<void> {
	const origin = origins.take(mailbox, packet);
	if (origin === undefined) return;
	const receipt = await receipts.sign(mailbox, packet, 0);
	origin.send(encodeRelayFrame({ type: 'deleted', mailbox, packet, receipt }));
}
