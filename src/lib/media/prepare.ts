// Makes of a file that somebody chose what is sent: without what it says beside its picture, smaller if wanted, with the
// small pictures that go with the message. Knows nothing of messages. [ME1] [ME3] [ME4] [ME5] [ME6] [ME7] [ME8]
import type { Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import { openFilm } from './film.ts';
import { lookOf, openPicture, redraw, type Drawable } from './picture.ts';
import { openRecording } from './recording.ts';
import { patched } from './patch.ts';
import { playedPatches } from './strip-played.ts';
import { withoutMetadata } from './strip.ts';

/** A picture's longer side as it is offered to be sent, unless somebody wants it as it is. */
export const USUAL_SIDE = 2048;

export interface PrepareOptions {
	/** A picture's longer side at most, pixels; without it the picture stays as it is. */
	readonly maxSide?: number;
	/** Leaves in what the file says of place, time and camera. */
	readonly keepMetadata?: boolean;
	/** Ends looking into a film that doesn't answer: give it ten seconds. */
	readonly signal: AbortSignal;
}

/** Everything is left out that is not known. */
export interface Preview {
	readonly width?: number;
	readonly height?: number;
	readonly duration?: number;
	readonly placeholder?: Bytes;
	readonly thumbnail?: Bytes;
	readonly waveform?: Bytes;
}

/** What can be sent. */
export interface PreparedFile {
	readonly name: string;
	readonly type: string;
	readonly size: number;
	read(from: number, to: number): Promise<Bytes>;
	readonly preview: Preview;
}

/**
 * unreadable: the file can't be read. keeps-metadata: it may say where and when it was made, and that can't be taken out;
 * it can only be sent as it is (`keepMetadata`).
 */
export interface PrepareError {
	readonly type: 'unreadable' | 'keeps-metadata';
}

/** Larger ones are sent as they are. */
const MAX_PICTURE = 64 << 20;
/** Pictures that have no words in them, or move and would stand still. */
const AS_IT_IS = /^image\/(gif|bmp|svg\+xml)$/;
const EXTENSIONS: ReadonlyMap<string, string> = new Map([
	['image/jpeg', 'jpg'],
	['image/webp', 'webp'],
	['image/png', 'png'],
]);

type Prepared = Result<PreparedFile, PrepareError>;

const read =
	(blob: Blob) =>
	async (from: number, to: number): Promise<Bytes> =>
		new Uint8Array(await blob.slice(from, to).arrayBuffer());

const asItIs = (file: File, preview: Preview = {}): PreparedFile => {
	const { name, type, size } = file;
	return { name, type, size, read: read(file), preview };
};

function named(name: string, type: string): string {
	const extension = EXTENSIONS.get(type);
	if (extension === undefined) return name;
	const bare = name.replace(/\.[A-Za-z0-9]{1,5}$/, '');
	return `${bare}.${extension}`;
}

async function preparePicture(file: File, options: PrepareOptions): Promise<Prepared> {
	const picture = await openPicture(file);
	try {
		return await prepareOpened(file, picture, options);
	} finally {
		picture?.close();
	}
}

async function prepareOpened(
	file: File,
	picture: Drawable | undefined,
	{ maxSide = Infinity, keepMetadata = false }: PrepareOptions,
): Promise<Prepared> {
	const preview = picture === undefined ? {} : await lookOf(picture);
	const bytes = await read(file)(0, file.size).catch(() => undefined);
	if (bytes === undefined) return err({ type: 'unreadable' });
	const stripped = AS_IT_IS.test(file.type) ? { bytes, isAnimated: true } : withoutMetadata(bytes);
	const kept = keepMetadata ? bytes : stripped?.bytes;
	const isTooLarge = picture !== undefined && Math.max(picture.width, picture.height) > maxSide;
	const isToBeRedrawn = (isTooLarge || kept === undefined) && stripped?.isAnimated !== true;
	if (isToBeRedrawn && picture !== undefined) {
		const made = await redraw(picture, file.type, maxSide);
		if (made !== undefined && made.bytes.length < (kept?.length ?? Infinity)) {
			const { type, width, height } = made;
			const name = type === file.type ? file.name : named(file.name, type);
			const blob = new Blob([made.bytes]);
			const looks = { ...preview, width, height };
			return ok({ name, type, size: blob.size, read: read(blob), preview: looks });
		}
	}
	if (kept === undefined) return err({ type: 'keeps-metadata' });
	const { name, type } = file;
	const blob = new Blob([kept]);
	return ok({ name, type, size: blob.size, read: read(blob), preview });
}

/** A film or recording. */
async function preparePlayed(
	file: File,
	preview: Preview,
	{ keepMetadata = false }: PrepareOptions,
): Promise<Prepared> {
	const plain = read(file);
	if (keepMetadata) return ok(asItIs(file, preview));
	const patches = await playedPatches(plain, file.size);
	if (patches === undefined) return err({ type: 'keeps-metadata' });
	return ok({
		...asItIs(file, preview),
		read: async (from, to) => patched(await plain(from, to), from, patches),
	});
}

export async function prepareFile(file: File, options: PrepareOptions): Promise<Prepared> {
	const [kind] = file.type.split('/');
	if (kind === 'image') {
		if (file.size <= MAX_PICTURE) return preparePicture(file, options);
		return options.keepMetadata === true ? ok(asItIs(file)) : err({ type: 'keeps-metadata' });
	}
	if (kind === 'video') {
		return preparePlayed(file, (await openFilm(file, options.signal)) ?? {}, options);
	}
	if (kind === 'audio') return preparePlayed(file, (await openRecording(file)) ?? {}, options);
	return ok(asItIs(file));
}
