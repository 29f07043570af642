// Two ends of a channel in memory: frames arrive in order, a turn later; a stalled end reads nothing.
import type { FrameChannel } from '#lib/ports/channel.ts';
import type { Bytes } from '#lib/util/bytes.ts';

export interface ChannelEnd extends FrameChannel {
	/** This end stops reading; what is sent to it counts as buffered at the other. */
	stall(): void;
	resume(): void;
	/** Why it closed; undefined while it is open. */
	readonly closed: string | undefined;
}

export function createChannelPair(): readonly [ChannelEnd, ChannelEnd] {
	const a = createEnd();
	const b = createEnd();
	a.joinTo(b);
	b.joinTo(a);
	return [a, b];
}

interface End extends ChannelEnd {
	joinTo(other: End): void;
	take(frame: Bytes): void;
	finish(reason: string): void;
	unread(): number;
}

function createEnd(): End {
	const arrived: Bytes[] = [];
	let other: End | undefined;
	let stalled = false;
	let scheduled = false;
	let closed: string | undefined;

	const deliver = (): void => {
		scheduled = false;
		while (!stalled && closed === undefined && end.onFrame !== undefined) {
			const frame = arrived.shift();
			if (frame === undefined) return;
			end.onFrame(frame);
		}
	};
	const schedule = (): void => {
		if (scheduled) return;
		scheduled = true;
		setImmediate(deliver);
	};
	const end: End = {
		onFrame: undefined,
		onClose: undefined,
		get closed() {
			return closed;
		},
		joinTo: (joined) => {
			other = joined;
		},
		send: (frame) => {
			if (closed === undefined) other?.take(frame.slice());
		},
		take: (frame) => {
			if (closed !== undefined) return;
			arrived.push(frame);
			schedule();
		},
		unread: () => arrived.reduce((sum, frame) => sum + frame.length, 0),
		buffered: () => other?.unread() ?? 0,
		stall: () => {
			stalled = true;
		},
		resume: () => {
			stalled = false;
			schedule();
		},
		finish: (reason) => {
			if (closed !== undefined) return;
			if (!stalled) deliver();
			closed = reason;
			end.onClose?.(reason);
		},
		close: (reason) => {
			if (closed !== undefined) return;
			closed = reason;
			end.onClose?.(reason);
			setImmediate(() => other?.finish(reason));
		},
	};
	return end;
}
