// What a space's history policy says, and where that leaves a device that came later. [HP1] [HP2]
import type { Authority } from '#lib/crdt/authority-state.ts';
import { HISTORY, SPACE_KIND } from '#lib/protocol/content.ts';
import type { Time } from '#lib/protocol/entry.ts';

/** Whether whoever joins is given what was written before; communities alone can say so, once and for all. */
export const sharesPast = ({ genesis }: Authority): boolean =>
	genesis?.spaceKind === SPACE_KIND.community && genesis.history === HISTORY.everything;

/** Everything that there is comes after this. */
export const BEGINNING: Time = { ms: 0, counter: 0 };
/** Everything that there is came before this. */
export const END: Time = { ms: Infinity, counter: 0 };
