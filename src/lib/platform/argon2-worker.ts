// Runs Argon2id beside the page: one question, one answer, and the memory it took goes with it.
import { argon2id } from 'hash-wasm';
import type { StretchCost } from '#lib/ports/key-stretcher.ts';
import type { Bytes } from '#lib/util/bytes.ts';

export interface StretchQuestion {
	readonly passphrase: Uint8Array;
	readonly salt: Uint8Array;
	readonly cost: StretchCost;
}

export type StretchAnswer = { readonly key: Bytes } | { readonly failed: string };

addEventListener('message', ({ data }: MessageEvent<StretchQuestion>) => {
	const { passphrase, salt, cost } = data;
	argon2id({
		password: passphrase,
		salt,
		memorySize: cost.memory,
		iterations: cost.passes,
		parallelism: cost.lanes,
		hashLength: 32,
		outputType: 'binary',
	}).then(
		(key) => {
			postMessage({ key: new Uint8Array(key) } satisfies StretchAnswer);
		},
		(cause: unknown) => {
			postMessage({ failed: String(cause) } satisfies StretchAnswer);
		},
	);
});
