// Frames for much data that come before anybody listens.
import { expect, it } from 'vitest';
import { createFlowChannel } from '#lib/p2p/flow-channel.ts';

/** Each frame counts 128 bytes more than it is long. */
const FRAME = new Uint8Array(64 * 1024 - 128).fill(7);
const MIB_4 = 4 << 4;

function flow() {
	const ends: string[] = [];
	const owned = createFlowChannel({
		send: () => undefined,
		buffered: () => 0,
		close: (reason) => ends.push(reason),
	});
	const come = (count: number): void => {
		for (let n = 0; n < count; n++) owned.push(FRAME);
	};
	return { ...owned, come, ends };
}

it('[BU3] wait for whoever listens, 4 MiB of them, each once and in order', () => {
	const { link, come, push, ends } = flow();
	come(MIB_4 - 1);
	push(Uint8Array.of(1));
	push(Uint8Array.of(2));
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

it('[BU3] end the way when too many come, however short', () => {
	const { link, push, ends } = flow();
	for (let n = 0; n < 32_000; n++) push(Uint8Array.of(1));
	expect(ends).toEqual([]);
	for (let n = 0; n < 1000; n++) push(Uint8Array.of(1));
	expect(ends).toHaveLength(1);
	expect(link.buffered()).toBe(0);
});
