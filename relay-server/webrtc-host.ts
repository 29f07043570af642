// Mailbox connections over WebRTC: an https page reaches a bare IP address without a certificate authority. [RV16]
// Each libp2p stream becomes a frame channel for the machine, as a WebSocket does.
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import { noise } from '@libp2p/noise';
import { webRTCDirect } from '@libp2p/webrtc';
import { yamux } from '@libp2p/yamux';
import { createLibp2p } from 'libp2p';
import { quotaKey } from './client-address.ts';
import type { WebRtcCertificate } from './files.ts';
import type { Traffic } from './metrics.ts';
import { silentLogger } from '#lib/p2p/silent-logger.ts';
import { createStreamChannel } from '#lib/p2p/stream-channel.ts';
import type { FrameChannel } from '#lib/ports/channel.ts';
import { MAX_FRAME } from '#lib/protocol/mailbox.ts';
import { MAILBOX_PROTOCOL } from '#lib/protocol/relay-address.ts';
import type { Bytes } from '#lib/util/bytes.ts';

/** Each costs some 300 KB, far more than a WebSocket. */
const MAX_CONNECTIONS = 500;
const MAX_PENDING = 20;
/** From one address, in a second. */
const MAX_NEW = 5;
const CLOSE_WITHIN = 1000;

export interface WebRtcParts {
	/** Of the relay's key, which is also its peer id. */
	readonly seed: Bytes;
	readonly certificate: WebRtcCertificate;
	/** IP address to listen on. */
	readonly host: string;
	readonly port: number;
	readonly traffic: Traffic;
	/** `client` is one word for whoever connects, for quotas. */
	connect(channel: FrameChannel, client: string): void;
}

export interface WebRtcHost {
	readonly port: number;
	/** The whole address under this IP address and port, with certificate and key. */
	addressOf(ip: string, port: number): string;
	close(): Promise<void>;
}

const family = (address: string): string => (address.includes(':') ? 'ip6' : 'ip4');

/** Rejects where the port can't be had. */
export async function hostWebRtc(parts: WebRtcParts): Promise<WebRtcHost> {
	const { certificate, host, traffic } = parts;
	const node = await createLibp2p({
		privateKey: await generateKeyPairFromSeed('Ed25519', parts.seed),
		addresses: {
			listen: [`/${family(host)}/${host}/udp/${String(parts.port)}/webrtc-direct`],
		},
		transports: [webRTCDirect({ certificate, rtcConfiguration: { iceServers: [] } })],
		connectionEncrypters: [noise()],
		streamMuxers: [yamux()],
		connectionManager: {
			maxConnections: MAX_CONNECTIONS,
			maxIncomingPendingConnections: MAX_PENDING,
			inboundConnectionThreshold: MAX_NEW,
			inboundUpgradeTimeout: 10_000,
		},
		connectionMonitor: { enabled: false },
		logger: silentLogger,
	});
	await node.handle(
		MAILBOX_PROTOCOL,
		(stream, connection) => {
			traffic.opened();
			const release = (): void => {
				traffic.closed();
				connection.close().catch((cause: unknown) => {
					connection.abort(cause instanceof Error ? cause : new Error('closed'));
				});
			};
			const { sent, received } = traffic;
			const channel = createStreamChannel({ stream, maxFrame: MAX_FRAME, release, sent, received });
			parts.connect(channel, quotaKey(connection.remoteAddr.toString().split('/')[2] ?? ''));
		},
		{ maxInboundStreams: 1 },
	);
	const port = Number(/\/udp\/(\d+)\//.exec(node.getMultiaddrs()[0]?.toString() ?? '')?.[1] ?? 0);
	const tail = `/webrtc-direct/certhash/${certificate.certhash}/p2p/${node.peerId.toString()}`;
	return {
		port,
		addressOf: (ip, at) => `/${family(ip)}/${ip}/udp/${String(at)}${tail}`,
		close: async () => {
			// Its listener waits for peers that may never answer.
			const late = new Promise((resolve) => setTimeout(resolve, CLOSE_WITHIN).unref());
			await Promise.race([node.stop(), late]);
		},
	};
}
