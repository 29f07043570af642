// The page's side of streams: gives the service worker the bytes that it asks for, one part at a time, and ends reading
// when nobody plays any longer. [MS1] [MS3]
import { byteRangeIn } from '#lib/protocol/byte-range.ts';
import {
	MORE,
	STOP,
	STREAM_PATH,
	type StreamAsked,
	type StreamTold,
} from '#lib/protocol/media-stream.ts';
import type { MediaStreams, StreamSource } from '#lib/ports/media-streams.ts';
import type { Random } from '#lib/ports/random.ts';
import { toHex } from '#lib/util/bytes.ts';

type Workers = Pick<ServiceWorkerContainer, 'controller' | 'addEventListener' | 'startMessages'>;

function isAsked(data: unknown): data is StreamAsked {
	return typeof data === 'object' && data !== null && 'type' in data && data.type === 'STREAM';
}

function serve(source: StreamSource | undefined, range: string | null, port: MessagePort): void {
	if (source === undefined) {
		port.postMessage(null);
		return;
	}
	const { type, size } = source;
	const part = byteRangeIn(range, size);
	const told: StreamTold = { type, size, range: part };
	const { from, to } = part ?? { from: 0, to: size };
	const parts = source.read(from, to);
	const end = async (): Promise<void> => {
		port.close();
		await parts.return(undefined);
	};
	port.onmessage = ({ data }: MessageEvent<unknown>) => {
		if (data === STOP) void end();
		if (data !== MORE) return;
		void parts.next().then(
			(next) => {
				port.postMessage(next.done === true ? null : next.value);
			},
			() => {
				port.postMessage(null);
			},
		);
	};
	port.postMessage(told);
	if (part === undefined) void end();
}

export function createMediaStreams(
	workers: Workers | undefined,
	random: Pick<Random, 'bytes'>,
): MediaStreams {
	const sources = new Map<string, StreamSource>();
	workers?.addEventListener('message', ({ data, ports }: MessageEvent<unknown>) => {
		const [port] = ports;
		if (isAsked(data) && port !== undefined) serve(sources.get(data.id), data.range, port);
	});
	workers?.startMessages();
	return {
		open(source) {
			// Nobody is in charge of a page that was loaded past its worker.
			if (!workers?.controller) return null;
			const id = toHex(random.bytes(16));
			sources.set(id, source);
			return { url: STREAM_PATH + id, close: () => sources.delete(id) };
		},
	};
}
