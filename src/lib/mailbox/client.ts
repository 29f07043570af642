// One connection to a relay's mailboxes, from the client's side: the greeting, what the relay tells unasked as handlers, its
// receipts verified. Doesn't reconnect, and doesn't know what packets mean. [MB2] [MB19] [MB20] [MB29]
import { createAsking, type Asked } from './asking.ts';
import type { Hello, HelloError, MailboxClient, Outcome } from './client-api.ts';
import { createClientRequests } from './client-requests.ts';
import { startHeartbeat, type Heartbeat } from './heartbeat.ts';
import { enterContent, helloContent, type Here } from './proofs.ts';
import { createReceiptVerifier, type ReceiptVerifier } from './receipts.ts';
import { createRequests } from './requests.ts';
import type { FrameChannel } from '#lib/ports/channel.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { Random } from '#lib/ports/random.ts';
import {
	decodeRelayFrame,
	encodeClientFrame,
	MAILBOX_VERSION,
	type Receipt,
	type RelayFrame,
} from '#lib/protocol/mailbox.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

export type * from './client-api.ts';

interface Greeted extends Here {
	readonly hello: Hello;
	readonly receipts: ReceiptVerifier;
	/** The answer to the invitation that was shown. */
	readonly entered: Outcome<unknown> | null;
}

const HELLO_WITHIN = 10_000;
/** Requests' numbers are below; pings have their own range. */
const FIRST_PING = 2 ** 31;

/**
 * Takes the channel over; set the handlers in the same turn. `invitation`: the seed of an invitation's key, for a relay
 * with this key, which is proven by then.
 */
export function createMailboxClient(parts: {
	readonly channel: FrameChannel;
	readonly crypto: CryptoProvider;
	readonly clock: Clock;
	readonly random: Random;
	readonly invitation?: (relayKey: Bytes) => Bytes | null;
}): MailboxClient {
	const { channel, crypto, clock, random, invitation } = parts;
	const requests = createRequests(clock, (frame) => {
		channel.send(frame);
	});
	const fetching = new Map<string, Set<() => void>>();
	const asked = random.bytes(32);
	let heartbeat: Heartbeat | undefined;
	let state: 'waiting' | 'checking' | 'greeted' = 'waiting';
	let ended: string | undefined;
	let closeHandler: MailboxClient['onClose'];

	let greet = (_: Result<Greeted, HelloError>): void => undefined;
	const greeted = new Promise<Result<Greeted, HelloError>>((resolve) => {
		greet = resolve;
	});
	const cancelHello = clock.after(HELLO_WITHIN, () => {
		refused('no-hello', 'no greeting in 10 s');
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
	/** There is no greeting, and there won't be one. */
	function refused(type: HelloError['type'], detail: string, retryAfter = 0): void {
		const wait = retryAfter > 0 ? { retryAfter: retryAfter * 1000 } : {};
		greet(err({ type, detail, ...wait }));
		close(detail);
	}

	const verified = async (mailbox: Bytes, packet: Bytes, receipt: Receipt): Promise<boolean> => {
		const greeting = await greeted;
		return greeting.ok && greeting.value.receipts.verify(mailbox, packet, receipt);
	};
	const asking = createAsking({
		crypto,
		requests,
		greeted,
		onStrange: () => {
			close('the relay answered something else');
		},
	});
	const prolong = (request: number): void => {
		requests.prolong(request);
	};

	const entranceOf = async (seed: Bytes, here: Here): Promise<Asked> => {
		const key = await crypto.signingKey(seed);
		const signature = await key.sign(enterContent(here));
		return { type: 'enter', invitation: key.publicKey, signature };
	};
	/** What the relay said, and made of the invitation. */
	const toldBy = async (greeting: Result<Greeted, HelloError>): MailboxClient['ready'] => {
		if (!greeting.ok) return greeting;
		const { hello, entered } = greeting.value;
		const isInvited = (await entered)?.ok === true;
		return ok(isInvited ? { ...hello, access: 'invited' } : hello);
	};

	const onHello = async (frame: Extract<RelayFrame, { type: 'hello' }>): Promise<void> => {
		state = 'checking';
		const { version, relayKey, time, stunPort, challenge, invitedOnly, draining, signature } =
			frame;
		if (version !== MAILBOX_VERSION) {
			refused('unsupported', `the relay speaks version ${version}`);
			return;
		}
		const isProven = await crypto.verify(relayKey, helloContent(asked, frame), signature);
		if (ended !== undefined) return;
		if (!isProven) {
			refused('unproven', 'the relay did not prove its key');
			return;
		}
		const seed = invitedOnly ? (invitation?.(relayKey) ?? null) : null;
		const entrance = seed && (await entranceOf(seed, { relayKey, challenge }));
		if (ended !== undefined) return;
		state = 'greeted';
		cancelHello();
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
		const receipts = createReceiptVerifier(crypto, relayKey);
		const entered = entrance && asking.send('done', entrance);
		const access = invitedOnly ? 'guest' : 'open';
		greet(
			ok({
				relayKey,
				challenge,
				hello: { relayKey, time, stunPort, access, draining },
				receipts,
				entered,
			}),
		);
	};

	const onEarlyFrame = (frame: RelayFrame): void => {
		if (state === 'checking') close('the relay spoke out of turn');
		else if (frame.type === 'hello') void onHello(frame);
		else if (frame.type === 'error') refused('refused', frame.words, frame.retryAfter);
		else refused('not-a-relay', 'the relay did not greet');
	};

	const onFrame = (frame: RelayFrame): void => {
		switch (frame.type) {
			case 'packet':
				for (const again of fetching.get(toHex(frame.mailbox)) ?? []) again();
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
			case 'closed':
				client.onClosed?.(frame.mailbox);
				break;
			case 'draining':
				client.onDraining?.(frame.within * 1000);
				break;
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
		} else if (state !== 'greeted') {
			onEarlyFrame(decoded.value);
		} else {
			heartbeat?.alive();
			onFrame(decoded.value);
		}
	};

	const client: MailboxClient = {
		ready: greeted.then(toldBy),
		onPacket: undefined,
		onPresence: undefined,
		onDeleted: undefined,
		onClosed: undefined,
		onDraining: undefined,
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
		...createClientRequests({ crypto, asking, verified, prolong, fetching }),
		probe: () => heartbeat?.probe(),
		roundTrip: () => heartbeat?.roundTrip(),
		close,
	};
	channel.send(encodeClientFrame({ type: 'greet', version: MAILBOX_VERSION, challenge: asked }));
	return client;
}
