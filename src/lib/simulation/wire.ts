// Simulated channels: frames take a while and arrive in order. While the way is cut they wait, as TCP and data channels
// let them, and are lost only with the channel. A way can be made worse than these: frames doubled and overtaken.
import type { FlowChannel } from '#lib/ports/channel.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { Bytes } from '#lib/util/bytes.ts';

/** A frame as it passes from one node to another, for those who watch. */
export interface Passing {
	readonly from: string;
	readonly to: string;
	readonly frame: Bytes;
	/** check: a probe by which two devices try whether their routers let a direct link through. */
	readonly over: 'relay' | 'direct' | 'check';
	/** When it was sent, by the simulation's clock; it arrives now. */
	readonly left: number;
	/** The router behind which it would have arrived has dropped it. */
	readonly dropped?: boolean;
}

export interface Wire {
	readonly ends: readonly [FlowChannel, FlowChannel];
	/** Both ends see it close, and nothing that was on its way arrives. */
	cut(reason: string): void;
}

export interface Fate {
	readonly times: number;
	/** Milliseconds; 0: in order. */
	readonly late: number;
}

export interface WireOptions {
	readonly clock: Clock;
	/** Milliseconds for the next frame. */
	readonly latency: () => number;
	/** False while nothing gets through. */
	readonly passes: () => boolean;
	readonly watch: (fromFirst: boolean, frame: Bytes, left: number) => void;
	/** What arrives of a frame. */
	readonly tamper: (frame: Bytes) => Bytes;
	/** How often the next frame arrives, and how much later than it should, without holding up those behind it. */
	readonly fate: () => Fate;
	/** Neither end will hear anything any more. */
	readonly onEnd: () => void;
}

/** How long until what did not get through is tried again. */
const RETRANSMIT = 400;

export function createWire(options: WireOptions): Wire {
	const { clock, latency, passes, watch, tamper, fate, onEnd } = options;
	/** An end that has closed, or has heard of it, neither sends nor hears. */
	const closed: [boolean, boolean] = [false, false];
	let over = false;

	const endIfOver = (): void => {
		if (over || !closed[0] || !closed[1]) return;
		over = true;
		onEnd();
	};

	const make = (index: 0 | 1): FlowChannel => {
		const other = (1 - index) as 0 | 1;
		const underWay: { readonly at: number; readonly arrive: () => void }[] = [];
		let moving = false;

		/** Lets arrive what is due, the first first; one that can't holds up those behind it. */
		const move = (): void => {
			moving = false;
			while (underWay[0] !== undefined && underWay[0].at <= clock.now() && passes()) {
				underWay.shift()?.arrive();
			}
			schedule();
		};
		const schedule = (): void => {
			const [next] = underWay;
			if (moving || next === undefined) return;
			moving = true;
			const wait = next.at - clock.now();
			clock.after(wait > 0 ? wait : RETRANSMIT, move);
		};
		const carry = (arrive: () => void): void => {
			const after = underWay.at(-1)?.at ?? 0;
			underWay.push({ at: Math.max(clock.now() + latency(), after), arrive });
			schedule();
		};

		const end: FlowChannel = {
			onFrame: undefined,
			onClose: undefined,
			onDrain: undefined,
			buffered: () => 0,
			send(frame) {
				if (closed[index]) return;
				const copy = frame.slice();
				const left = clock.now();
				const arrive = (): void => {
					if (closed[other]) return;
					watch(index === 0, copy, left);
					ends[other].onFrame?.(tamper(copy));
				};
				const { times, late } = fate();
				for (let n = 0; n < times; n++) {
					if (late === 0) carry(arrive);
					else
						clock.after(late, () => {
							carry(arrive);
						});
				}
			},
			close(reason) {
				if (closed[index]) return;
				closed[index] = true;
				end.onClose?.(reason);
				carry(() => {
					if (closed[other]) return;
					closed[other] = true;
					ends[other].onClose?.(reason);
					endIfOver();
				});
				endIfOver();
			},
		};
		return end;
	};
	const ends: readonly [FlowChannel, FlowChannel] = [make(0), make(1)];

	return {
		ends,
		cut(reason) {
			for (const index of [0, 1] as const) {
				if (closed[index]) continue;
				closed[index] = true;
				clock.after(0, () => ends[index].onClose?.(reason));
			}
			endIfOver();
		},
	};
}
