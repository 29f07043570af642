// A libp2p stream as frames, as the relay and the page have it.
import type { Stream } from '@libp2p/interface';
import { describe, expect, it } from 'vitest';
import { joinFrames } from '#lib/p2p/frame-stream.ts';
import { createStreamChannel } from '#lib/p2p/stream-channel.ts';
import type { FrameChannel } from '#lib/ports/channel.ts';
import { concat } from '#lib/util/bytes.ts';

/** The little of a stream that is used; what goes out is kept, what comes in is held until somebody listens. */
class FakeStream extends EventTarget {
	writeStatus = 'writable';
	writeBufferLength = 5;
	readonly out: Uint8Array[] = [];
	send(bytes: Uint8Array): void {
		this.out.push(bytes);
	}
	arrive(bytes: Uint8Array): void {
		const data = { subarray: () => bytes };
		this.dispatchEvent(Object.assign(new Event('message'), { data }));
	}
}

const setUp = (): {
	readonly stream: FakeStream;
	readonly channel: FrameChannel;
	readonly frames: number[][];
	readonly ends: string[];
	readonly released: () => number;
} => {
	const stream = new FakeStream();
	let released = 0;
	const channel = createStreamChannel({
		stream: stream as unknown as Stream,
		maxFrame: 100,
		release: () => (released += 1),
	});
	const frames: number[][] = [];
	const ends: string[] = [];
	channel.onFrame = (frame) => frames.push([...frame]);
	channel.onClose = (reason) => ends.push(reason);
	return { stream, channel, frames, ends, released: () => released };
};
const frame = (...bytes: number[]): Uint8Array => new Uint8Array(bytes);

describe('a stream to a relay', () => {
	it('[DL18] carries whole frames, however they are cut', () => {
		const { stream, channel, frames } = setUp();
		const bytes = joinFrames([frame(1, 2, 3), frame(), frame(4)]);
		for (const byte of bytes) stream.arrive(frame(byte));
		stream.arrive(concat(bytes, bytes));
		expect(frames).toEqual([[1, 2, 3], [], [4], [1, 2, 3], [], [4], [1, 2, 3], [], [4]]);
		channel.send(frame(9, 9));
		expect(stream.out).toEqual([joinFrames([frame(9, 9)])]);
		expect(channel.buffered()).toBe(5);
	});

	it('[DL18] ends at a frame that is too long, before it is there', () => {
		const { stream, channel, frames, ends, released } = setUp();
		stream.arrive(frame(101));
		expect(ends).toEqual(['not a frame']);
		stream.arrive(joinFrames([frame(1)]));
		channel.send(frame(1));
		channel.close('again');
		expect([frames, stream.out, ends.length, released()]).toEqual([[], [], 1, 1]);
	});

	it.each(['close', 'remoteCloseWrite'])(
		'[DL18] tells once that the other side is gone (%s)',
		(event) => {
			const { stream, ends, released } = setUp();
			stream.dispatchEvent(new Event(event));
			stream.dispatchEvent(new Event('close'));
			expect(ends).toEqual(['closed by the other side']);
			expect(released()).toBe(1);
		},
	);

	it('[DL18] tells an end that came before anybody could be told', async () => {
		const stream = new FakeStream();
		const init = { stream: stream as unknown as Stream, maxFrame: 9, release: () => undefined };
		const channel = createStreamChannel(init);
		stream.dispatchEvent(new Event('close'));
		const told = await new Promise((resolve) => (channel.onClose = resolve));
		expect(told).toBe('closed by the other side');
	});
});
