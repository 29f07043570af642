// A libp2p stream as a frame channel, on either side of it: each frame preceded by its length. [DL18]
// Whole frames in order, as a WebSocket has them, so that what is said over it needs to know no difference.
import type { Stream } from '@libp2p/interface';
import { createFrameReader, joinFrames } from './frame-stream.ts';
import type { FrameChannel } from '#lib/ports/channel.ts';
import type { Bytes } from '#lib/util/bytes.ts';

export interface StreamChannelInit {
	readonly stream: Stream;
	/** Bytes; a longer frame from the other side ends the channel. */
	readonly maxFrame: number;
	/** Called once, when nothing of it is needed any longer. */
	readonly release: () => void;
	/** Counts what goes and comes. */
	readonly sent?: (bytes: number) => void;
	readonly received?: (bytes: number) => void;
}

/** Frames that come before the handler is set wait for it, and so does the end. */
export function createStreamChannel(init: StreamChannelInit): FrameChannel {
	const { stream, maxFrame } = init;
	let onFrame: ((frame: Bytes) => void) | undefined;
	let onClose: ((reason: string) => void) | undefined;
	let reading = false;
	let ended: string | undefined;
	let told = false;

	function tell(): void {
		if (ended === undefined || told || onClose === undefined) return;
		told = true;
		onClose(ended);
	}

	function end(reason: string): void {
		if (ended !== undefined) return;
		ended = reason;
		init.release();
		tell();
	}

	const reader = createFrameReader((frame) => {
		if (ended !== undefined) return;
		init.received?.(frame.length);
		onFrame?.(frame);
	}, maxFrame);

	/** The stream holds back what comes until somebody listens. */
	function read(): void {
		reading = true;
		stream.addEventListener('message', ({ data }) => {
			if (ended === undefined && !reader.push(data.subarray())) end('not a frame');
		});
	}
	const closed = (): void => {
		end('closed by the other side');
	};
	stream.addEventListener('remoteCloseWrite', closed);
	stream.addEventListener('close', closed);

	return {
		send: (frame) => {
			if (ended !== undefined || stream.writeStatus !== 'writable') return;
			init.sent?.(frame.length);
			stream.send(joinFrames([frame]));
		},
		buffered: () => (ended === undefined ? stream.writeBufferLength : 0),
		close: end,
		get onFrame() {
			return onFrame;
		},
		set onFrame(handler) {
			onFrame = handler;
			if (handler !== undefined && !reading && ended === undefined) read();
		},
		get onClose() {
			return onClose;
		},
		set onClose(handler) {
			onClose = handler;
			if (ended !== undefined) queueMicrotask(tell);
		},
	};
}
