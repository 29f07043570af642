// A direct link: frames over a proven stream of bytes. Ends once, with a reason, whoever ends it. [DL10] [DL12] [DL14]
// Knows neither how the stream was secured nor what the frames say.
import { createFrameReader, joinFrames, MAX_LINK_FRAME } from './frame-stream.ts';
import type { PathReport } from './link-health.ts';
import type { FlowChannel } from '#lib/ports/channel.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { DirectLink } from '#lib/ports/direct-dialer.ts';
import type { Bytes } from '#lib/util/bytes.ts';

/** What carries the frames. */
export interface ByteStream {
	send(bytes: Uint8Array): void;
	/** Bytes accepted and not yet handed to the network. */
	buffered(): number;
	/** Starts delivery; what came before is delivered first. `onEnd` is called when the other side writes no more. */
	read(onBytes: (bytes: Uint8Array) => void, onEnd: () => void): void;
	/** Closes after what was sent has left, or at the signal. Never rejects. */
	finish(signal: AbortSignal): Promise<void>;
	/** Closes now. */
	abort(reason: string): void;
}

/** Further streams over the same connection, for files. */
export interface FileStreams {
	/** Rejects when the connection has ended. */
	open(): Promise<FlowChannel>;
	/** Called with those that the other side opens. */
	onOpened: ((channel: FlowChannel) => void) | undefined;
}

export interface DirectLinkInit {
	readonly stream: ByteStream;
	readonly files: FileStreams;
	readonly clock: Clock;
	readonly path: () => Promise<PathReport>;
	/** Called once, when the link has ended and nothing of it is needed any longer. */
	readonly release: () => void;
}

export interface OwnedLink {
	readonly link: DirectLink;
	/** The connection underneath is gone. */
	lost(reason: string): void;
}

const MEASURE_EVERY = 3000;
/** How long frames sent before a close have to leave. */
const FINISH_WITHIN = 2000;

export function createDirectLink({
	stream,
	files,
	clock,
	path,
	release,
}: DirectLinkInit): OwnedLink {
	let onFrame: ((frame: Bytes) => void) | undefined;
	let onClose: ((reason: string) => void) | undefined;
	let reading = false;
	let ended: string | undefined;
	let told = false;
	let waiting: Uint8Array[] = [];
	let waitingBytes = 0;
	let roundTrip: number | undefined;
	let stopMeasuring: (() => void) | undefined;

	const reader = createFrameReader((frame) => {
		if (ended === undefined) onFrame?.(frame);
	});

	function measure(): void {
		stopMeasuring = clock.after(MEASURE_EVERY, measure);
		void path().then((report) => (roundTrip = report.roundTrip ?? roundTrip));
	}

	/** Many small frames sent in one go leave in one piece: each piece costs an encryption and a message. */
	function flush(): void {
		if (waiting.length === 0) return;
		const bytes = joinFrames(waiting);
		waiting = [];
		waitingBytes = 0;
		stream.send(bytes);
	}

	function tell(): void {
		if (ended === undefined || told || onClose === undefined) return;
		told = true;
		onClose(ended);
	}

	function end(reason: string): boolean {
		if (ended !== undefined) return false;
		ended = reason;
		waiting = [];
		waitingBytes = 0;
		stopMeasuring?.();
		tell();
		return true;
	}

	function lost(reason: string): void {
		if (!end(reason)) return;
		stream.abort(reason);
		release();
	}

	async function finish(): Promise<void> {
		const late = new AbortController();
		const stopTimer = clock.after(FINISH_WITHIN, () => {
			late.abort();
		});
		await stream.finish(late.signal);
		stopTimer();
		stream.abort('closed');
		release();
	}

	function startReading(): void {
		reading = true;
		stream.read(
			(bytes) => {
				if (ended === undefined && !reader.push(bytes)) lost('not a frame');
			},
			() => {
				lost('closed by the other side');
			},
		);
	}

	measure();
	return {
		lost,
		link: {
			send: (frame) => {
				if (ended !== undefined) return;
				if (frame.length > MAX_LINK_FRAME) throw new RangeError(`frame of ${frame.length} bytes`);
				if (waiting.length === 0) queueMicrotask(flush);
				waiting.push(frame);
				waitingBytes += frame.length;
			},
			buffered: () => (ended === undefined ? waitingBytes + stream.buffered() : 0),
			close: (reason) => {
				if (ended !== undefined) return;
				flush();
				if (end(reason)) void finish();
			},
			roundTrip: () => roundTrip,
			route: async () => (await path()).route,
			openFiles: async () =>
				ended === undefined ? files.open().catch(() => undefined) : undefined,
			get onFiles() {
				return files.onOpened;
			},
			set onFiles(handler) {
				files.onOpened = handler;
			},
			get onFrame() {
				return onFrame;
			},
			set onFrame(handler) {
				onFrame = handler;
				if (handler !== undefined && !reading && ended === undefined) startReading();
			},
			get onClose() {
				return onClose;
			},
			set onClose(handler) {
				onClose = handler;
				// The end may have come before anybody could be told.
				if (ended !== undefined) queueMicrotask(tell);
			},
		},
	};
}
