// Who ranks where, and whose entries end where: grants, revocations and bans, resolved rank by rank. The founder has rank
// 0, whom somebody of rank n makes a Powernode has n + 1; of several grants the best counts. A removal acts on juniors
// alone, so what holds at one rank depends only on ranks above it, and nobody can remove each other. [AU9] [AU10] [FE1] [FE3]
import { KIND } from '#lib/protocol/entry.ts';
import type { Fence } from '#lib/protocol/moderation.ts';
import { toHex } from '#lib/util/bytes.ts';
import type { ControlEntry, FenceEnd, Verdict } from './authority-state.ts';
import type { Entry } from './check-entry.ts';
import { endOf, isBeyond, lower } from './fences.ts';
import type { Past, Pasts } from './past.ts';

/** What the whole stands on; tests replace one to see that it is missed. */
export interface Rules {
	isBeyond(end: FenceEnd, entry: Entry): boolean;
	isSenior(rank: number, other: number): boolean;
}

export const RULES: Rules = { isBeyond, isSenior: (rank, other) => rank < other };

/** An action by somebody who was allowed to act, with what it builds on. */
export interface Action {
	readonly control: ControlEntry;
	readonly past: Past;
	readonly rank: number;
}

export interface RankedBan extends Action {
	readonly fence: Fence;
	readonly voidInvites: boolean;
}

export interface Ranks {
	/** Takes the actions of a whole log, instead of all before. */
	rebuild(controls: readonly ControlEntry[]): void;
	/**
	 * Takes one more that is later than all others. `complete`: it builds on all of them. False when something before may be
	 * judged otherwise by it: then all is to be rebuilt.
	 */
	append(control: ControlEntry, complete: boolean): boolean;
	/** Rank of the author as of this entry; null for plain members. */
	rankOf(entry: Entry): number | null;
	rankAt(entry: Entry, past: Past): number | null;
	/** Rank of somebody (Root Hash, hex) who has seen everything. */
	standing(target: string): number | null;
	/** Whether the entry lies beyond a ban or the revocation of its device. */
	isCut(entry: Entry): boolean;
	/** Whether who is named (Root Hash, hex) is no junior of the entry's author, who has this rank. */
	protects(target: string, entry: Entry, rank: number): boolean;
	/** For GRANT, REVOKE, PLATFORM_BAN, PLATFORM_UNBAN, REVOKE_DEVICE and RECALL. */
	verdictOf(control: ControlEntry): Verdict;
	bansOn(target: string): readonly RankedBan[];
	/** Valid undoings of a ban. */
	undoing(ban: RankedBan): readonly Action[];
	/** Valid recalls of an invitation (entry id, hex). */
	recallsOf(invite: string): readonly Action[];
	/** By device (hex): ends by revocation. */
	readonly deviceEnds: ReadonlyMap<string, FenceEnd>;
}

export interface RankParts {
	readonly pasts: Pasts;
	/** Root Hash (hex) of the founder; null where there are no Powernodes. */
	founder(): string | null;
	/** Genuine, by a device of the person it names, and not beyond a fork. */
	isSound(control: ControlEntry): boolean;
	/** Genuine admissions of a device (hex), void ones included. */
	admissionsOf(device: string): readonly Entry[];
	/** The INVITE entry with this id (hex). */
	inviteOf(invite: string): Entry | null;
	readonly rules: Rules;
}

const authorOf = (entry: Entry): string => toHex(entry.header.author);

export const isAction = ({ content }: ControlEntry): boolean =>
	(content.kind >= KIND.grant && content.kind <= KIND.revokeDevice) ||
	content.kind === KIND.recall ||
	content.kind === KIND.leave;

const add = <T>(lists: Map<string, T[]>, key: string, item: T): void => {
	const known = lists.get(key);
	if (known === undefined) lists.set(key, [item]);
	else known.push(item);
};

export function createRanks({
	pasts,
	founder,
	isSound,
	admissionsOf,
	inviteOf,
	rules,
}: RankParts): Ranks {
	/** By the target's Root Hash (hex). */
	const grants = new Map<string, Action[]>();
	const revokes = new Map<string, (Action & { readonly fence: Fence })[]>();
	const bans = new Map<string, RankedBan[]>();
	/** By the ban's entry id (hex). */
	const unbans = new Map<string, Action[]>();
	const validBans = new Map<string, RankedBan>();
	/** By the author's Root Hash (hex). */
	const leaves = new Map<string, { readonly entry: Entry; readonly past: Past }[]>();
	const recalls = new Map<string, Action[]>();
	const deviceEnds = new Map<string, FenceEnd>();
	const verdicts = new Map<string, Verdict>();

	const all = [grants, revokes, bans, unbans, validBans, leaves, recalls, deviceEnds, verdicts];

	const isDeviceCut = (entry: Entry): boolean => {
		const end = deviceEnds.get(toHex(entry.header.device));
		return end !== undefined && rules.isBeyond(end, entry);
	};

	/** Whether the device (hex) was let in before by somebody who knew that the ban was undone. */
	const isUndoneFor = (ban: RankedBan, device: string, past: Past): boolean =>
		admissionsOf(device)
			.filter((admission) => past.has(admission))
			.some((admission) =>
				undoing(ban).some(({ control }) => pasts.of(admission).has(control.entry)),
			);

	/** Whether a ban by somebody senior to `rank` ends the device before this entry. */
	const isBanned = (entry: Entry, past: Past, rank: number): boolean =>
		(bans.get(authorOf(entry)) ?? []).some((ban) => {
			const device = toHex(entry.header.device);
			if (!rules.isSenior(ban.rank, rank) || !rules.isBeyond(endOf(ban.fence, device), entry)) {
				return false;
			}
			// Who comes back does so with another device, of which the ban knew nothing.
			const isListed = ban.fence.some(({ feed }) => toHex(feed) === device);
			return isListed || !isUndoneFor(ban, device, past);
		});

	/** What takes a grant back unless the grant builds on it: revocations, and bans, by somebody senior to whom it made. */
	const removing = (target: string, grant: Action): readonly (Action & { fence: Fence })[] =>
		[...(revokes.get(target) ?? []), ...(bans.get(target) ?? [])].filter(
			({ control, rank }) => rules.isSenior(rank, grant.rank + 1) && !grant.past.has(control.entry),
		);

	/** Of somebody of this rank: what lies beyond a fence ends nothing, lest a stolen device leave for its person. */
	const leavesOf = (target: string, rank: number): readonly Entry[] =>
		(leaves.get(target) ?? [])
			.filter(({ entry, past }) => !isDeviceCut(entry) && !isBanned(entry, past, rank))
			.map(({ entry }) => entry);

	const isRevoked = (grant: Action, entry: Entry, past: Past): boolean => {
		const target = authorOf(entry);
		const device = toHex(entry.header.device);
		return (
			removing(target, grant).some(({ fence }) => rules.isBeyond(endOf(fence, device), entry)) ||
			leavesOf(target, grant.rank + 1).some((leave) => !grant.past.has(leave) && past.has(leave))
		);
	};

	function rankAt(entry: Entry, past: Past, limit = Infinity): number | null {
		if (isDeviceCut(entry)) return null;
		const author = authorOf(entry);
		if (author === founder()) {
			return leavesOf(author, 0).some((leave) => past.has(leave)) ? null : 0;
		}
		let best: number | null = null;
		for (const grant of grants.get(author) ?? []) {
			const rank = grant.rank + 1;
			if (rank > limit || (best !== null && rank >= best)) continue;
			if (!past.has(grant.control.entry) || isRevoked(grant, entry, past)) continue;
			if (!isBanned(entry, past, rank)) best = rank;
		}
		return best;
	}

	const rankOf = (entry: Entry): number | null => rankAt(entry, pasts.of(entry));

	function protects(target: string, entry: Entry, rank: number): boolean {
		if (target === founder()) return true;
		const past = pasts.of(entry);
		return (grants.get(target) ?? []).some((grant) => {
			if (rules.isSenior(rank, grant.rank + 1) || grant.past.has(entry)) return false;
			return !removing(target, grant).some(({ control }) => past.has(control.entry));
		});
	}

	function standing(target: string): number | null {
		if (target === founder()) return leavesOf(target, 0).length === 0 ? 0 : null;
		const standing = (grants.get(target) ?? []).filter(
			(grant) =>
				removing(target, grant).length === 0 &&
				leavesOf(target, grant.rank + 1).every((leave) => grant.past.has(leave)),
		);
		return standing.length === 0 ? null : Math.min(...standing.map(({ rank }) => rank + 1));
	}

	const undoing = (ban: RankedBan): readonly Action[] =>
		(unbans.get(ban.control.entry.key) ?? []).filter(
			({ rank, past }) => rank <= ban.rank && past.has(ban.control.entry),
		);

	/** What an action of this rank does; bans are judged when everything above them is known. */
	function register(control: ControlEntry, rank: number): void {
		const { content, entry } = control;
		const action: Action = { control, past: pasts.of(entry), rank };
		const target = 'target' in content ? toHex(content.target) : '';
		verdicts.set(entry.key, 'valid');
		switch (content.kind) {
			case KIND.grant:
				if (target === founder() || target === authorOf(entry)) {
					verdicts.set(entry.key, 'not-allowed');
				} else {
					add(grants, target, action);
				}
				break;
			case KIND.revoke:
				if (protects(target, entry, rank)) verdicts.set(entry.key, 'not-senior');
				add(revokes, target, { ...action, fence: content.fence });
				break;
			case KIND.unban:
				for (const ban of content.bans) add(unbans, toHex(ban), action);
				break;
			case KIND.ban:
				if (protects(target, entry, rank)) {
					verdicts.set(entry.key, 'not-senior');
				} else {
					const { fence, voidInvites } = content;
					const ban = { ...action, fence, voidInvites };
					add(bans, target, ban);
					validBans.set(entry.key, ban);
				}
				break;
			default:
		}
	}

	function registerRecall(control: ControlEntry): void {
		const { content, entry } = control;
		if (content.kind !== KIND.recall) return;
		const invite = toHex(content.invite);
		const past = pasts.of(entry);
		const recalled = inviteOf(invite);
		// What it does not build on it can't have seen: whether that is here must make no difference.
		const inviter = recalled !== null && past.has(recalled) ? authorOf(recalled) : null;
		const rank = rankAt(entry, past);
		const isOwn = inviter === authorOf(entry);
		if (inviter === null) verdicts.set(entry.key, 'unknown-target');
		else if (isCut(entry)) verdicts.set(entry.key, 'beyond-fence');
		else if (!isOwn && rank === null) verdicts.set(entry.key, 'not-allowed');
		else if (!isOwn && protects(inviter, entry, rank ?? Infinity)) {
			verdicts.set(entry.key, 'not-senior');
		} else {
			verdicts.set(entry.key, 'valid');
			add(recalls, invite, { control, past, rank: rank ?? Infinity });
		}
	}

	/** What needs nobody's rank. */
	function registerPlain(control: ControlEntry): void {
		const { content, entry, memberRoot } = control;
		if (content.kind === KIND.leave) {
			add(leaves, authorOf(entry), { entry, past: pasts.of(entry) });
		}
		if (content.kind === KIND.revokeDevice && memberRoot !== null) {
			const device = toHex(content.device);
			deviceEnds.set(device, lower(deviceEnds.get(device), endOf(content.fence, device)));
			verdicts.set(entry.key, 'valid');
		}
	}

	const isRanked = ({ content }: ControlEntry): boolean =>
		content.kind >= KIND.grant && content.kind <= KIND.unban;

	function isCut(entry: Entry): boolean {
		if (isDeviceCut(entry)) return true;
		if (authorOf(entry) === founder()) return false;
		const past = pasts.of(entry);
		return rankAt(entry, past) === null && isBanned(entry, past, Infinity);
	}

	function rebuild(controls: readonly ControlEntry[]): void {
		for (const each of all) each.clear();
		const actions = controls.filter((each) => isAction(each) && isSound(each));
		for (const each of actions) registerPlain(each);
		let undecided = actions.filter(isRanked);
		for (let rank = 0; undecided.length > 0; rank++) {
			const now = undecided.filter(({ entry }) => rankAt(entry, pasts.of(entry), rank) === rank);
			const decided = new Set(now);
			undecided = undecided.filter((each) => !decided.has(each));
			// A removal protects nobody and a grant of this rank is junior to it: within a rank only this order matters.
			const isGrant = ({ content }: ControlEntry): boolean => content.kind === KIND.grant;
			const isRevoke = ({ content }: ControlEntry): boolean => content.kind === KIND.revoke;
			for (const each of now.filter(isGrant)) register(each, rank);
			for (const each of now.filter(isRevoke)) register(each, rank);
			for (const each of now.filter((each) => !isGrant(each) && !isRevoke(each))) {
				register(each, rank);
			}
			const goesOn = [...grants.values()].some((list) => list.some((each) => each.rank >= rank));
			if (!goesOn) break;
		}
		for (const each of actions) registerRecall(each);
	}

	/** Whether somebody's control entries go beyond this fence. */
	const cutsAny = (target: string, fence: Fence): boolean =>
		[...pasts.devicesOf(target)].some(([device, last]) => isBeyond(endOf(fence, device), last));

	function append(control: ControlEntry, complete: boolean): boolean {
		if (!isAction(control) || !isSound(control)) return true;
		const { content, entry } = control;
		switch (content.kind) {
			case KIND.leave:
				registerPlain(control);
				return true;
			case KIND.revokeDevice: {
				const known = pasts.devicesOf(toHex(control.memberRoot ?? new Uint8Array(0)));
				const device = toHex(content.device);
				const last = known.get(device);
				if (last !== undefined && isBeyond(endOf(content.fence, device), last)) return false;
				registerPlain(control);
				return true;
			}
			case KIND.recall:
				if (!complete) return false;
				registerRecall(control);
				return true;
			case KIND.ban:
			case KIND.revoke:
				if (!complete || cutsAny(toHex(content.target), content.fence)) return false;
				break;
			case KIND.grant:
				if (!complete) return false;
				break;
			default:
		}
		const rank = rankAt(entry, pasts.of(entry));
		if (rank !== null) register(control, rank);
		return true;
	}

	return {
		rebuild,
		append,
		rankOf,
		rankAt,
		standing,
		isCut,
		protects,
		verdictOf(control) {
			const known = verdicts.get(control.entry.key);
			const { content, entry } = control;
			if (known === undefined) return isCut(entry) ? 'beyond-fence' : 'not-allowed';
			if (known !== 'valid' || content.kind !== KIND.unban) return known;
			const named = content.bans.flatMap((id) => validBans.get(toHex(id)) ?? []);
			if (named.length === 0) return 'unknown-target';
			const isUndone = named.some((ban) =>
				undoing(ban).some((undo) => undo.control.entry.key === entry.key),
			);
			return isUndone ? 'valid' : 'not-senior';
		},
		bansOn: (target) => bans.get(target) ?? [],
		undoing,
		recallsOf: (invite) => recalls.get(invite) ?? [],
		deviceEnds,
	};
}
