// Remembers which boxes one party has really opened or sealed, so that what it could read is told by what it did, and by
// nothing that somebody believes of it.
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';

export interface Witness {
	readonly crypto: CryptoProvider;
	/** What this party found in the box, or put into it; undefined where it never opened it. */
	inside(box: Uint8Array): Bytes | undefined;
}

const REMEMBERED = 4096;
/** A box begins with its authenticator, which tells it from all others. */
const NAME = 16;

export function createWitness(inner: CryptoProvider): Witness {
	const boxes = new Map<string, Bytes>();
	const nameOf = (box: Uint8Array): string => toHex(box.subarray(0, NAME));

	function remember(box: Uint8Array, plain: Uint8Array): void {
		boxes.set(nameOf(box), plain.slice());
		if (boxes.size <= REMEMBERED) return;
		for (const oldest of boxes.keys()) {
			boxes.delete(oldest);
			break;
		}
	}

	return {
		crypto: {
			...inner,
			seal(key, nonce, plain) {
				const box = inner.seal(key, nonce, plain);
				remember(box, plain);
				return box;
			},
			open(key, nonce, box) {
				const plain = inner.open(key, nonce, box);
				if (plain !== undefined) remember(box, plain);
				return plain;
			},
		},
		inside: (box) => boxes.get(nameOf(box)),
	};
}
