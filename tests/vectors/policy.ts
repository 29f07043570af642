// What is expected of every backend, to the last test: how many are run, and the few whose answer is not the file's.
import { expect } from 'vitest';
import type { Report } from './run.ts';

/**
 * X25519 with a public key of small order: the file gives the shared secret of zeros and calls refusing it acceptable;
 * here it is refused, always. [KY4]
 */
const ZERO_SHARED_SECRET = [
	...[32, 33, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83],
	...[84, 85, 86, 117, 118, 154, 165, 166],
];

/** Tests by file; the twelve of speccheck, and those of Ed25519, are all answered as the rules say. [KY2] [KY3] */
const RAN = {
	ed25519: 151,
	speccheck: 12,
	rfc8032: 15,
	x25519: 518,
	rfc7748: 8,
	hkdf: 86,
	rfc5869: 3,
	hmac: 174,
	rfc4231: 7,
	fips180: 8,
	secretbox: 1178,
};

export function expectPolicy({ ran, differences }: Report): void {
	expect(differences).toEqual(
		ZERO_SHARED_SECRET.map((test) => ({
			id: `x25519#${test}`,
			file: '00'.repeat(32),
			ours: 'refused',
		})),
	);
	expect(ran).toEqual(RAN);
}

/** Of AES-GCM 66 tests have the sizes of the protocol; the valid ones are sealed again, too. */
export function expectGcm({ ran, differences }: Report): void {
	expect(differences).toEqual([]);
	expect(ran).toEqual({ 'aes-gcm': 66 + 39 });
}
