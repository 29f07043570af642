// Opens channels to relays by whatever way their address names: a WebSocket, or WebRTC where that alone reaches. [DL18]
import { createWebSocketDialer, MAX_RELAY_FRAME } from './websocket-dialer.ts';
import type { WebSocketDialerDependencies } from './websocket-dialer.ts';
import type { RelayDialer } from '#lib/ports/relay-dialer.ts';
import { isDirectRelay } from '#lib/protocol/relay-address.ts';
import { err } from '#lib/util/result.ts';

export function createRelayDialer(dependencies: WebSocketDialerDependencies): RelayDialer {
	const sockets = createWebSocketDialer(dependencies);
	let loading: Promise<RelayDialer> | undefined;
	/** Code that could not be fetched this time may come the next. */
	const direct = (): Promise<RelayDialer> =>
		(loading ??= import('./webrtc-dialer.ts').then(
			({ createWebRtcDialer }) =>
				createWebRtcDialer({ clock: dependencies.clock, maxFrame: MAX_RELAY_FRAME }),
			(cause: unknown) => {
				loading = undefined;
				throw cause;
			},
		));

	return {
		dial: async (url, signal) => {
			if (!isDirectRelay(url)) return sockets.dial(url, signal);
			try {
				return await (await direct()).dial(url, signal);
			} catch (cause) {
				const detail = cause instanceof Error ? cause.message : String(cause);
				return err({ type: 'unreachable', detail });
			}
		},
	};
}
