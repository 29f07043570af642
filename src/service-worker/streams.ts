// Answers for the addresses of streams: asks the page that plays one for its bytes, as fast as they are played. Keeps
// nothing, and answers nobody but elements that play or show. [MS1] [MS2] [MS3]
import {
	MORE,
	STOP,
	STREAM_ID,
	STREAM_PATH,
	type StreamAsked,
	type StreamTold,
} from '#lib/protocol/media-stream.ts';
import { showable } from '#lib/protocol/file-type.ts';

declare const self: ServiceWorkerGlobalScope;

const PLAYERS: ReadonlySet<string> = new Set(['video', 'audio', 'image']);
const NOT_FOUND = 404;
const PARTIAL = 206;
const UNSATISFIABLE = 416;

const nothing = (status: number): Response => new Response(null, { status });

const next = <T>(port: MessagePort): Promise<T> =>
	new Promise((resolve) => {
		port.onmessage = ({ data }: MessageEvent<T>) => {
			resolve(data);
		};
	});

function bodyOf(port: MessagePort): ReadableStream<Uint8Array> {
	return new ReadableStream<Uint8Array>(
		{
			async pull(controller) {
				port.postMessage(MORE);
				const part = await next<Uint8Array | null>(port);
				if (part === null) controller.close();
				else controller.enqueue(part);
			},
			cancel() {
				port.postMessage(STOP);
				port.close();
			},
		},
		{ highWaterMark: 1 },
	);
}

export const isStream = (url: URL): boolean => url.pathname.startsWith(STREAM_PATH);

export async function answerStream(request: Request, clientId: string): Promise<Response> {
	const id = new URL(request.url).pathname.slice(STREAM_PATH.length);
	const page = clientId === '' ? undefined : await self.clients.get(clientId);
	if (page === undefined || !STREAM_ID.test(id) || !PLAYERS.has(request.destination)) {
		return nothing(NOT_FOUND);
	}
	const { port1: port, port2 } = new MessageChannel();
	const told = next<StreamTold | null>(port);
	const asked: StreamAsked = { type: 'STREAM', id, range: request.headers.get('range') };
	page.postMessage(asked, [port2]);
	const stream = await told;
	if (stream === null || showable(stream.type) === null) return nothing(NOT_FOUND);
	const { type, size, range } = stream;
	if (range === undefined) {
		const headers = { 'content-range': `bytes */${size}` };
		return new Response(null, { status: UNSATISFIABLE, headers });
	}
	const { from, to } = range ?? { from: 0, to: size };
	return new Response(bodyOf(port), {
		status: range === null ? 200 : PARTIAL,
		headers: {
			'content-type': type,
			'content-length': String(to - from),
			'accept-ranges': 'bytes',
			...(range !== null && { 'content-range': `bytes ${from}-${to - 1}/${size}` }),
			'cache-control': 'no-store',
			'x-content-type-options': 'nosniff',
			'content-security-policy': "default-src 'none'; sandbox",
		},
	});
}
