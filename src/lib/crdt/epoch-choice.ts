// Which epochs are in use, and when a new one is due: read from the authority log, never from a counter that a member can
// set. [EP3] [EP5] [EP11] [EP12]
import { KIND } from '#lib/protocol/entry.ts';
import { DAY } from '#lib/protocol/limits.ts';
import { toHex } from '#lib/util/bytes.ts';
import type { Authority, ControlEntries, ControlEntry } from './authority-state.ts';
import { latestOf } from './causality.ts';

/** An epoch is used for so long, and for so many messages. */
export const EPOCH_AGE = 7 * DAY;
export const EPOCH_MESSAGES = 10_000;

/** The EPOCH entries, void ones included, whose control keys a new one must hand on: with them all others are read. */
export function latestEpochEntries(entries: ControlEntries): readonly ControlEntry[] {
	const epochs = [...entries.values()].filter(({ content }) => content.kind === KIND.epoch);
	return latestOf(entries, epochs);
}

/** Whether somebody who is no member has the keys of the present epoch. */
export const isOverheard = ({ active, epoch }: Authority): boolean =>
	epoch !== null && [...epoch.holders].some((key) => !active.has(key));

/**
 * Whether an epoch in use leaves out a member device, or its keys are with one that is no member, so that a new one is
 * due; so it is when nobody can tell whether a member device has its keys, and when the owner key is with somebody who is
 * no Powernode any longer. Epochs that were made at the same time all count: a member that has no keys of one could not
 * read what is sealed in it.
 */
export function needsNewEpoch(authority: Authority): boolean {
	const { active, liveEpochs: live, inDoubt } = authority;
	return live.some((epoch) => {
		const { content, tokenHashes, holders } = epoch;
		const recipients = new Set(content.recipients.map(({ device }) => toHex(device)));
		const reaches = (key: string): boolean =>
			(inDoubt.has(key) ? recipients : tokenHashes).has(key);
		return (
			[...active].some((key) => !reaches(key)) ||
			[...holders].some((key) => !active.has(key)) ||
			authority.isOwnedByRevoked(epoch)
		);
	});
}

/**
 * When the current epoch has been in use for long enough, ms since 1970, by its own time; null without an epoch. One that
 * says it is from before it could have been made is followed by one, and that is all its author gains.
 */
export const agedAt = ({ epoch }: Authority): number | null => epoch && epoch.time.ms + EPOCH_AGE;
