// The safety number of two people: 60 digits that both see alike and read to each other. [SN1]
// Knows nothing of names, devices or who verified whom.
import { label } from '#lib/protocol/labels.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import { compare } from '#lib/util/bytes.ts';

/** So many hashes make each try dear to whoever looks for a key with somebody's digits. */
const ITERATIONS = 5200;
const GROUPS = 6;
const GROUP_BYTES = 5;

/** 30 digits in groups of 5, of a 32-byte Root Hash. */
function digitsOf(crypto: Pick<CryptoProvider, 'sha256'>, rootHash: Uint8Array): string[] {
	const prefix = label('safety-number');
	let hash: Uint8Array = rootHash;
	for (let n = 0; n < ITERATIONS; n++) hash = crypto.sha256(prefix, hash, rootHash);
	return Array.from({ length: GROUPS }, (_, group) => {
		const part = hash.subarray(group * GROUP_BYTES, (group + 1) * GROUP_BYTES);
		const number = part.reduce((sum, byte) => sum * 256 + byte, 0);
		return String(number % 100_000).padStart(5, '0');
	});
}

/** 12 groups of 5 digits: those of the lower Root Hash first, so that both see the same. */
export function safetyNumber(
	crypto: Pick<CryptoProvider, 'sha256'>,
	one: Uint8Array,
	other: Uint8Array,
): readonly string[] {
	return [one, other].sort(compare).flatMap((rootHash) => digitsOf(crypto, rootHash));
}
