// Bytes that depend on where they are, made quickly, and a hash of any number of them.
import type { Bytes } from '#lib/util/bytes.ts';

/** Bytes of a file that is nowhere, from one place on. */
export function patternAt(offset: number, size: number): Bytes {
	const words = new Uint32Array(Math.ceil(size / 4) + 1);
	const first = Math.floor(offset / 4);
	for (let i = 0; i < words.length; i++) words[i] = Math.imul(first + i, 0x9e3779b1) ^ (first + i);
	const skip = offset - first * 4;
	return new Uint8Array(words.buffer, skip, size).slice();
}

/** SHA-256 over the SHA-256 of each mebibyte, however they come. */
export function hasher(): { add(part: Uint8Array): Promise<void>; digest(): Promise<string> } {
	const BLOCK = 1 << 20;
	const block = new Uint8Array(BLOCK);
	const sums: Uint8Array[] = [];
	let filled = 0;
	const sum = async (bytes: Bytes): Promise<Uint8Array> =>
		new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
	return {
		async add(part) {
			for (let at = 0; at < part.length;) {
				const taken = part.subarray(at, at + BLOCK - filled);
				block.set(taken, filled);
				filled += taken.length;
				at += taken.length;
				if (filled < BLOCK) continue;
				sums.push(await sum(block));
				filled = 0;
			}
		},
		async digest() {
			if (filled > 0) sums.push(await sum(block.slice(0, filled)));
			const all = new Uint8Array(sums.length * 32);
			for (const [n, each] of sums.entries()) all.set(each, n * 32);
			return Array.from(await sum(all), (byte) => byte.toString(16).padStart(2, '0')).join('');
		},
	};
}
