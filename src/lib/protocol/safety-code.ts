// The QR code by which two people verify each other: `AEGIS:SAFETY:1:OWN:OTHER`, both Root Hashes in upper-case
// hexadecimal, which a code holds in few modules. [SN2]
import { equal, fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';

const PREFIX = 'AEGIS:SAFETY:';
const VERSION = '1';
/** Longer than any version is likely to be. */
const MAX_LENGTH = 512;

/**
 * match: it is theirs, and made for me. somebody-else: it shows another person than the one it should. not-for-me: it is
 * theirs, opened for another person than me. own: mine. newer: of a version not known here. no-code: nothing of this kind.
 */
export type SafetyMatch = 'match' | 'somebody-else' | 'not-for-me' | 'own' | 'newer' | 'no-code';

/** What I show to somebody. */
export const encodeSafetyCode = (me: Uint8Array, them: Uint8Array): string =>
	`${PREFIX}${VERSION}:${toHex(me)}:${toHex(them)}`.toUpperCase();

/** What the code that I have read says, when it should be theirs. Any text at all may have been read. */
export function compareSafetyCode(read: string, me: Bytes, them: Bytes): SafetyMatch {
	if (read.length > MAX_LENGTH || !read.startsWith(PREFIX)) return 'no-code';
	const [version, own, other, ...rest] = read.slice(PREFIX.length).split(':');
	if (version !== VERSION) return /^[1-9]\d{0,3}$/.test(version ?? '') ? 'newer' : 'no-code';
	const [shown, meant] = [own, other].map((text) => fromHex(text ?? ''));
	if (shown?.length !== 32 || meant?.length !== 32 || rest.length > 0) return 'no-code';
	if (equal(shown, me)) return 'own';
	if (!equal(shown, them)) return 'somebody-else';
	return equal(meant, me) ? 'match' : 'not-for-me';
}
