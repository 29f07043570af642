// Mailbox connections over WebSocket: each one becomes a frame channel for the machine. [RV4]
import type { Server } from 'node:http';
import type { BlockList } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { RELAY_PATH } from './addresses.ts';
import { clientAddress, quotaKey } from './client-address.ts';
import type { Traffic } from './metrics.ts';
import type { FrameChannel } from '#lib/ports/channel.ts';
import { MAX_FRAME } from '#lib/protocol/mailbox.ts';

/** A socket that has not answered the last ping by the next one is dead. */
const PING_EVERY = 30_000;
const CLOSE_WITHIN = 500;

export interface WebSocketHost {
	/** Tells everybody and ends what does not end by itself. */
	close(): Promise<void>;
}

export interface WebSocketParts {
	readonly traffic: Traffic;
	readonly trustedProxies: BlockList;
}

/** `client` is one word for whoever connects, for quotas. [RV15] */
export function hostWebSockets(
	server: Server,
	{ traffic, trustedProxies }: WebSocketParts,
	connect: (channel: FrameChannel, client: string) => void,
): WebSocketHost {
	const sockets = new WebSocketServer({
		noServer: true,
		perMessageDeflate: false,
		maxPayload: MAX_FRAME,
		clientTracking: true,
	});
	const answered = new WeakSet<WebSocket>();
	let closing = false;

	server.on('upgrade', (request, socket, head) => {
		// The socket is ours from here on; without this a reset during the handshake would end the process.
		socket.on('error', () => socket.destroy());
		const path = (request.url ?? '').split('?', 1)[0];
		if (closing || path !== RELAY_PATH) {
			socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
			return;
		}
		sockets.handleUpgrade(request, socket, head, (opened) => {
			answered.add(opened);
			opened.on('pong', () => answered.add(opened));
			const client = quotaKey(clientAddress(request, trustedProxies));
			connect(
				channelOf(opened, socket, traffic, () => closing),
				client,
			);
		});
	});

	const ping = setInterval(() => {
		for (const socket of sockets.clients) {
			if (answered.delete(socket)) socket.ping();
			else socket.terminate();
		}
	}, PING_EVERY);

	return {
		close: async () => {
			closing = true;
			clearInterval(ping);
			const open = [...sockets.clients];
			const closed = open.map(
				(socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
			);
			for (const socket of open) socket.close(1001, 'the relay is shutting down');
			const late = setTimeout(() => {
				for (const socket of sockets.clients) socket.terminate();
			}, CLOSE_WITHIN);
			await Promise.all(closed);
			clearTimeout(late);
			sockets.close();
		},
	};
}

function channelOf(
	socket: WebSocket,
	below: Duplex,
	traffic: Traffic,
	goingAway: () => boolean,
): FrameChannel {
	let closed = false;
	let gathering = false;
	traffic.opened();
	/** What one turn has to say to a client leaves in one write: each write is a call of the system. */
	const gather = (): void => {
		if (gathering) return;
		gathering = true;
		below.cork();
		setImmediate(() => {
			gathering = false;
			below.uncork();
		});
	};
	const end = (reason: string): void => {
		if (closed) return;
		closed = true;
		traffic.closed();
		channel.onClose?.(reason);
	};
	const channel: FrameChannel = {
		onFrame: undefined,
		onClose: undefined,
		send: (frame) => {
			if (closed) return;
			traffic.sent(frame.length);
			gather();
			socket.send(frame);
		},
		buffered: () => socket.bufferedAmount,
		close: (reason) => {
			if (closed) return;
			end(reason);
			socket.close(goingAway() ? 1001 : 1008, reason.slice(0, 100));
			// A client that does not read does not answer the close either.
			setTimeout(() => socket.terminate(), 10 * CLOSE_WITHIN).unref();
		},
	};
	socket.binaryType = 'arraybuffer';
	socket.on('message', (data, binary) => {
		if (closed) return;
		if (!binary || !(data instanceof ArrayBuffer)) channel.close('binary frames only');
		else {
			traffic.received(data.byteLength);
			channel.onFrame?.(new Uint8Array(data));
		}
	});
	socket.on('close', (code) => end(`closed (${String(code)})`));
	// Too large or broken frames: ws closes the socket itself, with the right code.
	socket.on('error', () => end('connection error'));
	return channel;
}
