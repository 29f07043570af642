// Randomness as the core sees it: cryptographic in platform/, seeded in simulation/.
import type { Bytes } from '#lib/util/bytes.ts';

export interface Random {
	/** Fresh random bytes; at most 65,536 at once. */
	bytes(length: number): Bytes;
}
