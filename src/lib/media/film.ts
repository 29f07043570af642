// What a film looks like at its beginning, and how long it is, by means of the page. [ME4]
import { lookOf, type PictureLook } from './picture.ts';

export interface FilmLook extends PictureLook {
	/** Milliseconds; 0: nobody can say. */
	readonly duration: number;
}

const FIRST_MOMENT = 1;

const once = (video: HTMLVideoElement, name: string, signal: AbortSignal): Promise<boolean> =>
	new Promise((resolve) => {
		const end = (isThere: boolean) => () => {
			resolve(isThere);
		};
		video.addEventListener(name, end(true), { once: true });
		video.addEventListener('error', end(false), { once: true });
		signal.addEventListener('abort', end(false), { once: true });
		if (signal.aborted) resolve(false);
	});

const nextFrame = (signal: AbortSignal): Promise<void> =>
	new Promise((resolve) => {
		requestAnimationFrame(() => {
			resolve();
		});
		signal.addEventListener(
			'abort',
			() => {
				resolve();
			},
			{ once: true },
		);
	});

/** On a busy machine a film says that its moment is loaded before there is a picture of it. */
async function pictureOf(
	video: HTMLVideoElement,
	signal: AbortSignal,
): Promise<ImageBitmap | undefined> {
	while (!signal.aborted && video.error === null) {
		const picture = await createImageBitmap(video).catch(() => undefined);
		if (picture !== undefined) return picture;
		await nextFrame(signal);
	}
	return undefined;
}

/** Undefined where the browser can't show it, or `signal` ends it: some films never answer. */
export async function openFilm(file: Blob, signal: AbortSignal): Promise<FilmLook | undefined> {
	const video = document.createElement('video');
	const url = URL.createObjectURL(file);
	video.muted = true;
	video.preload = 'auto';
	try {
		const known = once(video, 'loadeddata', signal);
		video.src = url;
		if (!(await known) || video.videoWidth === 0) return undefined;
		const { duration } = video;
		const isKnown = Number.isFinite(duration);
		// One that does not say how long it is can't be wound; its first moment is there.
		if (isKnown) {
			const sought = once(video, 'seeked', signal);
			video.currentTime = Math.min(FIRST_MOMENT, duration / 10);
			if (!(await sought)) return undefined;
		}
		const moment = await pictureOf(video, signal);
		if (moment === undefined) return undefined;
		try {
			return { ...(await lookOf(moment)), duration: isKnown ? Math.round(duration * 1000) : 0 };
		} finally {
			moment.close();
		}
	} catch {
		return undefined;
	} finally {
		video.removeAttribute('src');
		video.load();
		URL.revokeObjectURL(url);
	}
}
