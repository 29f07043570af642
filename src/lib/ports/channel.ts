// A message channel to one other node: whole frames, in order, until it closes. What carries it is not known here.
import type { Bytes } from '#lib/util/bytes.ts';

export interface FrameChannel {
	/** Queues one frame. After the close it does nothing: the close handler has told. */
	send(frame: Uint8Array): void;
	/** Frames and the end are delivered to these; set both before the first await after getting the channel. */
	onFrame: ((frame: Bytes) => void) | undefined;
	onClose: ((reason: string) => void) | undefined;
	/** Bytes accepted by send and not yet handed to the network. */
	buffered(): number;
	close(reason: string): void;
}

/** A channel for much data: whoever fills it is told when there is room again. */
export interface FlowChannel extends FrameChannel {
	/** Called when most of what was buffered has left; not before `buffered()` was above a megabyte. */
	onDrain: (() => void) | undefined;
}
