// What to blank in a film or recording, whichever of the known formats it has: by how it begins, not by its name. [ME3] [ME7]
// [ME8]
import type { Patch, Read } from './patch.ts';
import { filmPatches, isFilm } from './strip-film.ts';
import { isMatroska, matroskaPatches } from './strip-matroska.ts';
import { soundPatches } from './strip-sound.ts';

/** Undefined where it can't be freed of what it may say. */
export async function playedPatches(read: Read, size: number): Promise<Patch[] | undefined> {
	const start = await read(0, Math.min(16, size)).catch(() => undefined);
	if (start === undefined) return undefined;
	if (isMatroska(start)) return matroskaPatches(read, size);
	return isFilm(start) ? filmPatches(read, size) : soundPatches(read, size);
}
