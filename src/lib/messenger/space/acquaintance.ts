// Whether the author of an entry knew that a device is a member's: then what was written is meant for it. Read from what
// the entry builds on, so that everybody says the same. [FD10] [HP3]
import type { ControlEntry } from '#lib/crdt/authority-state.ts';
import type { Entry } from '#lib/crdt/check-entry.ts';
import type { Ledger } from '#lib/crdt/ledger.ts';
import { compareTime, KIND, type Time } from '#lib/protocol/entry.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';

export interface Acquaintance {
	/** Takes a control entry that has come into the ledger. */
	take(control: ControlEntry): void;
	knew(entry: Pick<Entry, 'header'>): boolean;
	/** When the device was first let in; null: not yet. */
	since(): Time | null;
}

/** `rootHash`: whose device it is. */
export function createAcquaintance(ledger: Ledger, device: string, rootHash: Bytes): Acquaintance {
	/** What let the device in, and its person's departures. */
	const admissions: Entry[] = [];
	const departures: Entry[] = [];

	function take({ content, entry }: ControlEntry): void {
		const member =
			content.kind === KIND.genesis
				? content.founder
				: content.kind === KIND.admit || content.kind === KIND.enrol
					? content.member
					: undefined;
		if (member !== undefined && toHex(member.certificate.deviceKey) === device) {
			admissions.push(entry);
		}
		if (content.kind === KIND.leave && equal(entry.header.author, rootHash)) {
			departures.push(entry);
		}
	}

	const counts = ({ key }: Entry): boolean => ledger.authority.verdicts.get(key) === 'valid';

	for (const control of ledger.control.values()) take(control);
	return {
		take,
		knew({ header }) {
			const { pasts } = ledger.resolver;
			const past = pasts.after(header.authorityHeads);
			return admissions.some(
				(admission) =>
					past.has(admission) &&
					counts(admission) &&
					!departures.some((leave) => past.has(leave) && pasts.of(leave).has(admission)),
			);
		},
		since: () =>
			admissions
				.filter(counts)
				.map(({ header }) => header.time)
				.reduce<Time | null>(
					(first, time) => (first === null || compareTime(time, first) < 0 ? time : first),
					null,
				),
	};
}
