// Reaches relays that have no certificate a browser knows: WebRTC to a bare IP address, with the certificate's hash and
// the relay's key in the address. [DL18] Fetched only when such an address is dialled.
import { webRTCDirect } from '@libp2p/webrtc';
import { noise } from '@libp2p/noise';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p, type Libp2p } from 'libp2p';
import { silentLogger } from './silent-logger.ts';
import { createStreamChannel } from './stream-channel.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { RelayDialer } from '#lib/ports/relay-dialer.ts';
import { isDirectRelay, MAILBOX_PROTOCOL } from '#lib/protocol/relay-address.ts';
import { err, ok } from '#lib/util/result.ts';

const CONNECT_WITHIN = 10_000;
const CLOSE_WITHIN = 2000;

export function createWebRtcDialer({
	clock,
	maxFrame,
}: {
	readonly clock: Clock;
	readonly maxFrame: number;
}): RelayDialer {
	let starting: Promise<Libp2p> | undefined;
	/** Its key is fresh with each start of the page and says nothing of the person. */
	const node = (): Promise<Libp2p> =>
		(starting ??= createLibp2p({
			addresses: { listen: [] },
			transports: [webRTCDirect({ rtcConfiguration: { iceServers: [] } })],
			connectionEncrypters: [noise()],
			streamMuxers: [yamux()],
			// The address was given by a person or a relay's link; a relay at home is as good as any.
			connectionGater: { denyDialMultiaddr: () => false },
			connectionMonitor: { enabled: false },
			logger: silentLogger,
		}));

	return {
		dial: async (url, signal) => {
			if (!isDirectRelay(url)) return err({ type: 'unreachable', detail: 'not such an address' });
			const late = new AbortController();
			let timedOut = false;
			const stopTimer = clock.after(CONNECT_WITHIN, () => {
				timedOut = true;
				late.abort();
			});
			const abort = (): void => {
				late.abort();
			};
			signal?.addEventListener('abort', abort);
			try {
				const connection = await (
					await node()
				).dial(multiaddr(url), { signal: late.signal, force: true });
				const stream = await connection.newStream(MAILBOX_PROTOCOL, { signal: late.signal });
				const release = (): void => {
					// What was sent last still leaves; a relay that is gone isn't waited for.
					const over = new AbortController();
					const stop = clock.after(CLOSE_WITHIN, () => {
						over.abort();
					});
					connection
						.close({ signal: over.signal })
						.catch((cause: unknown) => {
							connection.abort(cause instanceof Error ? cause : new Error('closed'));
						})
						.finally(stop);
				};
				return ok(createStreamChannel({ stream, maxFrame, release }));
			} catch (cause) {
				const detail = cause instanceof Error ? cause.message : String(cause);
				return err({ type: timedOut ? 'timeout' : 'unreachable', detail });
			} finally {
				stopTimer();
				signal?.removeEventListener('abort', abort);
			}
		},
	};
}
