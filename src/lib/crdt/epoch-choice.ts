// Which epochs are valid, which one is current, and when a new one is due: read from the authority log, never from a
// counter. [EP1] [EP2] [EP3] [EP5]
import type { Epoch } from '#lib/protocol/content.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { compare, toHex, type Bytes } from '#lib/util/bytes.ts';
import type {
	Authority,
	ControlEntries,
	ControlEntry,
	EpochState,
	Forks,
} from './authority-state.ts';
import { ancestorsOf, latestOf } from './causality.ts';
import type { Entry } from './check-entry.ts';
import { activeDevices, resolveMembership } from './membership.ts';

/** Whether the recipients are exactly the devices that belonged to the space by everything the author had seen. */
export function namesTheMembers(
	space: Bytes,
	entries: ControlEntries,
	forks: Forks,
	entry: Entry,
	{ recipients }: Epoch,
): boolean {
	const seen = ancestorsOf(entries, entry.header.authorityHeads);
	const expected = activeDevices(resolveMembership(space, seen, forks));
	const named = new Set(recipients.map(({ device }) => toHex(device)));
	return (
		named.size === recipients.length &&
		named.size === expected.size &&
		[...named].every((device) => expected.has(device))
	);
}

/** The epochs that no other valid one builds on; the one with the lowest entry id first: it is the current one. */
export function liveEpochs(
	entries: ControlEntries,
	epochs: readonly EpochState[],
): readonly EpochState[] {
	const own = epochs.flatMap((epoch) => entries.get(toHex(epoch.entry)) ?? []);
	const latest = new Set(latestOf(entries, own).map(({ entry }) => entry.key));
	return epochs
		.filter((epoch) => latest.has(toHex(epoch.entry)))
		.sort((a, b) => compare(a.entry, b.entry));
}

/** The EPOCH entries, void ones included, whose control keys a new one must hand on: with them all others are read. */
export function latestEpochEntries(entries: ControlEntries): readonly ControlEntry[] {
	const epochs = [...entries.values()].filter(({ content }) => content.kind === KIND.epoch);
	return latestOf(entries, epochs);
}

/**
 * Whether an epoch in use leaves out a member device, or its keys are with one that is no member, so that a new one is
 * due; so it is when nobody can tell whether a member device has its keys. Epochs that were made at the same time all
 * count: a member that has no keys of one could not read what is sealed in it.
 */
export function needsNewEpoch({ devices, liveEpochs: live, inDoubt }: Authority): boolean {
	return live.some(({ content, tokenHashes, holders }) => {
		const recipients = new Set(content.recipients.map(({ device }) => toHex(device)));
		const reaches = (key: string): boolean =>
			(inDoubt.has(key) ? recipients : tokenHashes).has(key);
		const leftOut = [...devices].some(([key, { active }]) => active && !reaches(key));
		return leftOut || [...holders].some((key) => devices.get(key)?.active !== true);
	});
}
