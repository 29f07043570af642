// A way for much data: each frame leaves at once, and whoever sends learns when there is room again. What comes before
// anybody listens waits, within bounds. [BU2] [BU3]
import type { FlowChannel } from '#lib/ports/channel.ts';
import type { Bytes } from '#lib/util/bytes.ts';

/** What carries the frames. */
export interface FlowCarrier {
	send(frame: Uint8Array): void;
	/** Bytes accepted and not yet handed to the network. */
	buffered(): number;
	/** Ends it; what was sent may be lost. */
	close(reason: string): void;
}

export interface OwnedFlow {
	readonly link: FlowChannel;
	/** A frame came, in a buffer of its own. */
	push(frame: Bytes): void;
	/** There is room again. */
	drained(): void;
	/** What carried them is gone. */
	lost(reason: string): void;
}

/** Bytes of frames that wait for somebody to take them, and what each counts besides: it takes room, however short. */
const MAX_WAITING = 4 << 20;
const FRAME_COST = 128;

export function createFlowChannel(carrier: FlowCarrier): OwnedFlow {
	let onFrame: ((frame: Bytes) => void) | undefined;
	let onClose: ((reason: string) => void) | undefined;
	let waiting: Bytes[] = [];
	let waitingBytes = 0;
	let ended: string | undefined;
	let told = false;

	function push(frame: Bytes): void {
		if (ended !== undefined) return;
		if (onFrame !== undefined) {
			onFrame(frame);
			return;
		}
		waiting.push(frame);
		waitingBytes += frame.length + FRAME_COST;
		if (waitingBytes > MAX_WAITING) end('nobody takes what comes');
	}

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
		carrier.close(reason);
	}

	const link: FlowChannel = {
		onDrain: undefined,
		send(frame) {
			if (ended === undefined) carrier.send(frame);
		},
		buffered: () => (ended === undefined ? carrier.buffered() : 0),
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
		push,
		drained() {
			if (ended === undefined) link.onDrain?.();
		},
		lost,
	};
}
