// KIN [13, space 32, device 32, account space 32 or null, wants reply, device's signature 64]   own devices that meet
import { bytes, encode, flag, literal, map, optional, tuple } from './cbor.ts';
import { label } from './labels.ts';
import { concat, type Bytes } from '#lib/util/bytes.ts';

/** A device's word to another one of its person, met in a space. */
export interface Kin {
	readonly space: Bytes;
	readonly device: Bytes;
	/** Its account space; null where it has none. */
	readonly account: Bytes | null;
	/** It has not heard yet that the other one's is the same. */
	readonly wantsReply: boolean;
	readonly signature: Bytes;
}

const id = bytes(32);
export const kinShape = map(
	tuple(literal(13), id, id, optional(id), flag, bytes(64)),
	([, space, device, account, wantsReply, signature]) => ({
		type: 'kin' as const,
		...{ space, device, account, wantsReply, signature },
	}),
);

export const kinToTuple = (k: Omit<Kin, 'signature'>): unknown[] => [
	13,
	k.space,
	k.device,
	k.account,
	k.wantsReply,
];

/** The bytes that the device signs. */
export const kinContent = (k: Omit<Kin, 'signature'>): Bytes =>
	concat(label('kin'), encode(kinToTuple(k)));
