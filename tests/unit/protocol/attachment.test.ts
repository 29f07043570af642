// What a message says of its files, and how they are padded, named and shown.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
	CHUNK,
	chunksOf,
	isPaddedLength,
	MAX_ATTACHMENT,
	MAX_CHUNKS,
	paddedLength,
	sealedChunkLength,
	segmentsIn,
} from '#lib/protocol/attachment-size.ts';
import {
	decodeNamed,
	encodeNamed,
	fitsHeader,
	MAX_ATTACHMENT_CONTENT,
	MAX_FILES,
	MAX_THUMBNAIL,
	offsetOf,
	type AttachedFile,
	type Attachment,
} from '#lib/protocol/attachment.ts';
import { decodeContent, encodeContent } from '#lib/protocol/content.ts';
import { encodeHeader, encodePacket, KIND, type Header } from '#lib/protocol/entry.ts';
import { cleanFileName, isCleanFileName, MAX_FILE_NAME } from '#lib/protocol/file-name.ts';
import { cleanFileType, isFileType, OPAQUE_TYPE, showable } from '#lib/protocol/file-type.ts';
import { MAX_DIRECT_RECIPIENTS, MAX_PACKET, MAX_TEXT } from '#lib/protocol/limits.ts';
import { utf8 } from '#lib/util/bytes.ts';
import { attachedFile } from '../../support/attachment-arbitraries.ts';

const none = new Uint8Array();
const id = new Uint8Array(32).fill(7);
const file: AttachedFile = {
	name: 'a.bin',
	type: OPAQUE_TYPE,
	length: 10,
	width: 0,
	height: 0,
	duration: 0,
	placeholder: none,
	thumbnail: none,
	waveform: none,
};
const decoded = (attachment: Attachment): boolean =>
	decodeContent(
		KIND.message,
		encodeContent({ kind: KIND.message, channel: id, text: '', replyTo: null, attachment }),
	).ok;
const fits = (...files: readonly Partial<AttachedFile>[]): boolean =>
	decoded({ fileKey: id, files: files.map((each) => ({ ...file, ...each })) });

describe('the length of an attachment', () => {
	it('[AF1] is padded by an eighth at most, to few lengths, each its own', () => {
		fc.assert(
			fc.property(fc.integer({ min: 0, max: MAX_ATTACHMENT }), (length) => {
				const padded = paddedLength(length);
				expect(padded).toBeGreaterThanOrEqual(length);
				expect(padded).toBeLessThanOrEqual(Math.max(4096, length * 1.125));
				expect(isPaddedLength(padded)).toBe(true);
			}),
		);
		const all = new Set<number>();
		for (let length = 4096; length <= MAX_ATTACHMENT; length = paddedLength(length + 1)) {
			all.add(length);
			if (length === MAX_ATTACHMENT) break;
		}
		expect(all.size).toBe(1 + 8 * 19);
		expect([paddedLength(4097), paddedLength(2 ** 20 + 1)]).toEqual([4608, 2 ** 20 + 2 ** 17]);
	});

	it('[AF2] falls into chunks of a megabyte, 2,048 at most, that together are all of it', () => {
		expect(chunksOf(MAX_ATTACHMENT)).toBe(MAX_CHUNKS);
		expect(MAX_CHUNKS).toBe(2048);
		fc.assert(
			fc.property(fc.nat(2 ** 26).map(paddedLength), (length) => {
				let sealed = 0;
				let segments = 0;
				for (let n = 0; n < chunksOf(length); n++) {
					sealed += sealedChunkLength(length, n);
					segments += segmentsIn(length, n);
				}
				expect(segments).toBe(Math.ceil(length / 65_536));
				expect(sealed).toBe(length + 16 * segments);
			}),
		);
		expect(sealedChunkLength(paddedLength(CHUNK * 3), 1)).toBe(16 * 65_552);
	});
});

describe('what a message says of its files', () => {
	it('[AF3] is one to ten files that lie one behind the other', () => {
		expect(fits()).toBe(false);
		expect(fits(...Array.from({ length: MAX_FILES }, () => ({})))).toBe(true);
		expect(fits(...Array.from({ length: MAX_FILES + 1 }, () => ({})))).toBe(false);
		const files = [3, 0, 5].map((length) => ({ ...file, length }));
		expect([0, 1, 2].map((index) => offsetOf({ fileKey: id, files }, index))).toEqual([0, 3, 3]);
		expect(fits({ length: 0 })).toBe(true);
		expect(fits({ length: MAX_ATTACHMENT })).toBe(true);
		expect(fits({ length: MAX_ATTACHMENT }, { length: 1 })).toBe(false);
	});

	it('[AF4] has at most 4,000 bytes, and fits a packet beside the longest text for all recipients', () => {
		expect(fits({ thumbnail: new Uint8Array(MAX_THUMBNAIL) })).toBe(true);
		expect(fits({ thumbnail: new Uint8Array(MAX_THUMBNAIL + 1) })).toBe(false);
		const thumbnail = new Uint8Array(2000);
		expect(fits({ thumbnail }, { thumbnail })).toBe(false);
		const header: Header = {
			kind: KIND.message,
			space: id,
			author: id,
			device: id,
			seq: 2 ** 32,
			prev: id,
			time: { ms: 2 ** 44, counter: 65_535 },
			authorityHeads: Array.from({ length: 16 }, () => id),
			feedHeads: Array.from({ length: 8 }, () => id),
			key: { mode: 'direct', epoch: id.slice(16) },
			commitment: id,
			bodyHash: id,
			bodyLength: MAX_PACKET,
			wrapsHash: null,
			attachmentRoot: id,
			attachmentLength: MAX_ATTACHMENT,
			expiry: 2 ** 44,
		};
		const text = 'x'.repeat(MAX_TEXT);
		const channel = id;
		const message = encodeContent({ kind: KIND.message, channel, text, replyTo: id });
		const packet = encodePacket({
			header: encodeHeader(header),
			signature: new Uint8Array(64),
			wraps: {
				ephemeral: id,
				boxes: Array.from({ length: MAX_DIRECT_RECIPIENTS }, () => ({
					prekeyId: new Uint8Array(8),
					box: new Uint8Array(48),
				})),
			},
			body: new Uint8Array(message.length + 16 + MAX_ATTACHMENT_CONTENT),
		});
		expect(packet.length).toBeLessThanOrEqual(MAX_PACKET);
	});

	it('[AF5] goes with a header that names just that much, and no other', () => {
		const attachment = { fileKey: id, files: [{ ...file, length: 5000 }] };
		const header = { attachmentRoot: id, attachmentLength: 5120 };
		expect(fitsHeader(attachment, header)).toBe(true);
		expect(fitsHeader(attachment, { ...header, attachmentLength: 5632 })).toBe(false);
		expect(fitsHeader(attachment, { ...header, attachmentRoot: null })).toBe(false);
		expect(fitsHeader(undefined, header)).toBe(false);
		expect(fitsHeader(undefined, { attachmentRoot: null, attachmentLength: 0 })).toBe(true);
	});

	it('[DO1] comes back from the log as it went', () => {
		fc.assert(
			fc.property(fc.array(attachedFile, { minLength: 1, maxLength: 8 }), (files) => {
				const named = { fileKey: id, files, root: id, length: 4096 };
				expect(decodeNamed(encodeNamed(named))).toEqual(named);
			}),
			{ numRuns: 30 },
		);
		expect(decodeNamed(none)).toBeUndefined();
	});
});

describe('the name of a file', () => {
	it.each([
		['photo.jpg', 'photo.jpg'],
		['../../etc/passwd', 'passwd'],
		['C:\\Users\\me\\notes.txt', 'notes.txt'],
		['a/b/', 'b'],
		['.bashrc', 'bashrc'],
		['  two   words .txt ', 'two words .txt'],
		['gpj.\u202Eexe.jpg', 'gpj.exe.jpg'],
		['zero\u200Bwidth\u0000.png', 'zerowidth.png'],
		['line\nbreak\t.md', 'linebreak.md'],
		['CON:stream*?.txt', 'CON_stream__.txt'],
		['...', 'file'],
		['', 'file'],
		['\u2067', 'file'],
		['/', 'file'],
		['Ärger über – 🎉.pdf', 'Ärger über – 🎉.pdf'],
		['ملف.txt', 'ملف.txt'],
		['lone \ud800 half', 'lone half'],
	])('[AF6] %j is seen as %j', (given, seen) => {
		expect(cleanFileName(given)).toBe(seen);
	});

	it('[AF6] is short, keeps its ending, and once clean stays as it is', () => {
		const long = cleanFileName(`${'ä'.repeat(200)}.tar.gz`);
		expect(utf8(long).length).toBeLessThanOrEqual(MAX_FILE_NAME);
		expect(long.endsWith('….gz')).toBe(true);
		expect(utf8(cleanFileName(`.${'x'.repeat(300)}`)).length).toBeLessThanOrEqual(MAX_FILE_NAME);
		const units = fc.array(
			fc.oneof(
				fc.constantFrom('/', '\\', '.', ' ', '\u202e', '\ud83d', '…', ':', 'é'),
				fc.string({ unit: 'binary' }),
			),
		);
		fc.assert(
			fc.property(units, (parts) => {
				const clean = cleanFileName(parts.join(''));
				expect(isCleanFileName(clean)).toBe(true);
				expect(clean).not.toMatch(/[/\\\p{Cc}\p{Bidi_C}]/u);
				expect(utf8(clean).length).toBeLessThanOrEqual(MAX_FILE_NAME);
			}),
			{ numRuns: 500 },
		);
	});

	it('[AF6] that is not clean makes a message unreadable: nobody is shown it', () => {
		expect(fits({ name: 'plain.txt' })).toBe(true);
		expect(fits({ name: 'exe\u202Etxt.scr' })).toBe(false);
		expect(fits({ name: '../up' })).toBe(false);
		expect(fits({ name: '' })).toBe(false);
	});
});

describe('the type of a file', () => {
	it('[AF7] says what is shown in place, and nothing that runs or is a document is', () => {
		expect(showable('image/png')).toBe('image');
		expect(showable('video/mp4')).toBe('video');
		expect(showable('audio/ogg')).toBe('audio');
		for (const type of [
			'image/svg+xml',
			'text/html',
			'application/xhtml+xml',
			'application/pdf',
			'text/xml',
			'application/javascript',
			'text/plain',
			'IMAGE/PNG',
			'__proto__',
			OPAQUE_TYPE,
			'',
		]) {
			expect([type, showable(type)]).toEqual([type, null]);
		}
	});

	it('[AF7] is told without parameters, or as nothing in particular', () => {
		expect(cleanFileType('Audio/WebM; codecs=opus')).toBe('audio/webm');
		expect(cleanFileType('')).toBe(OPAQUE_TYPE);
		expect(cleanFileType('text/html\n<script>')).toBe(OPAQUE_TYPE);
		expect(cleanFileType(`text/${'x'.repeat(90)}`)).toBe(OPAQUE_TYPE);
		expect(isFileType(OPAQUE_TYPE)).toBe(true);
		expect(fits({ type: 'no type' })).toBe(false);
	});
});
