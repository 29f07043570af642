// Frames for much data that come before anybody listens.
import { expect, it } from 'vitest';
import { createFlowChannel } from '#lib/p2p/flow-channel.ts';
import { joinFrames } from '#lib/p2p/frame-stream.ts';

const FRAME = new Uint8Array(64 * 1024).fill(7);
const MIB_4 = (4 << 20) / FRAME.length;

function flow() {
	const ends: string[] = [];
	const owned = createFlowChannel({
		send: () => undefined,
		buffered: () => 0,
		close: (reason) => ends.push(reason),
	});
	const come = (count: number): void => {
		for (let n = 0; n < count; n++) owned.push(joinFrames([FRAME]));
	};
	return { ...owned, come, ends };
}

it('[BU3] wait for whoever listens, 4 MiB of them, each once and in order', () => {
	const { link, come, push, ends } = flow();
	come(MIB_4 - 1);
	push(joinFrames([Uint8Array.of(1), Uint8Array.of(2)]));
	const sizes: number[] = [];
	link.onFrame = ({ length }) => sizes.push(length);
	expect(sizes).toEqual([...Array<number>(MIB_4 - 1).fill(FRAME.length), 1, 1]);
	// What was taken is no longer waiting.
	come(MIB_4 * 2);
	expect(sizes).toHaveLength(MIB_4 * 3 + 1);
	expect(ends).toEqual([]);
});

it('[BU3] end the way beyond that, and nothing of them is given any more', async () => {
	const { link, come, ends } = flow();
	come(MIB_4);
	expect(ends).toEqual([]);
	come(1);
	expect(ends).toHaveLength(1);
	const frames: unknown[] = [];
	link.onFrame = (frame) => frames.push(frame);
	const told = new Promise((resolve) => {
		link.onClose = resolve;
	});
	expect(await told).toBe(ends[0]);
	expect(frames).toEqual([]);
});
