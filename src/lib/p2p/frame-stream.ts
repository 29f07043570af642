// Frames on a stream of bytes: each preceded by its length as an unsigned varint. [DL10]
// Knows nothing of what carries the bytes, nor of what the frames say.
import { MAX_FRAME } from '#lib/protocol/space-message.ts';
import type { Bytes } from '#lib/util/bytes.ts';

/** A frame of the protocol with the tag and the kind around it. */
export const MAX_LINK_FRAME = MAX_FRAME + 64;
/** Bytes of the longest length: 7 bits in each. */
const MAX_LENGTH_BYTES = 3;

/** Frames and their lengths in one piece, as they go onto the stream. Throws for a frame that is too long: a bug. */
export function joinFrames(frames: readonly Uint8Array[]): Bytes {
	let size = 0;
	for (const { length } of frames) {
		if (length > MAX_LINK_FRAME) throw new RangeError(`frame of ${length} bytes`);
		size += length + lengthSize(length);
	}
	const joined = new Uint8Array(size);
	let at = 0;
	for (const frame of frames) {
		let rest = frame.length;
		while (rest > 0x7f) {
			joined[at++] = (rest & 0x7f) | 0x80;
			rest >>>= 7;
		}
		joined[at++] = rest;
		joined.set(frame, at);
		at += frame.length;
	}
	return joined;
}

const lengthSize = (length: number): number => (length < 0x80 ? 1 : length < 0x4000 ? 2 : 3);

export interface FrameReader {
	/**
	 * Takes the next bytes of the stream, whatever their boundaries; delivers each frame that they complete, in a
	 * buffer of its own. False: the length is not one (too long, or not in its shortest form), and nothing more comes.
	 */
	push(bytes: Uint8Array): boolean;
}

/** Holds at most one frame that has begun: `most` bytes, which is also the longest that is taken. */
export function createFrameReader(
	deliver: (frame: Bytes) => void,
	most = MAX_LINK_FRAME,
): FrameReader {
	let length = 0;
	let lengthBytes = 0;
	let frame: Bytes | undefined;
	let filled = 0;
	let broken = false;

	/** Takes one byte of a length; false when it can't be one. */
	function takeLengthByte(byte: number): boolean {
		length |= (byte & 0x7f) << (7 * lengthBytes);
		lengthBytes += 1;
		if ((byte & 0x80) !== 0) return lengthBytes < MAX_LENGTH_BYTES;
		if (length > most || (byte === 0 && lengthBytes > 1)) return false;
		frame = new Uint8Array(length);
		filled = 0;
		return true;
	}

	return {
		push: (bytes) => {
			let at = 0;
			while (!broken && (at < bytes.length || frame?.length === filled)) {
				if (frame === undefined) {
					broken = !takeLengthByte(bytes[at++] ?? 0);
					continue;
				}
				const part = bytes.subarray(at, at + frame.length - filled);
				frame.set(part, filled);
				filled += part.length;
				at += part.length;
				if (filled < frame.length) continue;
				const whole = frame;
				frame = undefined;
				length = 0;
				lengthBytes = 0;
				deliver(whole);
			}
			return !broken;
		},
	};
}
