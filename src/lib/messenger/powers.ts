// What this person may do in a space now, by the authority log: what the interface offers, and what is tried at all.
import { SPACE_KIND } from '#lib/protocol/content.ts';
import type { Ledger } from '#lib/crdt/ledger.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import type { MemberPowers } from './api.ts';

export interface Powers {
	/** Rank in the space; null for plain members, and where there are no Powernodes. */
	readonly rank: number | null;
	readonly isMember: boolean;
	/** Makes and changes channels. */
	readonly channels: boolean;
	readonly moderate: boolean;
	over(target: Bytes): MemberPowers;
	/** Purges messages of this author. */
	purge(author: Bytes): boolean;
}

const NONE: MemberPowers = { ban: false, shadowBan: false, grant: false, revoke: false };

export function powersIn({ authority }: Ledger, self: Bytes): Powers {
	const own = toHex(self);
	const isMember = authority.people.get(own)?.active === true;
	const isCommunity = authority.genesis?.spaceKind === SPACE_KIND.community;
	const rank = isMember && isCommunity ? (authority.ranks.get(own) ?? null) : null;

	/** Whether this person is senior to whom it concerns. */
	const isSeniorTo = (target: string): boolean =>
		rank !== null && target !== own && rank < (authority.ranks.get(target) ?? Infinity);

	return {
		rank,
		isMember,
		channels: isMember && (rank !== null || !isCommunity),
		moderate: rank !== null,
		over(target) {
			const key = toHex(target);
			if (!isSeniorTo(key)) return NONE;
			const isThere = authority.people.get(key)?.active === true;
			const isPowernode = authority.ranks.has(key);
			const isShadowed = authority.shadowed.has(key);
			return {
				ban: isThere,
				shadowBan: isThere && !isPowernode && !isShadowed,
				grant: isThere && !isPowernode && !isShadowed,
				revoke: isPowernode,
			};
		},
		purge: (author) => isSeniorTo(toHex(author)),
	};
}
