// The libp2p node of this page: turns an open data channel into a stream that the expected peer has proven. [DL8] [DL9]
// It listens nowhere, dials nobody by itself and knows no other node; its key lives as long as the page.
import { noise } from '@libp2p/noise';
import { generateKeyPairFromSeed, publicKeyFromRaw } from '@libp2p/crypto/keys';
import { transportSymbol, type Connection, type Stream, type Transport } from '@libp2p/interface';
import { peerIdFromPublicKey } from '@libp2p/peer-id';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { ChannelConnection } from './channel-connection.ts';
import { silentLogger } from './silent-logger.ts';
import type { ByteStream, FileStreams } from './direct-link.ts';
import { createFlowChannel } from './flow-channel.ts';
import { createFrameReader, joinFrames } from './frame-stream.ts';
import type { FlowChannel } from '#lib/ports/channel.ts';
import type { Random } from '#lib/ports/random.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import type { Upgrader } from '@libp2p/interface';

const PROTOCOL = '/aegis/sync/1';
/** A stream of its own for each side that wants files of the other. */
const FILES = '/aegis/files/1';
/**
 * With 12 bytes of header and 18 of encryption this fills four channel messages.
 * Streams also announce their windows and pings; those are small.
 */
const STREAM_CHUNK = 65_500;

export type Side = 'offering' | 'answering';

export interface DirectNode {
	/** Ed25519 public key, 32 bytes. */
	readonly peerKey: Bytes;
	/**
	 * Encrypts an open channel, proves both keys and opens the one stream. Both directions are proven when it resolves.
	 * Rejects when the peer is another than `expected` (Ed25519 public key), goes away, or the signal says so.
	 */
	secure(
		channel: RTCDataChannel,
		expected: Bytes,
		side: Side,
		signal: AbortSignal,
	): Promise<Secured>;
}

export interface Secured {
	readonly stream: ByteStream;
	readonly files: FileStreams;
}

interface Arrival {
	readonly resolve: (secured: [Stream, Connection]) => void;
}

export async function createDirectNode(random: Random): Promise<DirectNode> {
	const privateKey = await generateKeyPairFromSeed('Ed25519', random.bytes(32));
	let upgrader: Upgrader | undefined;
	const node = await createLibp2p({
		privateKey,
		addresses: { listen: [] },
		transports: [
			(components: { upgrader: Upgrader }) => {
				upgrader = components.upgrader;
				return handSignalled;
			},
		],
		connectionEncrypters: [noise()],
		streamMuxers: [yamux({ maxMessageSize: STREAM_CHUNK, maxInboundStreams: 4 })],
		// Which links there are is decided elsewhere, and so is whether one is still alive.
		connectionManager: {
			maxConnections: Infinity,
			maxIncomingPendingConnections: Infinity,
			inboundUpgradeTimeout: 15_000,
		},
		connectionMonitor: { enabled: false },
		logger: silentLogger,
	});
	const arrivals = new Map<string, Arrival>();
	/** Of connections that stand, by name. */
	const fileStreams = new Map<string, (stream: Stream) => void>();
	let counter = 0;

	await node.handle(
		PROTOCOL,
		(stream, connection) => {
			const arrival = arrivals.get(connection.remoteAddr.toString());
			if (arrival === undefined) stream.abort(new Error('one stream only'));
			else arrival.resolve([stream, connection]);
		},
		{ maxInboundStreams: 1 },
	);

	await node.handle(
		FILES,
		(stream, connection) => {
			const take = fileStreams.get(connection.remoteAddr.toString());
			if (take === undefined) stream.abort(new Error('no link'));
			else take(stream);
		},
		{ maxInboundStreams: 1, maxOutboundStreams: 1 },
	);

	/** The link and what may come beside it. */
	function toSecured(stream: Stream, connection: Connection, carrier: ChannelConnection): Secured {
		const name = connection.remoteAddr.toString();
		const files: FileStreams = {
			async open() {
				return toFlow(await connection.newStream(FILES), carrier);
			},
			onOpened: undefined,
		};
		fileStreams.set(name, (opened) => {
			if (files.onOpened === undefined) opened.abort(new Error('not wanted'));
			else files.onOpened(toFlow(opened, carrier));
		});
		carrier.addEventListener('close', () => fileStreams.delete(name));
		return { stream: toByteStream(stream, connection, carrier), files };
	}

	return {
		peerKey: privateKey.publicKey.raw as Bytes,
		secure: async (channel, expected, side, signal) => {
			if (upgrader === undefined) throw new Error('the node has not started');
			const peer = peerIdFromPublicKey(publicKeyFromRaw(expected));
			// The number tells links apart; it goes nowhere.
			const remoteAddr = multiaddr(`/memory/${String(++counter)}/p2p/${peer.toString()}`);
			const carrier = new ChannelConnection({
				channel,
				remoteAddr,
				direction: side === 'offering' ? 'outbound' : 'inbound',
				log: silentLogger.forComponent('direct'),
			});
			carrier.addEventListener('close', () => {
				void node.peerStore.delete(peer).catch(() => {});
			});
			const name = remoteAddr.toString();
			try {
				const gone = untilGone(carrier, signal);
				if (side === 'offering') {
					const opened = upgrader
						.upgradeOutbound(carrier, { signal })
						.then(async (connection): Promise<[Stream, Connection]> => {
							return [await connection.newStream(PROTOCOL, { signal }), connection];
						});
					return toSecured(...(await Promise.race([opened, gone])), carrier);
				}
				const arrived = new Promise<[Stream, Connection]>((resolve) => {
					arrivals.set(name, { resolve });
				});
				await Promise.race([upgrader.upgradeInbound(carrier, { signal }), gone]);
				return toSecured(...(await Promise.race([arrived, gone])), carrier);
			} catch (cause) {
				carrier.abort(cause instanceof Error ? cause : new Error(String(cause)));
				throw cause;
			} finally {
				arrivals.delete(name);
			}
		},
	};
}

/** Rejects when the carrier closes or the signal is given; whoever no longer listens misses nothing. */
function untilGone(carrier: ChannelConnection, signal: AbortSignal): Promise<never> {
	const gone = new Promise<never>((_, reject) => {
		const onAbort = (): void => {
			reject(new Error('given up'));
		};
		if (signal.aborted) onAbort();
		signal.addEventListener('abort', onAbort, { once: true });
		carrier.addEventListener('close', () => {
			reject(new Error('closed by the other side'));
		});
	});
	gone.catch(() => {});
	return gone;
}

function toByteStream(
	stream: Stream,
	connection: Connection,
	carrier: ChannelConnection,
): ByteStream {
	return {
		send: (bytes) => {
			// A stream that is closing refuses; its close event tells the link.
			if (stream.writeStatus === 'writable') stream.send(bytes);
		},
		buffered: () => stream.writeBufferLength + carrier.bufferedBytes,
		read: (onBytes, onEnd) => {
			stream.addEventListener('message', ({ data }) => {
				onBytes(data.subarray());
			});
			stream.addEventListener('remoteCloseWrite', onEnd);
			stream.addEventListener('close', onEnd);
			if (stream.status !== 'open') onEnd();
		},
		finish: async (signal) => {
			// What is left of the attempt to say goodbye is ended by abort.
			await connection.close({ signal }).catch(() => {});
		},
		abort: (reason) => {
			connection.abort(new Error(reason));
		},
	};
}

function toFlow(stream: Stream, carrier: ChannelConnection): FlowChannel {
	const flow = createFlowChannel({
		send(frame) {
			if (stream.writeStatus === 'writable') stream.send(joinFrames([frame]));
		},
		buffered: () => stream.writeBufferLength + carrier.bufferedBytes,
		close: (reason) => {
			stream.abort(new Error(reason));
		},
	});
	const reader = createFrameReader(flow.push);
	stream.addEventListener('message', ({ data }) => {
		if (!reader.push(data.subarray())) flow.link.close('not a frame');
	});
	stream.addEventListener('drain', flow.drained);
	carrier.addEventListener('drain', flow.drained);
	const end = (): void => {
		carrier.removeEventListener('drain', flow.drained);
		flow.lost('closed by the other side');
	};
	stream.addEventListener('remoteCloseWrite', end);
	stream.addEventListener('close', end);
	if (stream.status !== 'open') end();
	return flow.link;
}

/** Connections are made of offers and answers, never of addresses. */
const handSignalled: Transport = {
	[Symbol.toStringTag]: 'hand-signalled',
	[transportSymbol]: true,
	dial: () => Promise.reject(new Error('no addresses')),
	createListener: () => {
		throw new Error('no addresses');
	},
	listenFilter: () => [],
	dialFilter: () => [],
};
