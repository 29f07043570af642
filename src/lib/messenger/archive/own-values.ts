// What of the account document belongs in an archive: whom the person has verified, what was typed and not sent, how the
// app is to look, from whom their address is hidden, and what they chose of relays and were given by their operators.
// Brought back, it fills what was never set here, and changes nothing else. [BK2] [BK3]
import { MAX_VALUE } from '#lib/protocol/limits.ts';
import type { StoreError } from '#lib/ports/store.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { ok, type Result } from '#lib/util/result.ts';
import {
	DRAFTS,
	HIDDEN,
	NOTED,
	PREFERRED_RELAYS,
	RELAY_INVITATIONS,
	REMOVED_RELAYS,
	SETTINGS,
	VERIFIED,
} from '../devices/sections.ts';
import type { SharedValues } from '../devices/shared-values.ts';

export type OwnValue = readonly [name: string, value: Bytes];

const SECTIONS = [
	VERIFIED,
	NOTED,
	SETTINGS,
	HIDDEN,
	REMOVED_RELAYS,
	PREFERRED_RELAYS,
	RELAY_INVITATIONS,
	DRAFTS,
];

export const ownValues = (keeper: Pick<SharedValues, 'list'>): readonly OwnValue[] =>
	SECTIONS.flatMap(({ prefix }) => keeper.list(prefix));

const isOwn = ([name, value]: OwnValue): boolean =>
	value.length <= MAX_VALUE &&
	SECTIONS.some(({ prefix, decode }) => name.startsWith(prefix) && decode(value) !== undefined);

/** What was taken back since stays so; what there is no room for any more is left out. */
export async function takeOwnValues(
	keeper: Pick<SharedValues, 'wasSet' | 'write'>,
	values: readonly OwnValue[],
): Promise<Result<void, StoreError>> {
	const fresh = values.filter((each) => isOwn(each) && !keeper.wasSet(each[0]));
	if (fresh.length === 0) return ok();
	const kept = await keeper.write(new Map(fresh));
	if (kept.ok || kept.error.type !== 'full' || fresh.length === 1) {
		return kept.ok || kept.error.type === 'full' ? ok() : kept;
	}
	for (const each of fresh) {
		const alone = await takeOwnValues(keeper, [each]);
		if (!alone.ok) return alone;
	}
	return ok();
}
