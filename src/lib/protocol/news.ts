// What neighbours on direct links tell each other of new entries, so that each goes to everybody over few links. [GS3] [GS5]
//
// news [[id that is here …≤64], [id that is wanted …≤64], pushes are not needed]
import { bytes, flag, list, map, tuple, type Shape } from './cbor.ts';
import type { Bytes } from '#lib/util/bytes.ts';

const MAX_NAMED = 64;

export interface News {
	/** Entries by their ids. */
	readonly have: readonly Bytes[];
	readonly want: readonly Bytes[];
	readonly prune: boolean;
}

const ids = list(bytes(32), MAX_NAMED);

export const newsShape: Shape<News> = map(tuple(ids, ids, flag), ([have, want, prune]) => ({
	have,
	want,
	prune,
}));

export const newsToTuple = ({ have, want, prune }: News): unknown[] => [have, want, prune];
