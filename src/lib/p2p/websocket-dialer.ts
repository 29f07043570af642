// Opens WebSocket channels to relays that a person has added. [DL16] [DL17]
// Knows nothing of what a relay says; a relay that falls silent is noticed by whoever expects its answers.
import type { FrameChannel } from '#lib/ports/channel.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { DialError, RelayDialer } from '#lib/ports/relay-dialer.ts';
import { isRelayUrl } from '#lib/protocol/relay-address.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

export interface WebSocketDialerDependencies {
	readonly clock: Clock;
	/** The platform's, unless a test has its own. */
	readonly socket?: typeof WebSocket | undefined;
}

/** Bytes. */
export const MAX_RELAY_FRAME = 131_072;
const CONNECT_WITHIN = 10_000;
/** Pages may close with 1000 or 3000–4999 only. */
const CLOSE_NORMAL = 1000;
const CLOSE_PROTOCOL = 4002;
const OPEN = 1;
/** Nobody should need more than the time to set a handler. */
const MAX_EARLY_FRAMES = 16;

export function createWebSocketDialer({
	clock,
	socket: Socket = WebSocket,
}: WebSocketDialerDependencies): RelayDialer {
	return {
		dial: (url, signal) => {
			if (!isRelayUrl(url)) return Promise.resolve(unreachable('not a ws or wss address'));
			if (signal?.aborted) return Promise.resolve(unreachable('cancelled'));
			let socket: WebSocket;
			try {
				socket = new Socket(url);
			} catch (cause) {
				// A page from https may not open plain ws; everything else that throws here is about the address.
				const insecure = cause instanceof Error && cause.name === 'SecurityError';
				const detail = cause instanceof Error ? cause.message : String(cause);
				return Promise.resolve(insecure ? err({ type: 'insecure', detail }) : unreachable(detail));
			}
			socket.binaryType = 'arraybuffer';
			return connected(socket, clock, signal);
		},
	};
}

const unreachable = (detail: string): Result<never, DialError> =>
	err({ type: 'unreachable', detail });

function connected(
	socket: WebSocket,
	clock: Clock,
	signal: AbortSignal | undefined,
): Promise<Result<FrameChannel, DialError>> {
	return new Promise((resolve) => {
		const settle = (result: Result<FrameChannel, DialError>): void => {
			stopTimer();
			signal?.removeEventListener('abort', onAbort);
			socket.removeEventListener('open', onOpen);
			socket.removeEventListener('close', onClose);
			if (!result.ok) socket.close();
			resolve(result);
		};
		const onOpen = (): void => {
			settle(ok(createSocketChannel(socket)));
		};
		const onClose = ({ code }: CloseEvent): void => {
			settle(unreachable(`closed with ${code} before it opened`));
		};
		const onAbort = (): void => {
			settle(unreachable('cancelled'));
		};
		const stopTimer = clock.after(CONNECT_WITHIN, () => {
			settle(err({ type: 'timeout', detail: 'no answer within 10 s' }));
		});
		socket.addEventListener('open', onOpen);
		socket.addEventListener('close', onClose);
		// An error is always followed by a close; unheard it would end a Node process.
		socket.addEventListener('error', () => {});
		signal?.addEventListener('abort', onAbort);
	});
}

/**
 * Frames that come before the handler is set wait for it: the first may follow the opening at once, and the last words
 * of a relay may come right before its close.
 */
function createSocketChannel(socket: WebSocket): FrameChannel {
	let onFrame: ((frame: Bytes) => void) | undefined;
	let onClose: ((reason: string) => void) | undefined;
	let early: Bytes[] = [];
	let ended: string | undefined;
	let told = false;

	function tell(): void {
		if (ended === undefined || told || onClose === undefined || early.length > 0) return;
		told = true;
		onClose(ended);
	}

	function end(reason: string, code: number): void {
		if (ended !== undefined) return;
		ended = reason;
		// A path that swallows packets answers no closing handshake: the end is told now, not when that times out.
		socket.close(code);
		tell();
	}

	function drop(reason: string): void {
		early = [];
		end(reason, CLOSE_PROTOCOL);
	}

	function deliverEarly(): void {
		for (let frame = early.shift(); frame !== undefined; frame = early.shift()) onFrame?.(frame);
		tell();
	}

	socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
		if (ended !== undefined) return;
		if (!(data instanceof ArrayBuffer)) {
			drop('not a frame');
		} else if (data.byteLength > MAX_RELAY_FRAME) {
			drop('frame too large');
		} else if (onFrame !== undefined && early.length === 0) {
			onFrame(new Uint8Array(data));
		} else if (early.length < MAX_EARLY_FRAMES) {
			early.push(new Uint8Array(data));
		} else {
			drop('nobody takes the frames');
		}
	});
	socket.addEventListener('close', ({ code }: CloseEvent) => {
		end(`closed by the relay (${code})`, CLOSE_NORMAL);
	});

	return {
		send: (frame) => {
			if (ended === undefined && socket.readyState === OPEN) {
				socket.send(frame as Uint8Array<ArrayBuffer>);
			}
		},
		buffered: () => (ended === undefined ? socket.bufferedAmount : 0),
		close: (reason) => {
			early = [];
			end(reason, CLOSE_NORMAL);
		},
		get onFrame() {
			return onFrame;
		},
		set onFrame(handler) {
			onFrame = handler;
			if (handler !== undefined && early.length > 0) queueMicrotask(deliverEarly);
		},
		get onClose() {
			return onClose;
		},
		set onClose(handler) {
			onClose = handler;
			// The end may have come before anybody could be told.
			if (ended !== undefined) queueMicrotask(tell);
		},
	};
}
