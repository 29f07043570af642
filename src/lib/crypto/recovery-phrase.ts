// The root seed as 24 English words (BIP-39), for paper: eleven bits a word, the last one with a checksum of 8. [ID8]
import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import type { Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

export const PHRASE_WORDS = 24;
/** Longer than any phrase is, with room for odd spacing. */
const MAX_TEXT = 2048;

/** All 2048, in alphabetical order; the first four letters name each. */
export const RECOVERY_WORDS: readonly string[] = wordlist;
const known = new Set(wordlist);

/** unknown-word: `at` counts from 0. count: there are `count` words. checksum: words are real, and one of them is wrong. */
export type PhraseProblem =
	| { readonly type: 'count'; readonly count: number }
	| { readonly type: 'unknown-word'; readonly at: number; readonly word: string }
	| { readonly type: 'checksum' };

/** Words in the order written, whatever was between them: lines, commas, numbers, capitals. */
export const wordsIn = (text: string): readonly string[] =>
	text
		.slice(0, MAX_TEXT)
		.normalize('NFKD')
		.toLowerCase()
		.split(/[^a-z]+/)
		.filter((word) => word !== '');

/** Of a root seed of 32 bytes. */
export const phraseOf = (rootSeed: Uint8Array): readonly string[] =>
	entropyToMnemonic(rootSeed, wordlist).split(' ');

/** The root seed of a phrase, 32 bytes. */
export function seedOf(words: readonly string[]): Result<Bytes, PhraseProblem> {
	const at = words.findIndex((word) => !known.has(word));
	const strange = words[at];
	if (strange !== undefined) return err({ type: 'unknown-word', at, word: strange });
	if (words.length !== PHRASE_WORDS) return err({ type: 'count', count: words.length });
	try {
		return ok(new Uint8Array(mnemonicToEntropy(words.join(' '), wordlist)));
	} catch {
		return err({ type: 'checksum' });
	}
}
