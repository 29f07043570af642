// One connection to a relay's mailboxes, from the client's side: requests as functions, what the relay tells unasked as
// handlers, its receipts verified. Doesn't reconnect, and doesn't know what packets mean. [MB19] [MB20]
import type { Hello, HelloError, MailboxClient, MailboxError, Outcome } from './client-api.ts';
import { startHeartbeat, type Heartbeat } from './heartbeat.ts';
import { hashToken, ownerCloseContent, ownerDeleteContent, writeAccessContent } from './proofs.ts';
import { createReceiptVerifier, type ReceiptVerifier } from './receipts.ts';
import { createRequests, type AnswerFrame } from './requests.ts';
import type { FrameChannel } from '#lib/ports/channel.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { CryptoProvider, SigningKey } from '#lib/ports/crypto.ts';
import {
	decodeRelayFrame,
	encodeClientFrame,
	ERROR_CODE,
	MAILBOX_VERSION,
	MAX_IDS,
	MAX_TOKENS,
	type ClientFrame,
	type ErrorCode,
	type Receipt,
	type RelayFrame,
} from '#lib/protocol/mailbox.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

export type * from './client-api.ts';

const ERROR_TYPE: Record<ErrorCode, MailboxError['type']> = {
	[ERROR_CODE.malformed]: 'malformed',
	[ERROR_CODE.unknownMailbox]: 'unknown-mailbox',
	[ERROR_CODE.denied]: 'denied',
	[ERROR_CODE.full]: 'full',
	[ERROR_CODE.closed]: 'closed',
	[ERROR_CODE.conflict]: 'conflict',
	[ERROR_CODE.unknownPacket]: 'unknown-packet',
	[ERROR_CODE.busy]: 'busy',
	[ERROR_CODE.failed]: 'failed',
	[ERROR_CODE.gone]: 'gone',
	[ERROR_CODE.unknownToken]: 'unknown-token',
};

interface Greeted {
	readonly hello: Hello;
	readonly challenge: Bytes;
	readonly receipts: ReceiptVerifier;
}
type Unnumbered<F> = F extends { readonly request: number } ? Omit<F, 'request'> : never;
type AnswerOf<T extends AnswerFrame['type']> = Extract<AnswerFrame, { readonly type: T }>;

const HELLO_WITHIN = 10_000;
/** Requests' numbers are below; pings have their own range. */
const FIRST_PING = 2 ** 31;
const NO_HASH = new Uint8Array(32);

const slices = <T>(items: readonly T[], size: number): readonly (readonly T[])[] => {
	const parts: (readonly T[])[] = [items.slice(0, size)];
	for (let at = size; at < items.length; at += size) parts.push(items.slice(at, at + size));
	return parts;
};

/** Takes the channel over; set the handlers in the same turn. */
export function createMailboxClient(parts: {
	readonly channel: FrameChannel;
	readonly crypto: CryptoProvider;
	readonly clock: Clock;
}): MailboxClient {
	const { channel, crypto, clock } = parts;
	const requests = createRequests(clock, (frame) => {
		channel.send(frame);
	});
	const proofs = new Map<string, Outcome>();
	const fetching = new Map<string, Set<() => void>>();
	let heartbeat: Heartbeat | undefined;
	let hadHello = false;
	let ended: string | undefined;
	let closeHandler: MailboxClient['onClose'];

	let greet = (_: Result<Greeted, HelloError>): void => undefined;
	const greeted = new Promise<Result<Greeted, HelloError>>((resolve) => {
		greet = resolve;
	});
	const cancelHello = clock.after(HELLO_WITHIN, () => {
		greet(err({ type: 'no-hello', detail: 'no greeting in 10 s' }));
		close('no greeting in 10 s');
	});

	const end = (reason: string): void => {
		if (ended !== undefined) return;
		ended = reason;
		cancelHello();
		heartbeat?.stop();
		greet(err({ type: 'disconnected', detail: reason }));
		requests.end(reason);
		closeHandler?.(reason);
	};
	const close = (reason: string): void => {
		if (ended !== undefined) return;
		end(reason);
		channel.close(reason);
	};

	/** Asks, and expects an answer of this type. */
	const ask = async <T extends AnswerFrame['type']>(
		type: T,
		frame: Unnumbered<ClientFrame>,
		numbered?: (request: number) => void,
	): Outcome<AnswerOf<T>> => {
		const greeting = await greeted;
		if (!greeting.ok) return err({ type: 'disconnected', detail: greeting.error.detail });
		const answered = await requests.ask((request) => {
			numbered?.(request);
			return encodeClientFrame({ ...frame, request });
		});
		if (!answered.ok) return answered;
		const answer = answered.value;
		if (answer.type === 'error') {
			return err({ type: ERROR_TYPE[answer.code], detail: answer.words });
		}
		if (answer.type === type) return ok(answer as AnswerOf<T>);
		close('the relay answered something else');
		return err({ type: 'disconnected', detail: 'the relay answered something else' });
	};
	const askDone = async (frame: Unnumbered<ClientFrame>): Outcome => {
		const done = await ask('done', frame);
		return done.ok ? ok() : done;
	};

	/** Proves write access, once for each mailbox on this connection. */
	const prove = (mailbox: Bytes, writeKey: SigningKey): Outcome => {
		const id = toHex(mailbox) + toHex(writeKey.publicKey);
		const known = proofs.get(id);
		if (known !== undefined) return known;
		const proof = (async (): Outcome => {
			const greeting = await greeted;
			if (!greeting.ok) return err({ type: 'disconnected', detail: greeting.error.detail });
			const content = writeAccessContent(greeting.value.challenge, mailbox);
			return askDone({ type: 'prove', mailbox, signature: await writeKey.sign(content) });
		})();
		proofs.set(id, proof);
		void proof.then((proven) => {
			if (!proven.ok) proofs.delete(id);
		});
		return proof;
	};

	const add = async (
		mailbox: Bytes,
		writeKey: SigningKey,
		tokenHashes: readonly Bytes[],
	): Outcome => {
		const proven = await prove(mailbox, writeKey);
		if (!proven.ok) return proven;
		for (const part of slices(tokenHashes, MAX_TOKENS)) {
			const added = await askDone({ type: 'add', mailbox, tokenHashes: part });
			if (!added.ok) return added;
		}
		return ok();
	};

	const verified = async (mailbox: Bytes, packet: Bytes, receipt: Receipt): Promise<boolean> => {
		const greeting = await greeted;
		return greeting.ok && greeting.value.receipts.verify(mailbox, packet, receipt);
	};

	const fetchPart = async (mailbox: Bytes, token: Bytes, packets: readonly Bytes[]): Outcome => {
		const id = toHex(mailbox);
		const coming = fetching.get(id) ?? new Set();
		fetching.set(id, coming);
		let prolong = (): void => undefined;
		try {
			const frame = { type: 'fetch' as const, mailbox, token, packets };
			const done = await ask('done', frame, (request) => {
				prolong = () => {
					requests.prolong(request);
				};
				coming.add(prolong);
			});
			return done.ok ? ok() : done;
		} finally {
			coming.delete(prolong);
			if (coming.size === 0 && fetching.get(id) === coming) fetching.delete(id);
		}
	};

	const onHello = (frame: RelayFrame): void => {
		hadHello = true;
		cancelHello();
		if (frame.type !== 'hello') {
			greet(err({ type: 'not-a-relay', detail: 'no greeting' }));
			close('the relay did not greet');
			return;
		}
		if (frame.version !== MAILBOX_VERSION) {
			greet(err({ type: 'unsupported', detail: `version ${frame.version}` }));
			close('the relay speaks another version');
			return;
		}
		heartbeat = startHeartbeat(
			clock,
			(number) => {
				const request = FIRST_PING + (number % FIRST_PING);
				channel.send(encodeClientFrame({ type: 'ping', request }));
			},
			() => {
				close('the relay does not answer');
			},
		);
		const { relayKey, time, stunPort, challenge } = frame;
		const receipts = createReceiptVerifier(crypto, relayKey);
		greet(ok({ hello: { relayKey, time, stunPort }, challenge, receipts }));
	};

	const onFrame = (frame: RelayFrame): void => {
		switch (frame.type) {
			case 'packet':
				for (const prolong of fetching.get(toHex(frame.mailbox)) ?? []) prolong();
				client.onPacket?.(frame.mailbox, frame.number, frame.packet, frame.block);
				break;
			case 'presence':
				client.onPresence?.(frame.mailbox, frame.tokenHash, frame.connected);
				break;
			case 'deleted': {
				const { mailbox, packet, receipt } = frame;
				if (receipt.expiry !== 0) break;
				void verified(mailbox, packet, receipt).then((good) => {
					if (good && ended === undefined) client.onDeleted?.(mailbox, packet, receipt);
				});
				break;
			}
			case 'pong':
				heartbeat?.pong(frame.request - FIRST_PING);
				break;
			case 'hello':
				close('the relay greeted twice');
				break;
			case 'error':
				if (frame.request === 0) close(`the relay refused: ${frame.words}`);
				else requests.answer(frame);
				break;
			default:
				requests.answer(frame);
		}
	};

	channel.onClose = end;
	channel.onFrame = (bytes) => {
		if (ended !== undefined) return;
		const decoded = decodeRelayFrame(bytes);
		if (!decoded.ok) {
			greet(err({ type: 'not-a-relay', detail: decoded.error.detail }));
			close('malformed frame');
		} else if (!hadHello) {
			onHello(decoded.value);
		} else {
			heartbeat?.alive();
			onFrame(decoded.value);
		}
	};

	const client: MailboxClient = {
		ready: greeted.then((greeting) => (greeting.ok ? ok(greeting.value.hello) : greeting)),
		onPacket: undefined,
		onPresence: undefined,
		onDeleted: undefined,
		get onClose() {
			return closeHandler;
		},
		set onClose(handler) {
			closeHandler = handler;
			if (ended === undefined || handler === undefined) return;
			// Whoever sets it a moment too late still hears of the end.
			const reason = ended;
			void Promise.resolve().then(() => closeHandler?.(reason));
		},
		open: async ({ mailbox, writeKey, ownerKey, tokenHashes, ttl }) => {
			const [first = [], ...rest] = slices(tokenHashes, MAX_TOKENS);
			const opened = await askDone({
				type: 'open',
				mailbox,
				writeKey: writeKey.publicKey,
				ownerKey,
				tokenHashes: first,
				ttl,
			});
			return opened.ok && rest.length > 0 ? add(mailbox, writeKey, rest.flat()) : opened;
		},
		add,
		put: async (mailbox, writeKey, { packet, ttl, deleteHash, to, block }) => {
			const proven = await prove(mailbox, writeKey);
			if (!proven.ok) return proven;
			const frame = { type: 'put' as const, mailbox, packet, ttl, deleteHash, to, block };
			const stored = await ask('stored', frame);
			if (!stored.ok) return stored;
			const { receipt } = stored.value;
			if (receipt.expiry > 0 && (await verified(mailbox, packet, receipt))) return ok(receipt);
			return err({ type: 'bad-receipt', detail: 'the receipt does not fit the relay’s key' });
		},
		push: async (mailbox, writeKey, { packet, to, block }) => {
			const proven = await prove(mailbox, writeKey);
			if (!proven.ok) return proven;
			const frame = {
				type: 'put' as const,
				mailbox,
				packet,
				ttl: 0,
				deleteHash: NO_HASH,
				to,
				block,
			};
			const pushed = await ask('pushed', frame);
			return pushed.ok ? ok(pushed.value.connected) : pushed;
		},
		subscribe: async (mailbox, token, cursor) => {
			const waiting = await ask('waiting', { type: 'subscribe', mailbox, token, cursor });
			if (!waiting.ok) return waiting;
			const { packets, more, connected } = waiting.value;
			return ok({ packets, cursor: waiting.value.cursor, more, connected });
		},
		fetch: async (mailbox, token, packets) => {
			for (const part of slices(packets, MAX_IDS)) {
				const fetched = await fetchPart(mailbox, token, part);
				if (!fetched.ok) return fetched;
			}
			return ok();
		},
		acknowledge: async (mailbox, token, cursor, packets) => {
			for (const part of slices(packets, MAX_IDS)) {
				const frame = { type: 'ack' as const, mailbox, token, cursor, packets: part };
				const done = await askDone(frame);
				if (!done.ok) return done;
			}
			return ok();
		},
		deletePacket: async (mailbox, packet, by) => {
			const preimage = 'preimage' in by ? by.preimage : null;
			let signature: Bytes | null = null;
			if ('ownerKey' in by) {
				const greeting = await greeted;
				if (!greeting.ok) return err({ type: 'disconnected', detail: greeting.error.detail });
				const content = ownerDeleteContent(greeting.value.challenge, mailbox, packet);
				signature = await by.ownerKey.sign(content);
			}
			return askDone({ type: 'delete', mailbox, packet, preimage, signature });
		},
		closeMailbox: async (mailbox, ownerKey) => {
			const greeting = await greeted;
			if (!greeting.ok) return err({ type: 'disconnected', detail: greeting.error.detail });
			const content = ownerCloseContent(greeting.value.challenge, mailbox);
			return askDone({ type: 'close', mailbox, signature: await ownerKey.sign(content) });
		},
		stat: async (mailbox, writeKey) => {
			const proven = await prove(mailbox, writeKey);
			if (!proven.ok) return proven;
			const status = await ask('status', { type: 'stat', mailbox });
			if (!status.ok) return status;
			const { packets, bytes, open } = status.value;
			return ok({ packets, bytes, open });
		},
		tokenHash: (token) => hashToken(crypto, token),
		roundTrip: () => heartbeat?.roundTrip(),
		close,
	};
	return client;
}
