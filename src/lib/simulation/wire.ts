// Simulated channels: frames take a while, arrive in order, and are lost with the channel when the way is cut.
import type { FrameChannel } from '#lib/ports/channel.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { Bytes } from '#lib/util/bytes.ts';

/** A frame as it passes from one node to another, for those who watch. */
export interface Passing {
	readonly from: string;
	readonly to: string;
	readonly frame: Bytes;
	readonly over: 'relay' | 'direct';
}

export interface Wire {
	readonly ends: readonly [FrameChannel, FrameChannel];
	/** Both ends see it close. */
	cut(reason: string): void;
}

export interface WireOptions {
	readonly clock: Clock;
	/** Milliseconds for the next frame. */
	readonly latency: () => number;
	/** False while nothing gets through; frames sent meanwhile are lost, as on a network that drops them. */
	readonly passes: () => boolean;
	readonly watch: (fromFirst: boolean, frame: Bytes) => void;
}

export function createWire({ clock, latency, passes, watch }: WireOptions): Wire {
	let closed = false;
	const lastArrival = [0, 0];

	const make = (index: 0 | 1): FrameChannel => {
		const end: FrameChannel = {
			onFrame: undefined,
			onClose: undefined,
			buffered: () => 0,
			send(frame) {
				if (closed || !passes()) return;
				const copy = frame.slice();
				const arrival = Math.max(clock.now() + latency(), lastArrival[index] ?? 0);
				lastArrival[index] = arrival;
				clock.after(arrival - clock.now(), () => {
					if (closed || !passes()) return;
					watch(index === 0, copy);
					ends[1 - index]?.onFrame?.(copy);
				});
			},
			close(reason) {
				if (closed) return;
				closed = true;
				end.onClose?.(reason);
				const other = ends[1 - index];
				clock.after(latency(), () => other?.onClose?.(reason));
			},
		};
		return end;
	};
	const ends: readonly [FrameChannel, FrameChannel] = [make(0), make(1)];

	return {
		ends,
		cut(reason) {
			if (closed) return;
			closed = true;
			for (const end of ends) clock.after(0, () => end.onClose?.(reason));
		},
	};
}
