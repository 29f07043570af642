import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFrameReader, joinFrames, MAX_LINK_FRAME } from '#lib/p2p/frame-stream.ts';

function read(stream: Uint8Array, cuts: readonly number[]): { frames: Uint8Array[]; ok: boolean } {
	const frames: Uint8Array[] = [];
	const reader = createFrameReader((frame) => frames.push(frame));
	const edges = [...cuts.map((cut) => cut % (stream.length + 1)), stream.length].sort(
		(a, b) => a - b,
	);
	let from = 0;
	let ok = true;
	for (const to of edges) {
		ok = reader.push(stream.subarray(from, to));
		from = to;
	}
	return { frames, ok };
}

describe('a stream of frames', () => {
	it('[DL10] gives each frame whole, however the bytes arrive', () => {
		const frame = fc.oneof(
			fc.uint8Array({ maxLength: 20 }),
			fc.uint8Array({ minLength: 120, maxLength: 140 }),
		);
		fc.assert(
			fc.property(
				fc.array(frame, { maxLength: 20 }),
				fc.array(fc.nat(), { maxLength: 40 }),
				(frames, cuts) => {
					expect(read(joinFrames(frames), cuts)).toEqual({ frames, ok: true });
				},
			),
		);
	});

	it('[DL10] takes the longest frame and refuses a longer one', () => {
		const longest = new Uint8Array(MAX_LINK_FRAME).fill(7);
		const stream = joinFrames([longest]);
		expect(read(stream, [1, 2, 3, 100_000])).toEqual({ frames: [longest], ok: true });
		expect(() => joinFrames([new Uint8Array(MAX_LINK_FRAME + 1)])).toThrow(RangeError);
		const tooLong = MAX_LINK_FRAME + 1;
		const length = [(tooLong & 0x7f) | 0x80, ((tooLong >> 7) & 0x7f) | 0x80, tooLong >> 14];
		expect(read(Uint8Array.from(length), [])).toEqual({ frames: [], ok: false });
	});

	it.each([
		['four bytes', [0x80, 0x80, 0x80, 0x01]],
		['a longer spelling', [0x85, 0x00]],
	])('[DL10] refuses a length of %s and all that follows', (_, bytes) => {
		const reader = createFrameReader(() => expect.unreachable());
		expect(reader.push(Uint8Array.from(bytes))).toBe(false);
		expect(reader.push(Uint8Array.of(1, 1))).toBe(false);
	});

	it('[DL10] takes anything without throwing', () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat()), (bytes, cuts) => {
				expect(typeof read(bytes, cuts).ok).toBe('boolean');
			}),
		);
	});
});
