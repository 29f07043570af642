// TYPING [16, space 32, device 32, channel (entry id) 32, time (ms), device's signature 64]   somebody is writing there. [TY1]
import { bytes, encode, literal, map, tuple, uint } from './cbor.ts';
import { label } from './labels.ts';
import { concat, type Bytes } from '#lib/util/bytes.ts';

export interface Typing {
	readonly space: Bytes;
	readonly device: Bytes;
	readonly channel: Bytes;
	/** By the device's clock, and after the last entry of its feed. */
	readonly time: number;
	readonly signature: Bytes;
}

const id = bytes(32);
export const typingShape = map(
	tuple(literal(16), id, id, id, uint(), bytes(64)),
	([, space, device, channel, time, signature]) => ({
		type: 'typing' as const,
		...{ space, device, channel, time, signature },
	}),
);

export const typingToTuple = (t: Omit<Typing, 'signature'>): unknown[] => [
	16,
	t.space,
	t.device,
	t.channel,
	t.time,
];

/** The bytes that the device signs. */
export const typingContent = (t: Omit<Typing, 'signature'>): Bytes =>
	concat(label('typing'), encode(typingToTuple(t)));
