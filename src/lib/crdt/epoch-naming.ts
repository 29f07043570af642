// Whether EPOCHs name exactly the devices that were members by everything their authors had seen. That follows from what
// each builds on, so it is found once and remembered, until a fork or an entry that comes late is part of that. [EP1]
import { KIND } from '#lib/protocol/entry.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import { inOrder, type ControlEntry } from './authority-state.ts';
import type { Entry } from './check-entry.ts';
import type { Pasts } from './past.ts';

export interface EpochNaming {
	/** `now`: who the members are by all that is here, if that is just what the EPOCH builds on. */
	isRight(control: ControlEntry, now: ReadonlySet<string> | null): boolean;
	/** This place of a device's feed, or what builds on it, says something else than before. */
	forget(device: Bytes, seq: number): void;
	/** Finds out again what was forgotten. */
	recollect(): void;
}

export interface NamingParts {
	pasts(): Pasts;
	/** The log in order of time, then id. */
	ordered(): readonly ControlEntry[];
	find(key: string): ControlEntry | undefined;
	/** Entries that stand in the place of others, or are younger than later ones of their device. */
	odd(): readonly Entry[];
	/** A judge of memberships to whom nothing was told yet. */
	judge(): {
		take(control: ControlEntry): void;
		readonly authority: { readonly active: ReadonlySet<string> };
	};
}

export function createEpochNaming(parts: NamingParts): EpochNaming {
	const known = new Map<string, boolean>();
	let isForgetful = false;

	function note({ content, entry }: ControlEntry, expected: ReadonlySet<string>): boolean {
		const recipients = content.kind === KIND.epoch ? content.recipients : [];
		const devices = new Set(recipients.map(({ device }) => toHex(device)));
		const isRight =
			devices.size === recipients.length &&
			devices.size === expected.size &&
			[...devices].every((device) => expected.has(device));
		known.set(entry.key, isRight);
		return isRight;
	}

	function membersSeenBy({ entry }: ControlEntry): ReadonlySet<string> {
		const past = parts.pasts().of(entry);
		const seen = parts.judge();
		for (const each of parts.ordered()) if (past.has(each.entry)) seen.take(each);
		return seen.authority.active;
	}

	return {
		isRight: (control, now) =>
			known.get(control.entry.key) ?? note(control, now ?? membersSeenBy(control)),
		forget(device, seq) {
			for (const key of known.keys()) {
				const entry = parts.find(key)?.entry;
				if (entry === undefined) continue;
				const isOwn = entry.header.seq >= seq && equal(entry.header.device, device);
				if (!isOwn && !parts.pasts().of(entry).reaches(device, seq)) continue;
				known.delete(key);
				isForgetful = true;
			}
		},
		// One walk through the log answers for all that build on everything before them, which most do.
		recollect() {
			if (!isForgetful) return;
			isForgetful = false;
			const seen = parts.judge();
			const heads = new Set<string>();
			for (const control of parts.ordered()) {
				const { content, entry } = control;
				for (const head of entry.header.authorityHeads) heads.delete(toHex(head));
				if (content.kind === KIND.epoch && heads.size === 0 && !known.has(entry.key)) {
					const past = parts.pasts().of(entry);
					const isAll = parts.odd().every((each) => !past.has(each) || inOrder(each, entry) < 0);
					if (isAll) note(control, seen.authority.active);
				}
				heads.add(entry.key);
				seen.take(control);
			}
		},
	};
}
