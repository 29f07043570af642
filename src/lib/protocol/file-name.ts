// Names of files as strangers may give them: a short text that is no path, reads in one direction and hides nothing.
// [AF6]
import { utf8 } from '#lib/util/bytes.ts';

export const MAX_FILE_NAME = 128;

const NAMELESS = 'file';
const ELLIPSIS = '…';
/** Kept of a name that is too long, so that its end still tells what it is. */
const LONGEST_ENDING = 16;

/**
 * What is seen by nobody and changes how the rest is read: control characters, marks of direction, what joins or breaks
 * invisibly, variation and interlinear marks, tags, private and unassigned specials. As ranges, so that they are the same in
 * every browser.
 */
const HIDDEN: readonly (readonly [from: number, to: number])[] = [
	[0x0, 0x1f],
	[0x7f, 0x9f],
	[0xad, 0xad],
	[0x34f, 0x34f],
	[0x61c, 0x61c],
	[0x115f, 0x1160],
	[0x17b4, 0x17b5],
	[0x180b, 0x180f],
	[0x200b, 0x200f],
	[0x2028, 0x202e],
	[0x2060, 0x206f],
	[0x3164, 0x3164],
	[0xfe00, 0xfe0f],
	[0xfeff, 0xfeff],
	[0xffa0, 0xffa0],
	[0xfff0, 0xfffd],
	[0x1d173, 0x1d17a],
	[0xe0000, 0xe0fff],
];

function isVisible(character: string): boolean {
	const code = character.codePointAt(0) ?? 0;
	return !HIDDEN.some(([from, to]) => code >= from && code <= to);
}

/** The name without any way to it, invisible characters, and leading dots; at most MAX_FILE_NAME bytes, never empty. */
export function cleanFileName(name: string): string {
	const visible = Array.from(name.toWellFormed()).filter(isVisible).join('');
	const last = visible.split(/[/\\]/).findLast((part) => part.trim() !== '') ?? '';
	// Windows refuses these, and a colon leads into another stream of the file.
	const plain = last.replace(/[:*?"<>|]/g, '_').replace(/\s+/gu, ' ');
	const trimmed = trim(plain);
	return shorten(trimmed === '' ? NAMELESS : trimmed);
}

/** Whether it is as cleanFileName leaves it. */
export const isCleanFileName = (name: string): boolean =>
	name.isWellFormed() && cleanFileName(name) === name;

const trim = (name: string): string => name.replace(/^[\s.]+|[\s.]+$/gu, '');

function shorten(name: string): string {
	if (utf8(name).length <= MAX_FILE_NAME) return name;
	const dot = name.lastIndexOf('.');
	const ending = dot > 0 && utf8(name.slice(dot)).length <= LONGEST_ENDING ? name.slice(dot) : '';
	const room = MAX_FILE_NAME - utf8(ending).length - utf8(ELLIPSIS).length;
	let kept = '';
	let size = 0;
	for (const character of name) {
		size += utf8(character).length;
		if (size > room) break;
		kept += character;
	}
	return `${kept.replace(/[\s.]+$/u, '')}${ELLIPSIS}${ending}`;
}
