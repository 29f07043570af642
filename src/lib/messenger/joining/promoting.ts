// An invitation may say that whoever joins by it is made a Powernode: the inviter's own node does that, if the inviter still
// may. [IV1]
import type { Ledger } from '#lib/crdt/ledger.ts';
import type { GrantPowernode } from '#lib/protocol/moderation.ts';
import { compareTime, KIND } from '#lib/protocol/entry.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import { powersIn } from '../powers.ts';

/** What an INVITE makes of whom it lets in. */
export const MEMBER = 0;
export const POWERNODE = 1;

/** The grants that this person (Root Hash) owes to whom its invitations have let in. */
export function owedGrants(ledger: Ledger, self: Bytes): readonly GrantPowernode[] {
	const { authority, control } = ledger;
	const invites = new Set(
		[...authority.invites.values()]
			.filter(({ author, content }) => content.role === POWERNODE && equal(author, self))
			.map(({ id }) => toHex(id)),
	);
	if (invites.size === 0) return [];
	const powers = powersIn(ledger, self);
	const owed = new Map<string, GrantPowernode>();
	for (const { content, entry, memberRoot } of control.values()) {
		if (content.kind !== KIND.admit || memberRoot === null) continue;
		if (!invites.has(toHex(content.invite))) continue;
		if (authority.verdicts.get(entry.key) !== 'valid' || !powers.over(memberRoot).grant) continue;
		// Granted before, whatever has become of that: once is what the invitation says.
		const isGranted = [...control.values()].some(
			(other) =>
				other.content.kind === KIND.grant &&
				equal(other.content.target, memberRoot) &&
				compareTime(other.entry.header.time, entry.header.time) > 0,
		);
		if (!isGranted) owed.set(toHex(memberRoot), { kind: KIND.grant, target: memberRoot });
	}
	return [...owed.values()];
}
