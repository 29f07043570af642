// What a store key may be, and the text form under which memory keeps it. [ST4]
import { toHex } from '#lib/util/bytes.ts';
import type { KeyPart, StoreKey } from '#lib/ports/store.ts';

/** Throws on a number that is not whole or out of range: such a key is a bug. */
export function checkKey(key: StoreKey): void {
	for (const part of key) {
		if (typeof part === 'number' && !(Number.isSafeInteger(part) && part >= 0)) {
			throw new Error(`not a key part: ${part}`);
		}
	}
}

/** One part as text that shows where it ends. */
export function partForm(part: KeyPart): string {
	if (typeof part === 'number') return `n${part};`;
	if (typeof part === 'string') return `s${part.length}:${part};`;
	return `b${toHex(part)};`;
}

/** One text per key; each part delimits itself, so a key's text begins with the text of its prefix and no other. */
export const keyForm = (key: StoreKey): string => key.map(partForm).join('');
