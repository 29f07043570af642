// Mailbox connections over WebSocket: each one becomes a frame channel for the machine. [RV4]
import type { Server } from 'node:http';
import type { BlockList } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
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
	/** No handler of a socket's is made where the request is in reach: it would be kept for as long as the socket. */
	function pong(this: WebSocket): void {
		answered.add(this);
	}
	let closing = false;
	const isClosing = (): boolean => closing;

	server.on('upgrade', (request, socket, head) => {
		// The socket is ours from here on; without this a reset during the handshake would end the process.
		socket.on('error', destroy);
		const path = (request.url ?? '').split('?', 1)[0];
		if (closing || path !== RELAY_PATH) {
			socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
			return;
		}
		sockets.handleUpgrade(request, socket, head, (opened) => {
			answered.add(opened);
			opened.on('pong', pong);
			const client = quotaKey(clientAddress(request, trustedProxies));
			connect(new SocketChannel(opened, socket, traffic, isClosing), client);
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

function destroy(this: Duplex): void {
	this.destroy();
}

/** One object of one shape for each of thousands of sockets, and one handler for all of them. */
class SocketChannel implements FrameChannel {
	onFrame: FrameChannel['onFrame'] = undefined;
	onClose: FrameChannel['onClose'] = undefined;
	readonly #socket: WebSocket;
	readonly #below: Duplex;
	readonly #traffic: Traffic;
	readonly #goingAway: () => boolean;
	#closed = false;
	#gathering = false;

	constructor(socket: WebSocket, below: Duplex, traffic: Traffic, goingAway: () => boolean) {
		this.#socket = socket;
		this.#below = below;
		this.#traffic = traffic;
		this.#goingAway = goingAway;
		traffic.opened();
		socket.binaryType = 'arraybuffer';
		channels.set(socket, this);
		socket.on('message', onMessage);
		socket.on('close', onClose);
		socket.on('error', onError);
	}

	send(frame: Uint8Array): void {
		if (this.#closed) return;
		this.#traffic.sent(frame.length);
		this.#gather();
		this.#socket.send(frame);
	}
	buffered(): number {
		return this.#socket.bufferedAmount;
	}
	close(reason: string): void {
		if (this.#closed) return;
		this.end(reason);
		this.#socket.close(this.#goingAway() ? 1001 : 1008, reason.slice(0, 100));
		// A client that does not read does not answer the close either.
		setTimeout(() => this.#socket.terminate(), 10 * CLOSE_WITHIN).unref();
	}

	receive(data: RawData, isBinary: boolean): void {
		if (this.#closed) return;
		if (!isBinary || !(data instanceof ArrayBuffer)) {
			this.close('binary frames only');
			return;
		}
		this.#traffic.received(data.byteLength);
		this.onFrame?.(new Uint8Array(data));
	}
	end(reason: string): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#traffic.closed();
		this.onClose?.(reason);
	}
	/** What one turn has to say to a client leaves in one write: each write is a call of the system. */
	#gather(): void {
		if (this.#gathering) return;
		this.#gathering = true;
		this.#below.cork();
		setImmediate(() => {
			this.#gathering = false;
			this.#below.uncork();
		});
	}
}

const channels = new WeakMap<WebSocket, SocketChannel>();
function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
	channels.get(this)?.receive(data, isBinary);
}
function onClose(this: WebSocket, code: number): void {
	channels.get(this)?.end(`closed (${String(code)})`);
}
/** Too large or broken frames: ws closes the socket itself, with the right code. */
function onError(this: WebSocket): void {
	channels.get(this)?.end('connection error');
}
