// A device that keeps no files.
import type { ContentStore } from '#lib/ports/content-store.ts';
import type { StoreError } from '#lib/ports/store.ts';
import { err, ok } from '#lib/util/result.ts';

const REFUSED: StoreError = { type: 'refused', detail: 'no files are kept here' };

export const noContent: ContentStore = {
	write: () => Promise.resolve(err(REFUSED)),
	read: () => Promise.resolve(undefined),
	held: () => Promise.resolve([]),
	remove: () => Promise.resolve(ok()),
	names: () => Promise.resolve([]),
	room: () => Promise.resolve(0),
	close: () => undefined,
};
