// Frames for much data over a stream of bytes: each leaves at once, and whoever sends learns when there is room again.
// What comes before anybody listens waits, within bounds. [BU2] [BU3]
import { createFrameReader, joinFrames } from './frame-stream.ts';
import type { FlowChannel } from '#lib/ports/channel.ts';
import type { Bytes } from '#lib/util/bytes.ts';

/** What carries it. */
export interface FlowStream {
	send(bytes: Bytes): void;
	/** Bytes accepted and not yet handed to the network. */
	buffered(): number;
	/** Ends it; what was sent may be lost. */
	close(reason: string): void;
}

export interface OwnedFlow {
	readonly link: FlowChannel;
	/** Bytes came. */
	push(bytes: Uint8Array): void;
	/** There is room again. */
	drained(): void;
	/** The stream is gone. */
	lost(reason: string): void;
}

/** Bytes of frames that wait for somebody to take them. */
const MAX_WAITING = 4 << 20;

export function createFlowChannel(stream: FlowStream): OwnedFlow {
	let onFrame: ((frame: Bytes) => void) | undefined;
	let onClose: ((reason: string) => void) | undefined;
	let waiting: Bytes[] = [];
	let waitingBytes = 0;
	let ended: string | undefined;
	let told = false;

	const reader = createFrameReader((frame) => {
		if (ended !== undefined) return;
		if (onFrame !== undefined) {
			onFrame(frame);
			return;
		}
		waiting.push(frame);
		waitingBytes += frame.length;
		if (waitingBytes > MAX_WAITING) end('nobody takes what comes');
	});

	function tell(): void {
		if (ended === undefined || told || onClose === undefined) return;
		told = true;
		onClose(ended);
	}

	function lost(reason: string): void {
		if (ended !== undefined) return;
		ended = reason;
		waiting = [];
		tell();
	}

	function end(reason: string): void {
		if (ended !== undefined) return;
		lost(reason);
		stream.close(reason);
	}

	const link: FlowChannel = {
		onDrain: undefined,
		send(frame) {
			if (ended === undefined) stream.send(joinFrames([frame]));
		},
		buffered: () => (ended === undefined ? stream.buffered() : 0),
		close: end,
		get onFrame() {
			return onFrame;
		},
		set onFrame(handler) {
			onFrame = handler;
			const held = waiting;
			waiting = [];
			waitingBytes = 0;
			for (const frame of held) onFrame?.(frame);
		},
		get onClose() {
			return onClose;
		},
		set onClose(handler) {
			onClose = handler;
			// The end may have come before anybody could be told.
			if (ended !== undefined) queueMicrotask(tell);
		},
	};

	return {
		link,
		push(bytes) {
			if (ended === undefined && !reader.push(bytes)) end('not a frame');
		},
		drained() {
			if (ended === undefined) link.onDrain?.();
		},
		lost,
	};
}
