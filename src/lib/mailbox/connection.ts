// One client's connection to a relay: its greeting, the order in which its requests take effect, and its end. Knows nothing
// of sockets or of what packets mean; what requests do is in access.ts, packets.ts and chunks.ts. [MB2] [MB14] [MB15] [MB28] [MB29]
import { createAccess } from './access.ts';
import { createChunks } from './chunks.ts';
import { createPackets } from './packets.ts';
import { helloContent, mailboxId } from './proofs.ts';
import { createBuckets } from './quotas.ts';
import {
	refuse,
	tellPresence,
	unknownToken,
	type Answer,
	type Connection,
	type Request,
	type Session,
	type Shared,
} from './session.ts';
import type { FrameChannel } from '#lib/ports/channel.ts';
import {
	decodeClientFrame,
	encodeRelayFrame,
	ERROR_CODE,
	MAILBOX_VERSION,
	type ClientFrame,
} from '#lib/protocol/mailbox.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';

type Asking = Exclude<ClientFrame, Request<'ping'> | Request<'greet'>>;
/** By a token that was named before. */
type Reading =
	Extract<Asking, { readonly token: number }> extends infer F
		? Exclude<F, { readonly mailbox: Bytes }>
		: never;
const isReading = (f: Asking): f is Reading => 'token' in f && !('mailbox' in f);
/** What later requests for the same mailbox build upon. */
const PREPARING: ReadonlySet<Asking['type']> = new Set([
	'enter',
	'open',
	'add',
	'prove',
	'token',
	'remove',
]);

/** Serves a client, who has to greet first, until the channel closes. `challenge`: 32 fresh bytes. */
export function createConnection(
	shared: Shared,
	channel: FrameChannel,
	challenge: Bytes,
	from: string,
): Connection {
	const { clock, crypto, subscriptions, origins, relayKey } = shared;
	const limits = shared.limits.connection;
	const running = new Set<Promise<void>>();
	/** By mailbox (hex): what has to be done before its next request. */
	const preparing = new Map<string, Promise<void>>();
	let state: 'new' | 'greeting' | 'served' | 'ended' = 'new';
	let failedProofs = 0;
	/** Bytes of requests that are being worked on. */
	let inProgress = 0;

	const end = (): void => {
		if (state === 'ended') return;
		state = 'ended';
		cancelGreeting();
		for (const change of subscriptions.remove(self)) tellPresence(change);
		origins.forget(self);
		shared.backlog.forget(self);
		shared.closed(self);
	};
	const self: Connection = {
		send: (frame) => {
			if (state === 'ended') return;
			channel.send(frame);
			const waiting = channel.buffered();
			if (waiting > limits.sendBuffer) self.close('too slow: the client does not read');
			else shared.backlog.note(self, waiting);
		},
		close: (reason) => {
			if (state === 'ended') return;
			end();
			channel.close(reason);
		},
		waiting: () => channel.buffered(),
		alive: () => state !== 'ended',
		settled: async () => {
			await Promise.allSettled([...running]);
		},
	};
	const session: Session = {
		shared,
		self,
		from,
		here: { relayKey: relayKey.publicKey, challenge },
		proven: new Set(),
		tokens: new Map(),
		invitations: new Map(),
		puts: createBuckets(clock, limits.puts, 1),
		seconds: () => Math.floor(clock.now() / 1000),
		tell: (frame) => {
			self.send(encodeRelayFrame(frame));
		},
		wrongProof: () => {
			failedProofs += 1;
			shared.quotas.wrongProof(from);
			if (failedProofs >= limits.failedProofs) self.close('too many wrong proofs');
			return refuse(ERROR_CODE.denied, 'wrong proof');
		},
	};
	const access = createAccess(session);
	const packets = createPackets(session, channel);
	const chunks = createChunks(session, packets);

	const mailboxOf = (f: Asking): Bytes | undefined => {
		if (f.type === 'open') return mailboxId(crypto, f.writeKey, f.ownerKey);
		if (f.type === 'enter') return undefined;
		return 'mailbox' in f ? f.mailbox : session.tokens.get(f.token)?.mailbox;
	};

	const answerToReader = async (f: Reading): Promise<Answer | undefined> => {
		const token = session.tokens.get(f.token);
		if (token?.proven !== true) return unknownToken;
		switch (f.type) {
			case 'subscribe':
				return packets.subscribe(f, token);
			case 'fetch':
				return packets.fetch(f, token);
			case 'ack':
				return packets.acknowledge(f, token);
			case 'fetch-chunk':
				return chunks.fetchChunk(f, token);
			case 'ack-contents':
				return chunks.acknowledge(f, token);
		}
	};

	const answerTo = async (f: Asking): Promise<Answer | undefined> => {
		if (isReading(f)) return answerToReader(f);
		switch (f.type) {
			case 'enter':
				return access.enter(f);
			case 'open':
				return access.open(f);
			case 'prove':
				return access.prove(f);
			case 'add':
				return access.add(f);
			case 'token':
				return access.token(f);
			case 'remove':
				return access.remove(f);
			case 'close':
				return access.close(f);
			case 'put':
				return packets.put(f);
			case 'delete':
				return packets.deletePacket(f);
			case 'stat':
				return packets.stat(f);
			case 'chunk':
				return chunks.chunk(f);
			case 'commit':
				return chunks.commit(f);
			case 'chunks':
				return chunks.there(f);
		}
	};

	const reply = (request: number, answer: Answer | undefined): void => {
		if (answer === undefined) return;
		if (answer.type !== 'refusal') {
			session.tell(answer);
			return;
		}
		shared.refused(answer.code);
		session.tell({ ...answer, type: 'error', request });
	};

	const serve = async (f: Asking): Promise<void> => {
		let answer: Answer | undefined;
		try {
			answer = await answerTo(f);
		} catch {
			// A store that broke off: whether it happened is unknown, so the answer is no promise.
			answer = refuse(ERROR_CODE.failed, 'the store failed');
		}
		reply(f.request, answer);
	};

	/** What has to be done before: what prepares the same mailbox, and what may stand behind one that is to be made. */
	const earlier = (f: Asking, key: string): Promise<unknown> | undefined => {
		if (f.type !== 'open' || !shared.invitedOnly) return preparing.get(key);
		return preparing.size === 0 ? undefined : Promise.all(preparing.values());
	};

	/** Runs a request, after what was asked before and it builds upon. */
	const run = (f: Asking, size: number): void => {
		const named = f.type === 'token' ? access.name(f) : undefined;
		const mailbox = mailboxOf(f);
		const key = mailbox === undefined ? '' : toHex(mailbox);
		const before = earlier(f, key);
		const serving = (): Promise<void> =>
			named === undefined ? serve(f) : named.then((answer) => reply(f.request, answer));
		const work = before === undefined ? serving() : before.then(serving);
		running.add(work);
		inProgress += size;
		if (PREPARING.has(f.type)) preparing.set(key, work);
		void work.finally(() => {
			running.delete(work);
			inProgress -= size;
			if (preparing.get(key) === work) preparing.delete(key);
		});
	};

	const greet = async ({ version, challenge: asked }: Request<'greet'>): Promise<void> => {
		cancelGreeting();
		const hello = {
			version: MAILBOX_VERSION,
			relayKey: relayKey.publicKey,
			challenge,
			time: session.seconds(),
			stunPort: shared.stunPort,
			invitedOnly: shared.invitedOnly,
			draining: shared.isDraining(),
		};
		const signature = await relayKey.sign(helloContent(asked, hello));
		if (state === 'ended') return;
		state = 'served';
		session.tell({ type: 'hello', ...hello, signature });
		if (version !== MAILBOX_VERSION) self.close('another version');
	};

	const malformed = (): void => {
		reply(0, refuse(ERROR_CODE.malformed, 'malformed frame'));
		self.close('malformed frame');
	};

	channel.onFrame = (bytes) => {
		if (state === 'ended') return;
		const decoded = decodeClientFrame(bytes);
		if (!decoded.ok) {
			malformed();
			return;
		}
		const frame = decoded.value;
		if (frame.type === 'greet' || state === 'new' || state === 'greeting') {
			if (frame.type !== 'greet' || state !== 'new') {
				malformed();
				return;
			}
			state = 'greeting';
			const work = greet(frame).catch(() => {
				self.close('the relay failed');
			});
			running.add(work);
			void work.finally(() => running.delete(work));
		} else if (frame.type === 'ping') {
			session.tell({ type: 'pong', request: frame.request });
		} else if (running.size >= limits.requests || inProgress + bytes.length > limits.inProgress) {
			reply(frame.request, refuse(ERROR_CODE.busy, 'too many requests at once', 1));
		} else {
			run(frame, bytes.length);
		}
	};
	channel.onClose = end;
	const cancelGreeting = clock.after(limits.greeting, () => {
		self.close('no greeting');
	});
	return self;
}
