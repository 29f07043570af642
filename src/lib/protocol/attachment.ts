// What a message says of the files that come with it, sealed in its body; where they lie in what the header names. [AF3]
// [AF4] [AF5]
//
// attachment = [file key 32, [file …1–10]]            at most 4,000 bytes together
// file       = [name, type, length, width, height, duration (ms), placeholder ≤64, thumbnail ≤3,800, waveform ≤128]
//
// The files lie one after the other in the order named, then zeros up to the padded length; all of it is sealed as one.
import {
	blob,
	bytes,
	decode,
	encode,
	list,
	map,
	text,
	tuple,
	uint,
	where,
	type Shape,
} from './cbor.ts';
import { MAX_ATTACHMENT, paddedLength } from './attachment-size.ts';
import { isCleanFileName, MAX_FILE_NAME } from './file-name.ts';
import { isFileType, MAX_FILE_TYPE } from './file-type.ts';
import type { Bytes } from '#lib/util/bytes.ts';

export const MAX_FILES = 10;
/** Everything that a message says of its files, encoded: it must fit a packet beside the longest text. */
export const MAX_ATTACHMENT_CONTENT = 4000;
export const MAX_PLACEHOLDER = 64;
export const MAX_THUMBNAIL = 3800;
export const MAX_WAVEFORM = 128;
const MAX_SIDE = 65_535;
/** A month. */
const MAX_DURATION = 31 * 86_400_000;

export interface AttachedFile {
	readonly name: string;
	/** As its sender says; `showable` tells what may be shown of it. */
	readonly type: string;
	/** Bytes. */
	readonly length: number;
	/** Pixels of a picture or film; 0: none, or not known. */
	readonly width: number;
	readonly height: number;
	/** Milliseconds of a recording or film; 0: none, or not known. */
	readonly duration: number;
	/** A blurred picture of it in a few bytes; empty: none. */
	readonly placeholder: Bytes;
	/** A small picture of it, of a type that is showable; empty: none. */
	readonly thumbnail: Bytes;
	/** Loudness of a recording, a byte for each bar; empty: none. */
	readonly waveform: Bytes;
}

export interface Attachment {
	/** Opens the files of this message and nothing else, 32 bytes. */
	readonly fileKey: Bytes;
	readonly files: readonly AttachedFile[];
}

const fileShape: Shape<AttachedFile> = map(
	tuple(
		where(text(MAX_FILE_NAME), isCleanFileName, 'not a plain name'),
		where(text(MAX_FILE_TYPE), isFileType, 'not a type'),
		uint(MAX_ATTACHMENT),
		uint(MAX_SIDE),
		uint(MAX_SIDE),
		uint(MAX_DURATION),
		blob(MAX_PLACEHOLDER),
		blob(MAX_THUMBNAIL),
		blob(MAX_WAVEFORM),
	),
	([name, type, length, width, height, duration, placeholder, thumbnail, waveform]) => ({
		name,
		type,
		length,
		width,
		height,
		duration,
		placeholder,
		thumbnail,
		waveform,
	}),
);

export const attachmentToTuple = ({ fileKey, files }: Attachment): unknown[] => [
	fileKey,
	files.map((file) => [
		file.name,
		file.type,
		file.length,
		file.width,
		file.height,
		file.duration,
		file.placeholder,
		file.thumbnail,
		file.waveform,
	]),
];

/** Plain bytes of all files together. */
export const lengthOfFiles = (files: readonly Pick<AttachedFile, 'length'>[]): number =>
	files.reduce((sum, { length }) => sum + length, 0);

/** Where each file begins in the attachment. */
export const offsetOf = ({ files }: Attachment, index: number): number =>
	lengthOfFiles(files.slice(0, index));

/** Whether what is said of the files doesn't exceed what may be. */
export const fitsContent = (attachment: Attachment): boolean =>
	attachment.files.length > 0 &&
	attachment.files.length <= MAX_FILES &&
	lengthOfFiles(attachment.files) <= MAX_ATTACHMENT &&
	encode(attachmentToTuple(attachment)).length <= MAX_ATTACHMENT_CONTENT;

export const attachmentShape: Shape<Attachment> = where(
	map(tuple(bytes(32), list(fileShape, MAX_FILES)), ([fileKey, files]) => ({ fileKey, files })),
	fitsContent,
	'no files, or too much said of them',
);

/** What is known of the files of a message that was opened. */
export interface NamedAttachment extends Attachment {
	/** Of the hashes of its chunks, 32 bytes. */
	readonly root: Bytes;
	/** As padded. */
	readonly length: number;
}

const namedShape: Shape<NamedAttachment> = map(
	tuple(bytes(32), uint(MAX_ATTACHMENT), attachmentShape),
	([root, length, attachment]) => ({ ...attachment, root, length }),
);

export const encodeNamed = (named: NamedAttachment): Bytes =>
	encode([named.root, named.length, attachmentToTuple(named)]);

/** Of bytes that this device has written. */
export function decodeNamed(encoded: Uint8Array): NamedAttachment | undefined {
	const named = decode(namedShape, encoded, MAX_ATTACHMENT_CONTENT + 64);
	return named.ok ? named.value : undefined;
}

/** Whether the header names an attachment exactly where the content says something of one, and of the right length. */
export const fitsHeader = (
	attachment: Attachment | undefined,
	header: { readonly attachmentRoot: Bytes | null; readonly attachmentLength: number },
): boolean =>
	attachment === undefined
		? header.attachmentRoot === null
		: header.attachmentRoot !== null &&
			paddedLength(lengthOfFiles(attachment.files)) === header.attachmentLength;
