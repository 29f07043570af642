// Byte strings: joining, comparing, and the text forms in which people and addresses carry them.

/** A byte string backed by a plain ArrayBuffer, as WebCrypto and IndexedDB want it. */
export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export const utf8 = (text: string): Bytes => encoder.encode(text);

/** Text of well-formed UTF-8, or undefined. */
export function utf8ToText(bytes: Uint8Array): string | undefined {
	try {
		return decoder.decode(bytes);
	} catch {
		return undefined;
	}
}

export function concat(...parts: readonly Uint8Array[]): Bytes {
	const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
	let at = 0;
	for (const part of parts) {
		joined.set(part, at);
		at += part.length;
	}
	return joined;
}

/** Equality in time that depends on the length only. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
	if (a.length !== b.length) return false;
	let difference = 0;
	for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
	return difference === 0;
}

/** Byte-wise order; a prefix comes first. Negative, zero or positive, as Array.sort wants it. */
export function compare(a: Uint8Array, b: Uint8Array): number {
	const shared = Math.min(a.length, b.length);
	for (let i = 0; i < shared; i++) {
		const difference = (a[i] ?? 0) - (b[i] ?? 0);
		if (difference !== 0) return difference;
	}
	return a.length - b.length;
}

const DIGITS = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
/** So many bytes are told at once: more arguments than that a call may not take. */
const PORTION = 1024;

/** Lower-case hexadecimal; also the form in which byte strings serve as Map keys. */
export function toHex(bytes: Uint8Array): string {
	if (bytes.length > PORTION) {
		return toHex(bytes.subarray(0, PORTION)) + toHex(bytes.subarray(PORTION));
	}
	const codes = new Array<number>(2 * bytes.length);
	for (let i = 0; i < bytes.length; i++) {
		const byte = bytes[i] ?? 0;
		codes[2 * i] = DIGITS[byte >> 4] ?? 0;
		codes[2 * i + 1] = DIGITS[byte & 15] ?? 0;
	}
	return String.fromCharCode(...codes);
}

/** Bytes of lower- or upper-case hexadecimal, or undefined when the text is not that. */
export function fromHex(text: string): Bytes | undefined {
	if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return undefined;
	const bytes = new Uint8Array(text.length / 2);
	for (let i = 0; i < bytes.length; i++) {
		bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
	}
	return bytes;
}

/** base64url without padding (RFC 4648 §5). */
export function toBase64Url(bytes: Uint8Array): string {
	let binary = '';
	for (const byte of bytes) binary += String.fromCharCode(byte);
	return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** Bytes of canonical base64url without padding, or undefined. */
export function fromBase64Url(text: string): Bytes | undefined {
	if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return undefined;
	const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
	const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
	return toBase64Url(bytes) === text ? bytes : undefined;
}

/** Bytes that are all of their buffer: what is stored or handed over of a view is the whole buffer under it. */
export const own = (bytes: Bytes): Bytes =>
	bytes.length === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
