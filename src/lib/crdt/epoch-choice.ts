// Which epochs are valid, and which one is current: read from the authority log, never from a counter. [EP1] [EP2] [EP3]
import type { Epoch } from '#lib/protocol/content.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { compare, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Authority, ControlEntry, EpochState, Verdict } from './authority.ts';
import type { Entry } from './check-entry.ts';

/** Everything that an entry builds on, by the authority heads it saw. */
export function ancestorsOf(
	entries: ReadonlyMap<string, ControlEntry>,
	heads: readonly Bytes[],
): Map<string, ControlEntry> {
	const found = new Map<string, ControlEntry>();
	const open = heads.map(toHex);
	for (let key = open.pop(); key !== undefined; key = open.pop()) {
		const control = entries.get(key);
		if (control === undefined || found.has(key)) continue;
		found.set(key, control);
		for (const head of control.entry.header.authorityHeads) open.push(toHex(head));
	}
	return found;
}

/** The devices that belong to the space by these entries alone (hex). */
function devicesIn(entries: ReadonlyMap<string, ControlEntry>): Set<string> {
	const devices = new Map<string, string>();
	const gone = new Set<string>();
	for (const { entry, content, proven, memberRoot } of entries.values()) {
		if (!proven) continue;
		if (content.kind === KIND.genesis) {
			devices.set(toHex(entry.header.device), toHex(entry.header.author));
		} else if (content.kind === KIND.admit && memberRoot !== null) {
			devices.set(toHex(content.member.certificate.deviceKey), toHex(memberRoot));
		} else if (content.kind === KIND.leave) {
			gone.add(toHex(entry.header.author));
		}
	}
	return new Set([...devices].filter(([, root]) => !gone.has(root)).map(([device]) => device));
}

/** Adds a valid epoch. Its recipients are exactly the devices of the membership that its author had seen. */
export function applyEpoch(
	entries: ReadonlyMap<string, ControlEntry>,
	epochs: EpochState[],
	entry: Entry,
	content: Epoch,
): Verdict {
	const expected = devicesIn(ancestorsOf(entries, entry.header.authorityHeads));
	const named = new Set(content.recipients.map((recipient) => toHex(recipient.device)));
	const same =
		named.size === content.recipients.length &&
		named.size === expected.size &&
		[...named].every((device) => expected.has(device));
	if (!same) return 'wrong-recipients';
	epochs.push({
		entry: entry.id,
		id: entry.header.key.epoch,
		content,
		tokenHashes: new Map(
			content.recipients.map(({ device, tokenHash }) => [toHex(device), [tokenHash]]),
		),
	});
	return 'valid';
}

/** The epoch that no other valid one builds on; among several such, the one with the lowest entry id. */
export function currentEpoch(
	entries: ReadonlyMap<string, ControlEntry>,
	epochs: readonly EpochState[],
): EpochState | null {
	const superseded = new Set<string>();
	for (const epoch of epochs) {
		const own = entries.get(toHex(epoch.entry));
		if (own === undefined) continue;
		for (const key of ancestorsOf(entries, own.entry.header.authorityHeads).keys()) {
			superseded.add(key);
		}
	}
	const live = epochs.filter((epoch) => !superseded.has(toHex(epoch.entry)));
	return [...live].sort((a, b) => compare(a.entry, b.entry))[0] ?? null;
}

/** Whether the current epoch leaves out a member device or reaches one that has gone, so that a new one is due. */
export function needsNewEpoch(authority: Authority): boolean {
	const { epoch } = authority;
	if (epoch === null) return false;
	const active = [...authority.devices.values()].filter((device) => device.active);
	if (active.some((device) => !epoch.tokenHashes.has(toHex(device.device)))) return true;
	return [...epoch.tokenHashes.keys()].some((device) => {
		const state = authority.devices.get(device);
		return state === undefined || !state.active;
	});
}
