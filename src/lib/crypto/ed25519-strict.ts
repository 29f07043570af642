// Which Ed25519 keys and signatures are looked at at all. Libraries disagree at the edges (RFC 8032 §5.1.7 leaves
// room), and where two nodes disagree about a signature their ledgers part. Knows no backend. [KY2] [KY3]
import { equal, fromHex, type Bytes } from '#lib/util/bytes.ts';

const littleEndian = (hex: string): Bytes => (fromHex(hex) ?? new Uint8Array()).reverse();

/** The group order L and the field prime p, little-endian as on the wire. */
const ORDER = littleEndian('1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed');
const PRIME = littleEndian('7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed');

/**
 * The y of the eight points of small order, without the bit that holds the sign of x; either sign is refused, which
 * takes in the two spellings of "minus zero". The spellings with y ≥ p fall to the check for canonical form.
 */
const SMALL_ORDER_Y = [
	'0000000000000000000000000000000000000000000000000000000000000001',
	'7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec',
	'0000000000000000000000000000000000000000000000000000000000000000',
	'7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7',
	'05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826',
].map(littleEndian);

function below(value: Uint8Array, limit: Uint8Array): boolean {
	for (let i = 31; i >= 0; i--) {
		const difference = (value[i] ?? 0) - (limit[i] ?? 0);
		if (difference !== 0) return difference < 0;
	}
	return false;
}

function isStrictPoint(point: Uint8Array): boolean {
	// Not slice(): of a Buffer that would be the caller's own memory.
	const y = new Uint8Array(point);
	y[31] = (y[31] ?? 0) & 0x7f;
	return below(y, PRIME) && !SMALL_ORDER_Y.some((small) => equal(small, y));
}

/** 32 bytes, y below p, not of small order. Whether it is a point of prime order takes arithmetic: the backend asks. */
export const isStrictKey = (publicKey: Uint8Array): boolean =>
	publicKey.length === 32 && isStrictPoint(publicKey);

/** 64 bytes R ‖ S, R in canonical form and not of small order, S below L. */
export const isStrictSignature = (signature: Uint8Array): boolean =>
	signature.length === 64 &&
	isStrictPoint(signature.subarray(0, 32)) &&
	below(signature.subarray(32), ORDER);
