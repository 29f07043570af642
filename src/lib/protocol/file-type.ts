// Which files are shown where they stand, and which are only ever offered to be saved. A type is what the sender says;
// that a file really is of it, nobody relies on: what is shown is shown by elements that run nothing. [AF7]

/** How a file is shown inside a conversation. */
export type Showable = 'image' | 'video' | 'audio';

export const OPAQUE_TYPE = 'application/octet-stream';
export const MAX_FILE_TYPE = 64;

/** Pictures that are documents (SVG), and documents that run (HTML, PDF), are none of these. */
const SHOWABLE: ReadonlyMap<string, Showable> = new Map<string, Showable>([
	['image/jpeg', 'image'],
	['image/png', 'image'],
	['image/gif', 'image'],
	['image/webp', 'image'],
	['image/avif', 'image'],
	['image/bmp', 'image'],
	['video/mp4', 'video'],
	['video/webm', 'video'],
	['video/ogg', 'video'],
	['video/quicktime', 'video'],
	['audio/mpeg', 'audio'],
	['audio/mp4', 'audio'],
	['audio/aac', 'audio'],
	['audio/ogg', 'audio'],
	['audio/webm', 'audio'],
	['audio/wav', 'audio'],
	['audio/flac', 'audio'],
]);

/** null: a file card, whatever the file is. */
export const showable = (type: string): Showable | null => SHOWABLE.get(type) ?? null;

const TYPE = /^[a-z]+\/[a-z0-9][a-z0-9.+-]*$/;

export const isFileType = (type: string): boolean =>
	type.length <= MAX_FILE_TYPE && TYPE.test(type);

/** The type as it is told others: without parameters, in lower case; OPAQUE_TYPE for what is none. */
export function cleanFileType(type: string): string {
	const bare = (type.split(';')[0] ?? '').trim().toLowerCase();
	return isFileType(bare) ? bare : OPAQUE_TYPE;
}
