// One client's connection to a relay: its greeting, the order in which its requests take effect, and its end. Knows nothing
// of sockets or of what packets mean; what requests do is in access.ts, packets.ts and chunks.ts. [MB2] [MB14] [MB15] [MB28] [MB29]
import { createAccess } from './access.ts';
import { createChunks } from './chunks.ts';
import { createPackets } from './packets.ts';
import { helloContent, mailboxId } from './proofs.ts';
import {
	refuse,
	Session,
	unknownToken,
	type Answer,
	type Request,
	type Shared,
} from './session.ts';
import type { FrameChannel } from '#lib/ports/channel.ts';
import {
	decodeClientFrame,
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
export type Serve = (channel: FrameChannel, challenge: Bytes, from: string) => Session;

export function createServing(shared: Shared): Serve {
	const { clock, crypto, relayKey } = shared;
	const limits = shared.limits.connection;
	const access = createAccess(shared);
	const packets = createPackets(shared);
	const chunks = createChunks(shared, packets);

	const mailboxOf = (session: Session, f: Asking): Bytes | undefined => {
		if (f.type === 'open') return mailboxId(crypto, f.writeKey, f.ownerKey);
		if (f.type === 'enter') return undefined;
		return 'mailbox' in f ? f.mailbox : session.tokens.get(f.token)?.mailbox;
	};

	const answerToReader = async (session: Session, f: Reading): Promise<Answer | undefined> => {
		const token = session.tokens.get(f.token);
		if (token?.proven !== true) return unknownToken;
		switch (f.type) {
			case 'subscribe':
				return packets.subscribe(session, f, token);
			case 'fetch':
				return packets.fetch(session, f, token);
			case 'ack':
				return packets.acknowledge(session, f, token);
			case 'fetch-chunk':
				return chunks.fetchChunk(session, f, token);
			case 'ack-contents':
				return chunks.acknowledge(session, f, token);
		}
	};

	const answerTo = async (session: Session, f: Asking): Promise<Answer | undefined> => {
		if (isReading(f)) return answerToReader(session, f);
		switch (f.type) {
			case 'enter':
				return access.enter(session, f);
			case 'open':
				return access.open(session, f);
			case 'prove':
				return access.prove(session, f);
			case 'add':
				return access.add(session, f);
			case 'token':
				return access.token(session, f);
			case 'remove':
				return access.remove(session, f);
			case 'close':
				return access.close(session, f);
			case 'put':
				return packets.put(session, f);
			case 'delete':
				return packets.deletePacket(session, f);
			case 'stat':
				return packets.stat(session, f);
			case 'chunk':
				return chunks.chunk(session, f);
			case 'commit':
				return chunks.commit(session, f);
			case 'chunks':
				return chunks.there(session, f);
		}
	};

	const reply = (session: Session, request: number, answer: Answer | undefined): void => {
		if (answer === undefined) return;
		if (answer.type !== 'refusal') {
			session.tell(answer);
			return;
		}
		shared.refused(answer.code);
		session.tell({ ...answer, type: 'error', request });
	};

	const serve = async (session: Session, f: Asking): Promise<void> => {
		let answer: Answer | undefined;
		try {
			answer = await answerTo(session, f);
		} catch {
			// A store that broke off: whether it happened is unknown, so the answer is no promise.
			answer = refuse(ERROR_CODE.failed, 'the store failed');
		}
		reply(session, f.request, answer);
	};

	/** What has to be done before: what prepares the same mailbox, and what may stand behind one that is to be made. */
	const earlier = (
		{ preparing }: Session,
		f: Asking,
		key: string,
	): Promise<unknown> | undefined => {
		if (preparing === undefined) return undefined;
		return f.type === 'open' && shared.invitedOnly
			? Promise.all(preparing.values())
			: preparing.get(key);
	};

	/** Runs a request, after what was asked before and it builds upon. */
	const run = (session: Session, f: Asking, size: number): void => {
		const named = f.type === 'token' ? access.name(session, f) : undefined;
		const prepares = PREPARING.has(f.type);
		// Most requests come when nothing is being prepared: nobody asks what they are about.
		const mailbox = prepares || session.preparing !== undefined ? mailboxOf(session, f) : undefined;
		const key = mailbox === undefined ? '' : toHex(mailbox);
		const before = earlier(session, f, key);
		const serving = (): Promise<void> =>
			named === undefined
				? serve(session, f)
				: named.then((answer) => reply(session, f.request, answer));
		const work = before === undefined ? serving() : before.then(serving);
		session.begin(size);
		if (prepares) {
			session.preparing ??= new Map();
			session.preparing.set(key, work);
		}
		void work.finally(() => {
			session.finish(size);
			const { preparing } = session;
			if (!prepares || preparing?.get(key) !== work) return;
			preparing.delete(key);
			if (preparing.size === 0) session.preparing = undefined;
		});
	};

	const greet = async (
		session: Session,
		{ version, challenge: asked }: Request<'greet'>,
	): Promise<void> => {
		session.endGreeting();
		const hello = {
			version: MAILBOX_VERSION,
			relayKey: relayKey.publicKey,
			challenge: session.challenge,
			time: session.seconds,
			stunPort: shared.stunPort,
			invitedOnly: shared.invitedOnly,
			draining: shared.isDraining(),
		};
		const signature = await relayKey.sign(helloContent(asked, hello));
		if (!session.alive()) return;
		session.state = 'served';
		session.tell({ type: 'hello', ...hello, signature });
		if (version !== MAILBOX_VERSION) session.close('another version');
	};

	const malformed = (session: Session): void => {
		reply(session, 0, refuse(ERROR_CODE.malformed, 'malformed frame'));
		session.close('malformed frame');
	};

	const receive = (session: Session, bytes: Bytes): void => {
		if (!session.alive()) return;
		const decoded = decodeClientFrame(bytes);
		if (!decoded.ok) {
			malformed(session);
			return;
		}
		const frame = decoded.value;
		if (frame.type === 'greet' || session.state !== 'served') {
			if (frame.type !== 'greet' || session.state !== 'new') {
				malformed(session);
				return;
			}
			session.state = 'greeting';
			session.begin(0);
			void greet(session, frame)
				.catch(() => {
					session.close('the relay failed');
				})
				.finally(() => {
					session.finish(0);
				});
		} else if (frame.type === 'ping') {
			session.tell({ type: 'pong', request: frame.request });
		} else if (
			session.running >= limits.requests ||
			session.inProgress + bytes.length > limits.inProgress
		) {
			const busy = refuse(ERROR_CODE.busy, 'too many requests at once', 1);
			reply(session, frame.request, busy);
		} else {
			run(session, frame, bytes.length);
		}
	};

	return (channel, challenge, from) => {
		const session = new Session(shared, channel, challenge, from);
		channel.onFrame = (bytes) => {
			receive(session, bytes);
		};
		channel.onClose = () => {
			session.end();
		};
		session.cancelGreeting = clock.after(limits.greeting, () => {
			session.close('no greeting');
		});
		return session;
	};
}
