// Formats of who people and their devices are. [ID1] [ID2] [ID3]
//
// certificate  [1, root public key 32, device key 32, device name, time, root's signature 64]
// prekey       [1, device key 32, X25519 public key 32, time, device's signature 64]
// member       [certificate, prekey, person's name]
import { MAX_NAME } from './limits.ts';
import { bytes, encode, literal, map, text, tuple, uint, type Shape } from './cbor.ts';
import type { Bytes } from '#lib/util/bytes.ts';

/** The root's word that a device is its own. */
export interface Certificate {
	readonly rootKey: Bytes;
	readonly deviceKey: Bytes;
	readonly deviceName: string;
	readonly time: number;
	readonly signature: Bytes;
}

/** A device's present key for receiving; the latest time wins. */
export interface Prekey {
	readonly deviceKey: Bytes;
	readonly publicKey: Bytes;
	readonly time: number;
	readonly signature: Bytes;
}

/** One device of one person as a space knows it. */
export interface Member {
	readonly certificate: Certificate;
	readonly prekey: Prekey;
	readonly name: string;
}

export const certificateToTuple = (c: Omit<Certificate, 'signature'>): unknown[] => [
	1,
	c.rootKey,
	c.deviceKey,
	c.deviceName,
	c.time,
];
export const prekeyToTuple = (p: Omit<Prekey, 'signature'>): unknown[] => [
	1,
	p.deviceKey,
	p.publicKey,
	p.time,
];

/** The bytes that the root signs. */
export const certificateContent = (c: Omit<Certificate, 'signature'>): Bytes =>
	encode(certificateToTuple(c));
/** The bytes that the device signs: whose it is it says itself, or anybody could certify it. */
export const prekeyContent = (p: Omit<Prekey, 'signature'>, rootKey: Bytes): Bytes =>
	encode([...prekeyToTuple(p), rootKey]);

export const certificateShape: Shape<Certificate> = map(
	tuple(literal(1), bytes(32), bytes(32), text(MAX_NAME), uint(), bytes(64)),
	([, rootKey, deviceKey, deviceName, time, signature]) => ({
		rootKey,
		deviceKey,
		deviceName,
		time,
		signature,
	}),
);

export const prekeyShape: Shape<Prekey> = map(
	tuple(literal(1), bytes(32), bytes(32), uint(), bytes(64)),
	([, deviceKey, publicKey, time, signature]) => ({ deviceKey, publicKey, time, signature }),
);

export const memberShape: Shape<Member> = map(
	tuple(certificateShape, prekeyShape, text(MAX_NAME)),
	([certificate, prekey, name]) => ({ certificate, prekey, name }),
);

export const memberToTuple = (m: Member): unknown[] => [
	[...certificateToTuple(m.certificate), m.certificate.signature],
	[...prekeyToTuple(m.prekey), m.prekey.signature],
	m.name,
];
