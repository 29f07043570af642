// What the authority log says, epochs included: a pure function of the set of opened control entries. [AU1] [EP1] [EP2]
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Authority, ControlEntries, EpochState, Forks } from './authority-state.ts';
import { liveEpochs, namesTheMembers } from './epoch-choice.ts';
import { resolveMembership } from './membership.ts';

/**
 * Resolves a causally closed set of control entries of one space. `checked` keeps, by entry id (hex), which epochs name
 * the members that their authors saw: that depends on what they build on and on the forks, never on what comes later.
 */
export function resolveAuthority(
	space: Bytes,
	entries: ControlEntries,
	forks: Forks,
	checked = new Map<string, boolean>(),
): Authority {
	const epochs: EpochState[] = [];
	const admittedWith = new Map<string, string>();
	const inDoubt = new Set<string>();
	const membership = resolveMembership(space, entries, forks, {
		onEpoch(entry, content) {
			const names =
				checked.get(entry.key) ?? namesTheMembers(space, entries, forks, entry, content);
			checked.set(entry.key, names);
			if (!names) return 'wrong-recipients';
			const tokenHashes = new Map(
				content.recipients.map(({ device, tokenHash }) => [toHex(device), [tokenHash]]),
			);
			const holders = new Set(tokenHashes.keys());
			const { epoch: id } = entry.header.key;
			epochs.push({ entry: entry.id, id, content, tokenHashes, holders });
			return 'valid';
		},
		onKeysGiven(id, device) {
			epochs.find((epoch) => equal(epoch.id, id))?.holders.add(device);
		},
		onToken(id, device, tokenHash) {
			if ((admittedWith.get(device) ?? toHex(id)) !== toHex(id)) inDoubt.add(device);
			admittedWith.set(device, toHex(id));
			const tokens = epochs.find((epoch) => equal(epoch.id, id))?.tokenHashes;
			const known = tokens?.get(device) ?? [];
			if (known.some((each) => equal(each, tokenHash))) return;
			tokens?.set(device, [...known, tokenHash]);
		},
	});
	const live = liveEpochs(entries, epochs);
	return { ...membership, epochs, liveEpochs: live, epoch: live[0] ?? null, inDoubt };
}
