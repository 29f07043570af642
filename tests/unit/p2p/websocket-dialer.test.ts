// The platform's WebSocket against a real server on this machine.
import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer, type WebSocket as ServerSocket } from 'ws';
import { createManualClock } from '../../support/manual-clock.ts';
import { createWebSocketDialer, MAX_RELAY_FRAME } from '#lib/p2p/websocket-dialer.ts';
import type { FrameChannel } from '#lib/ports/channel.ts';
import { unwrap } from '#lib/util/result.ts';
import { until } from '../../support/until.ts';

const closing: (() => void)[] = [];
afterEach(() => {
	for (const close of closing.splice(0)) close();
});

async function relay(
	greet?: (socket: ServerSocket) => void,
): Promise<{ url: string; accepted: Promise<ServerSocket> }> {
	const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
	closing.push(() => {
		for (const client of server.clients) client.terminate();
		server.close();
	});
	const accepted = new Promise<ServerSocket>((resolve) => {
		server.on('connection', (socket) => {
			greet?.(socket);
			resolve(socket);
		});
	});
	await new Promise((resolve) => server.once('listening', resolve));
	return { url: `ws://127.0.0.1:${portOf(server)}/relay`, accepted };
}

const portOf = (server: { address(): unknown }): number =>
	(server.address() as { port: number }).port;

function listen(channel: FrameChannel): { frames: Uint8Array[]; closes: string[] } {
	const heard = { frames: [] as Uint8Array[], closes: [] as string[] };
	channel.onFrame = (frame) => heard.frames.push(frame);
	channel.onClose = (reason) => heard.closes.push(reason);
	return heard;
}

const clock = createManualClock();
const dialer = createWebSocketDialer({ clock });

describe('a relay channel', () => {
	it('[DL17] carries frames both ways, the first one said included', async () => {
		const { url, accepted } = await relay((socket) => {
			socket.send(Uint8Array.of(1, 2));
		});
		const channel = unwrap(await dialer.dial(url));
		await new Promise((resolve) => setTimeout(resolve, 0));
		const heard = listen(channel);
		await until(() => expect(heard.frames).toEqual([Uint8Array.of(1, 2)]));
		const socket = await accepted;
		const received = new Promise((resolve) => socket.once('message', resolve));
		const frame = new Uint8Array(MAX_RELAY_FRAME).fill(3);
		channel.send(frame);
		expect(channel.buffered()).toBeGreaterThan(0);
		expect(Buffer.from(frame).equals((await received) as Buffer)).toBe(true);
		socket.send(frame);
		await until(() => expect(heard.frames[1]).toHaveLength(MAX_RELAY_FRAME));
		await until(() => expect(channel.buffered()).toBe(0));
		channel.close('done');
	});

	it('[DL17] ends once: by us', async () => {
		const { url, accepted } = await relay();
		const channel = unwrap(await dialer.dial(url));
		const heard = listen(channel);
		const closed = accepted.then(
			(socket) => new Promise((resolve) => socket.once('close', resolve)),
		);
		channel.close('enough');
		channel.close('again');
		channel.send(Uint8Array.of(1));
		expect(heard.closes).toEqual(['enough']);
		expect(await closed).toBe(1000);
		expect(heard.closes).toEqual(['enough']);
	});

	it('[DL17] ends once: by the relay, after its last words', async () => {
		const { url } = await relay((socket) => {
			socket.send(Uint8Array.of(7));
			socket.close(1001);
		});
		const sockets: WebSocket[] = [];
		class Noted extends WebSocket {
			constructor(address: string | URL) {
				super(address);
				sockets.push(this);
			}
		}
		const channel = unwrap(await createWebSocketDialer({ clock, socket: Noted }).dial(url));
		const heard: unknown[] = [];
		channel.onClose = (reason) => heard.push(reason);
		await until(() => expect(sockets[0]?.readyState).toBe(WebSocket.CLOSED));
		await new Promise((resolve) => setImmediate(resolve));
		expect(heard).toEqual([]);
		channel.onFrame = (frame) => heard.push(frame);
		await until(() => expect(heard).toEqual([Uint8Array.of(7), 'closed by the relay (1001)']));
	});

	it.each([
		['a frame that is too large', new Uint8Array(MAX_RELAY_FRAME + 1), 'frame too large'],
		['text', 'hello', 'not a frame'],
	])('[DL17] ends at %s', async (_, data, reason) => {
		const { url, accepted } = await relay();
		const heard = listen(unwrap(await dialer.dial(url)));
		const socket = await accepted;
		const code = new Promise((resolve) => socket.once('close', resolve));
		socket.send(data);
		await until(() => expect(heard.closes).toEqual([reason]));
		expect(heard.frames).toEqual([]);
		expect(await code).toBe(4002);
	});

	it('[DL17] keeps no more than a few frames for nobody', async () => {
		const { url } = await relay((socket) => {
			for (let i = 0; i < 20; i++) socket.send(Uint8Array.of(i));
		});
		const channel = unwrap(await dialer.dial(url));
		const closes: string[] = [];
		channel.onClose = (reason) => closes.push(reason);
		await until(() => expect(closes).toEqual(['nobody takes the frames']));
	});
});

describe('dialling a relay', () => {
	it('[DL16] that does not listen is an error', async () => {
		const server = createServer().listen(0, '127.0.0.1');
		await new Promise((resolve) => server.once('listening', resolve));
		const port = portOf(server);
		await new Promise((resolve) => server.close(resolve));
		expect(await dialer.dial(`ws://127.0.0.1:${port}`)).toMatchObject({
			error: { type: 'unreachable' },
		});
	});

	it.each(['http://relay.example', 'relay.example', 'ws://', 'ws://user@relay.example'])(
		'[DL16] at %s is an error',
		async (url) => {
			expect(await dialer.dial(url)).toMatchObject({ error: { type: 'unreachable' } });
		},
	);

	async function silent(): Promise<string> {
		const server: Server = createServer(() => {}).listen(0, '127.0.0.1');
		closing.push(() => server.close());
		await new Promise((resolve) => server.once('listening', resolve));
		return `ws://127.0.0.1:${portOf(server)}`;
	}

	it('[DL16] that says nothing ends after 10 s', async () => {
		const dialling = dialer.dial(await silent());
		clock.advance(9999);
		const undecided = Symbol();
		expect(await Promise.race([dialling, Promise.resolve(undecided)])).toBe(undecided);
		clock.advance(1);
		expect(await dialling).toMatchObject({ error: { type: 'timeout' } });
	});

	it('[DL16] can be given up, before and while it goes on', async () => {
		const url = await silent();
		const controller = new AbortController();
		const dialling = dialer.dial(url, controller.signal);
		controller.abort();
		for (const result of [await dialling, await dialer.dial(url, controller.signal)]) {
			expect(result).toMatchObject({ error: { type: 'unreachable', detail: 'cancelled' } });
		}
	});

	it('[DL16] over plain ws where the page may not is insecure', async () => {
		const refusing = function refuse(): never {
			throw new DOMException('mixed content', 'SecurityError');
		} as unknown as typeof WebSocket;
		expect(
			await createWebSocketDialer({ clock, socket: refusing }).dial('ws://relay.example'),
		).toMatchObject({ error: { type: 'insecure' } });
	});
});
