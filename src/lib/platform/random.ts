// The platform's cryptographic randomness.
import type { Random } from '#lib/ports/random.ts';

export const createSystemRandom = (): Random => ({
	bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
});
