// Frames on a direct link between two devices, which may share several spaces. [LK1] [LK2] [BL3] [MT4]
//
// HELLO  [0, tag 32, device 32, device's signature 64]  one for each space shared; tag = HMAC(space key, both link names)
// SPACE  [1, tag 32, padded envelope]   a bucket long or, beyond the largest, whole multiples of it
// PING   [2, number]   PONG [3, number]
// MEET   [4, message]  between two who meet and share nothing yet (meeting.ts)
import { pad, unpad } from './block.ts';
import { blob, bytes, decode, encode, literal, map, tuple, uint, variants, where } from './cbor.ts';
import { BUCKETS, MAX_BLOCK } from './limits.ts';
import { MAX_FRAME } from './space-message.ts';
import type { DecodeError, Shape } from './cbor.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';

export type LinkFrame =
	| {
			readonly type: 'hello';
			readonly tag: Bytes;
			readonly device: Bytes;
			readonly signature: Bytes;
	  }
	| { readonly type: 'space'; readonly tag: Bytes; readonly envelope: Bytes }
	| { readonly type: 'ping'; readonly number: number }
	| { readonly type: 'pong'; readonly number: number }
	| { readonly type: 'meet'; readonly message: Bytes };

/** What two who meet say to each other at once. */
export const MAX_MEETING = 65_536;

const SIZES: readonly number[] = [
	...BUCKETS,
	...Array.from({ length: MAX_FRAME / MAX_BLOCK - 1 }, (_, n) => (n + 2) * MAX_BLOCK),
];

const envelopeShape: Shape<Bytes> = map(
	where(
		map(blob(MAX_FRAME), (value) => ({ value, envelope: unpad(value) })),
		({ value, envelope }) =>
			envelope !== undefined && SIZES.find((size) => size >= envelope.length + 4) === value.length,
		'not padded as it should be',
	),
	({ envelope }) => envelope ?? new Uint8Array(0),
);

const shape: Shape<LinkFrame> = variants<LinkFrame>(
	map(tuple(literal(0), bytes(32), bytes(32), bytes(64)), ([, tag, device, signature]) => ({
		type: 'hello' as const,
		tag,
		device,
		signature,
	})),
	map(tuple(literal(1), bytes(32), envelopeShape), ([, tag, envelope]) => ({
		type: 'space' as const,
		tag,
		envelope,
	})),
	map(tuple(literal(2), uint()), ([, number]) => ({ type: 'ping' as const, number })),
	map(tuple(literal(3), uint()), ([, number]) => ({ type: 'pong' as const, number })),
	map(tuple(literal(4), blob(MAX_MEETING)), ([, message]) => ({ type: 'meet' as const, message })),
);

export function encodeLinkFrame(frame: LinkFrame): Bytes {
	switch (frame.type) {
		case 'hello':
			return encode([0, frame.tag, frame.device, frame.signature]);
		case 'space': {
			const content = pad(frame.envelope, 0, SIZES);
			if (content === undefined) throw new Error('an envelope fits a frame');
			return encode([1, frame.tag, content]);
		}
		case 'ping':
			return encode([2, frame.number]);
		case 'pong':
			return encode([3, frame.number]);
		case 'meet':
			return encode([4, frame.message]);
	}
}

export const decodeLinkFrame = (encoded: Uint8Array): Result<LinkFrame, DecodeError> =>
	decode(shape, encoded, MAX_FRAME + 64);
