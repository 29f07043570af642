// Deterministic CBOR (the part of DAG-CBOR that has unsigned integers, byte strings, text, arrays, booleans and null): a
// value has one encoding, and the reader takes no other. Knows nothing of shapes and limits. [EN1] [EN2]
// RFC 8949 §3: the first byte is the major type (3 bits) and the argument, or how many bytes of argument follow.
import type { Bytes } from '#lib/util/bytes.ts';

const UINT = 0;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const FALSE = 0xf4;
const TRUE = 0xf5;
const NULL = 0xf6;
/** Arrays within arrays; no format comes near. */
const MAX_DEPTH = 32;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const headSize = (n: number): number =>
	n < 24 ? 1 : n < 0x1_00 ? 2 : n < 0x1_00_00 ? 3 : n < 0x1_00_00_00_00 ? 5 : 9;

/** How many bytes it takes; `texts` gets the bytes of its texts, in order. */
function sizeOf(value: unknown, texts: Uint8Array[]): number {
	if (value instanceof Uint8Array) return headSize(value.length) + value.length;
	if (typeof value === 'number') {
		if (Number.isSafeInteger(value) && value >= 0) return headSize(value);
	} else if (typeof value === 'string') {
		const text = encoder.encode(value);
		texts.push(text);
		return headSize(text.length) + text.length;
	} else if (Array.isArray(value)) {
		let size = headSize(value.length);
		for (const item of value) size += sizeOf(item, texts);
		return size;
	} else if (value === null || typeof value === 'boolean') {
		return 1;
	}
	throw new TypeError(`not of these formats: ${typeof value}`);
}

/** The one encoding of a value. Throws when it is made of anything else. */
export function encode(value: unknown): Bytes {
	const texts: Uint8Array[] = [];
	const out = new Uint8Array(sizeOf(value, texts));
	let at = 0;
	let text = 0;
	const head = (major: number, n: number): void => {
		const bits = major << 5;
		if (n < 24) {
			out[at++] = bits | n;
			return;
		}
		const bytes = headSize(n) - 1;
		out[at] = bits | (bytes === 1 ? 24 : bytes === 2 ? 25 : bytes === 4 ? 26 : 27);
		let rest = n;
		for (let i = bytes; i > 0; i--) {
			out[at + i] = rest % 256;
			rest = Math.floor(rest / 256);
		}
		at += bytes + 1;
	};
	const put = (major: number, bytes: Uint8Array): void => {
		head(major, bytes.length);
		out.set(bytes, at);
		at += bytes.length;
	};
	const write = (one: unknown): void => {
		if (one instanceof Uint8Array) put(BYTES, one);
		else if (typeof one === 'number') head(UINT, one);
		else if (typeof one === 'string') put(TEXT, texts[text++] ?? out);
		else if (Array.isArray(one)) {
			head(ARRAY, one.length);
			for (const item of one) write(item);
		} else out[at++] = one === null ? NULL : one === true ? TRUE : FALSE;
	};
	write(value);
	return out;
}

class Malformed extends Error {}

/**
 * The value of these bytes, all of them. Throws an Error where they are not the one encoding of a value. Byte strings are
 * copies, or with `sharing` parts of `bytes` itself: for whoever owns these and keeps little of them.
 */
export function parse(bytes: Uint8Array, sharing: boolean): unknown {
	const { buffer, byteOffset, length } = bytes;
	let at = 0;
	const argument = (first: number): number => {
		const info = first & 31;
		if (info < 24) return info;
		if (info > 27) throw new Malformed('no definite length');
		const size = 1 << (info - 24);
		if (at + size > length) throw new Malformed('it ends too early');
		let n = 0;
		for (let i = 0; i < size; i++) n = n * 256 + (bytes[at++] ?? 0);
		if (headSize(n) !== size + 1) throw new Malformed('not the shortest form');
		if (n > Number.MAX_SAFE_INTEGER) throw new Malformed('too large a number');
		return n;
	};
	const part = (size: number): Uint8Array => {
		if (size > length - at) throw new Malformed('it ends too early');
		at += size;
		return new Uint8Array(buffer, byteOffset + at - size, size);
	};
	const read = (depth: number): unknown => {
		if (at >= length) throw new Malformed('it ends too early');
		const first = bytes[at++] ?? 0;
		switch (first >> 5) {
			case UINT:
				return argument(first);
			case BYTES: {
				const found = part(argument(first));
				return sharing ? found : found.slice();
			}
			case TEXT:
				return decoder.decode(part(argument(first)));
			case ARRAY: {
				const count = argument(first);
				// Each takes a byte at least: what is said to be there is there, before room is made for it.
				if (count > length - at) throw new Malformed('it ends too early');
				if (depth === MAX_DEPTH) throw new Malformed('too deep');
				const items: unknown[] = [];
				for (let i = 0; i < count; i++) items.push(read(depth + 1));
				return items;
			}
			default:
				if (first === FALSE) return false;
				if (first === TRUE) return true;
				if (first === NULL) return null;
				throw new Malformed('not of these formats');
		}
	};
	const value = read(0);
	if (at < length) throw new Malformed('more than one value');
	return value;
}
