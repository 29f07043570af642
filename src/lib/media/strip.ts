// Takes out of a picture what it says beside the picture, whichever of the known formats it has. Pure. [ME1] [ME2]
import { stripJpeg } from './strip-jpeg.ts';
import { isPng, stripPng, type StrippedPicture } from './strip-png.ts';
import { isWebp, stripWebp } from './strip-webp.ts';

/** null: of none of these formats. Undefined: damaged, or cut. */
export function withoutMetadata(file: Uint8Array): StrippedPicture | null | undefined {
	if (isPng(file)) return stripPng(file);
	if (isWebp(file)) return stripWebp(file);
	if (file[0] !== 0xff || file[1] !== 0xd8) return null;
	const bytes = stripJpeg(file);
	return bytes && { bytes, isAnimated: false };
}
