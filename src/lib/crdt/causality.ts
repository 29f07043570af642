// Before and after among control entries, by the authority heads that each has seen.
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import type { ControlEntries, ControlEntry } from './authority-state.ts';

/** These entries and everything they build on. Heads that are not held are passed over. */
export function ancestorsOf(
	entries: ControlEntries,
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

/** The entries of `some` that no other of `some` builds on. */
export function latestOf(
	entries: ControlEntries,
	some: readonly ControlEntry[],
): readonly ControlEntry[] {
	const heads = some.flatMap(({ entry }) => entry.header.authorityHeads);
	const builtUpon = ancestorsOf(entries, heads);
	return some.filter(({ entry }) => !builtUpon.has(entry.key));
}
