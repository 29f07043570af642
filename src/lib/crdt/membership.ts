// Who belongs to a space, and what it consists of apart from its epochs: control entries taken one after the other, in the
// order of time, then id. Who ranks where and whose entries end where is known beforehand (ranks.ts).
// [AU1] [AU2] [AU3] [AU4] [AU5] [AU6] [AU7] [AU8] [AU11] [AU12] [TB2]
import type { Admit, Epoch, Genesis } from '#lib/protocol/content.ts';
import { SPACE_KIND } from '#lib/protocol/content.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { MAX_DEVICES } from '#lib/protocol/limits.ts';
import type { Member } from '#lib/protocol/identity.ts';
import type { ChannelEdit, Enrol, PurgedMessage, Tombstone } from '#lib/protocol/moderation.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type {
	BanState,
	ChannelState,
	ControlEntry,
	DeviceState,
	FenceEnd,
	InviteState,
	Membership,
	PersonState,
	PurgeState,
	Verdict,
} from './authority-state.ts';
import type { Entry } from './check-entry.ts';
import { endOf, isBeyond, lower } from './fences.ts';
import type { Past, Pasts } from './past.ts';
import { isAction, type Ranks } from './ranks.ts';

/** What becomes of the epochs on the way: whoever asks for the membership alone has no use for them. */
export interface EpochRules {
	onEpoch(entry: Entry, content: Epoch): Verdict;
	onToken(epoch: Bytes, device: string, tokenHash: Bytes): void;
}

interface Working extends Membership {
	genesis: Genesis | null;
	people: Map<string, PersonState>;
	devices: Map<string, DeviceState>;
	active: Set<string>;
	channels: ChannelState[];
	invites: Map<string, InviteState>;
	verdicts: Map<string, Verdict>;
	ended: Map<string, number>;
	ranks: Map<string, number>;
	bans: Map<string, BanState>;
	fences: Map<string, FenceEnd>;
	purges: Map<string, PurgeState>;
}

export interface MembershipParts {
	readonly space: Bytes;
	readonly pasts: Pasts;
	readonly ranks: Ranks;
	readonly epochs: EpochRules;
	/** Genuine, by a device of the person it names, and not beyond a fork; otherwise why not. */
	soundness(control: ControlEntry): Verdict;
	/** Whether the device is this person's (Root Hash) by something that the entry builds on. */
	isOwn(device: Bytes, root: Bytes, entry: Entry): boolean;
}

export interface MembershipWalk {
	readonly state: Membership;
	/** Takes the next entry in order. */
	take(control: ControlEntry): void;
}

/** A purge of the message of this author that has this id and stands in this place, as a key of `purges`. */
export const purgeKey = ({ id, device, seq }: PurgedMessage, author: Bytes): string =>
	`${toHex(id)} ${toHex(author)} ${toHex(device)} ${seq}`;

export function walkMembership(parts: MembershipParts): MembershipWalk {
	const { space, pasts, ranks, epochs, soundness, isOwn: isTheirs } = parts;
	const state: Working = {
		genesis: null,
		people: new Map(),
		devices: new Map(),
		active: new Set(),
		channels: [],
		invites: new Map(),
		verdicts: new Map(),
		ended: new Map(),
		ranks: new Map(),
		bans: new Map(),
		fences: new Map(),
		purges: new Map(),
	};
	/** Requests to be let in that have been granted, by the hash (hex) of the token that each one named. */
	const granted = new Set<string>();

	function apply(control: ControlEntry): Verdict {
		const { entry, content, proven, memberRoot } = control;
		const { header } = entry;
		if (content.kind === KIND.genesis) {
			if (!proven) return 'unproven';
			if (!equal(entry.id, space) || memberRoot === null) return 'not-the-genesis';
			if (!isOwn(content.founder, memberRoot, entry)) return 'unproven';
			state.genesis = content;
			enrol(content.founder, header.author, true);
			if (content.spaceKind === SPACE_KIND.community) state.ranks.set(toHex(header.author), 0);
			return 'valid';
		}
		const sound = soundness(control);
		if (sound === 'unproven') return sound;
		// What lies beyond a fence nobody need hold, so that who does not may not know of a fork there: nothing else is
		// said of it. The root's own word counts wherever it stands.
		if (content.kind !== KIND.revokeDevice && ranks.isCut(entry)) return 'beyond-fence';
		if (sound !== 'valid') return sound;
		if (state.genesis?.spaceKind === SPACE_KIND.account && !OF_ACCOUNTS.has(content.kind)) {
			return 'not-allowed';
		}
		if (content.kind !== KIND.leave && isAction(control)) return act(control);
		const device = state.devices.get(toHex(header.device));
		if (device === undefined || !equal(device.rootHash, header.author)) return 'not-a-member';
		// A ban ends a device at its fence: what lies before it counts, whatever came in between.
		const end = state.fences.get(toHex(header.device));
		const isBefore = end !== undefined && !isBeyond(end, entry);
		if (!device.active && !isBefore) return 'after-leaving';
		switch (content.kind) {
			case KIND.epoch:
				return epochs.onEpoch(entry, content);
			case KIND.admit:
				return applyAdmit(entry, content, memberRoot);
			case KIND.enrol:
				return applyEnrol(content, memberRoot);
			case KIND.leave:
				return applyLeave(entry);
			case KIND.channel:
				if (!mayShape(entry)) return 'not-allowed';
				state.channels.push({
					id: entry.id,
					name: content.name,
					archived: false,
					readOnly: false,
					timer: 0,
				});
				return 'valid';
			case KIND.channelEdit:
				return applyEdit(entry, content);
			case KIND.tombstone:
				return applyTombstone(entry, content);
			case KIND.invite:
				state.invites.set(entry.key, {
					id: entry.id,
					content,
					author: header.author,
					device: header.device,
					used: 0,
				});
				return 'valid';
			default:
				return 'valid';
		}
	}

	/** Grants, revocations, bans and recalls: what they do follows from the ranks. */
	function act(control: ControlEntry): Verdict {
		const { entry, content } = control;
		const verdict = ranks.verdictOf(control);
		if (verdict !== 'valid') return verdict;
		switch (content.kind) {
			case KIND.ban: {
				state.bans.set(entry.key, {
					id: entry.id,
					content,
					author: entry.header.author,
					time: entry.header.time,
					undone: null,
				});
				// A fence ends devices of whom it is about, whatever else it may list.
				const listed = content.fence
					.filter(({ feed }) => isTheirs(feed, content.target, entry))
					.map(({ feed }) => toHex(feed));
				const person = state.people.get(toHex(content.target));
				const known = person?.devices.map(({ device }) => toHex(device)) ?? [];
				for (const device of new Set([...listed, ...known])) {
					endDevice(device, endOf(content.fence, device));
				}
				if (person !== undefined) person.active = false;
				break;
			}
			case KIND.unban:
				for (const id of content.bans) {
					const ban = state.bans.get(toHex(id));
					if (ban === undefined) continue;
					const undone = ranks
						.bansOn(toHex(ban.content.target))
						.filter(({ control: each }) => equal(each.entry.id, id))
						.some((each) =>
							ranks.undoing(each).some((undo) => undo.control.entry.key === entry.key),
						);
					if (undone) ban.undone ??= entry.id;
				}
				break;
			case KIND.revokeDevice: {
				const device = toHex(content.device);
				endDevice(device, endOf(content.fence, device));
				settlePerson(control.memberRoot);
				break;
			}
			default:
		}
		return 'valid';
	}

	function noteRank(target: Bytes): void {
		const key = toHex(target);
		const rank = ranks.standing(key);
		if (rank === null) state.ranks.delete(key);
		else state.ranks.set(key, rank);
	}

	function endDevice(device: string, end: FenceEnd): void {
		state.fences.set(device, lower(state.fences.get(device), end));
		const known = state.devices.get(device);
		if (known !== undefined) known.active = false;
		state.active.delete(device);
	}

	/** Somebody whose last device has ended is no member any longer. */
	function settlePerson(root: Bytes | null): void {
		const person = root === null ? undefined : state.people.get(toHex(root));
		if (person !== undefined && person.devices.every(({ active }) => !active))
			person.active = false;
	}

	/** Channels of a community are its Powernodes' to make; elsewhere everybody's. */
	function mayShape(entry: Entry): boolean {
		if (state.genesis?.spaceKind !== SPACE_KIND.community) return true;
		return ranks.rankOf(entry) !== null;
	}

	function enrol(member: Member, rootHash: Bytes, founder: boolean): void {
		const { deviceKey } = member.certificate;
		const device: DeviceState = { device: deviceKey, rootHash, member, active: true };
		state.devices.set(toHex(deviceKey), device);
		state.active.add(toHex(deviceKey));
		const person = state.people.get(toHex(rootHash));
		const others = person?.devices.filter((each) => !equal(each.device, deviceKey)) ?? [];
		state.people.set(toHex(rootHash), {
			rootHash,
			name: person?.active === true ? person.name : member.name,
			founder: founder || person?.founder === true,
			devices: [...others, device],
			active: true,
		});
	}

	/** One device more, and no EPOCH could name them all. */
	const isFull = (): boolean => state.active.size >= MAX_DEVICES;

	/** Whether a ban stands against letting this device of this person in: one that had not seen it, nor was undone for it. */
	function isBarred(root: Bytes, device: string, entry: Entry): boolean {
		if (state.fences.has(device)) return true;
		const past = pasts.of(entry);
		return ranks
			.bansOn(toHex(root))
			.filter((ban) => !ban.past.has(entry))
			.some((ban) => !ranks.undoing(ban).some(({ control }) => past.has(control.entry)));
	}

	/** Whether the invitation was open to this admission, by all that recalled it or banned its author. */
	function isOpen(invite: InviteState, entry: Entry): boolean {
		const isIn = ({ past }: { readonly past: Past }): boolean => past.has(entry);
		if (!ranks.recallsOf(toHex(invite.id)).every(isIn)) return false;
		return ranks
			.bansOn(toHex(invite.author))
			.filter(({ voidInvites }) => voidInvites)
			.every((ban) => isIn(ban) || isSince(ban, invite));
	}

	/** Whether somebody who had come back made the invitation. */
	function isSince(ban: Parameters<Ranks['undoing']>[0], invite: InviteState): boolean {
		const past = pasts.after([invite.id]);
		return ranks.undoing(ban).some(({ control }) => past.has(control.entry));
	}

	function applyAdmit(
		entry: Entry,
		{ invite: inviteId, member, tokenHash, epoch }: Admit,
		memberRoot: Bytes | null,
	): Verdict {
		const invite = state.invites.get(toHex(inviteId));
		if (invite === undefined) return 'unknown-invite';
		if (memberRoot === null) return 'unproven';
		const { expiry, uses } = invite.content;
		if (expiry !== 0 && entry.header.time.ms > expiry) return 'invite-expired';
		if (!isOpen(invite, entry)) return 'invite-recalled';
		const device = toHex(member.certificate.deviceKey);
		if (isBarred(memberRoot, device, entry)) return 'banned';
		const known = state.devices.get(device);
		// Two members may let the same device in at once: one admission, and both tokens are the device's.
		if (known !== undefined && !equal(known.rootHash, memberRoot)) return 'unproven';
		if (known?.active !== true) {
			// Whoever has left comes back by asking anew: an old request that somebody still finds is none.
			if (granted.has(toHex(tokenHash))) return 'after-leaving';
			if (invite.used >= uses) return 'invite-spent';
			if (isFull()) return 'full';
			invite.used += 1;
			enrol(member, memberRoot, false);
			// Whoever comes back goes on with the feed where it ended.
			state.ended.delete(device);
		}
		granted.add(toHex(tokenHash));
		epochs.onToken(epoch, device, tokenHash);
		return 'valid';
	}

	/** A further device of somebody who is a member already. */
	function applyEnrol({ member, tokenHash, epoch }: Enrol, memberRoot: Bytes | null): Verdict {
		const person = memberRoot === null ? undefined : state.people.get(toHex(memberRoot));
		if (memberRoot === null || person?.active !== true) return 'not-a-member';
		const device = toHex(member.certificate.deviceKey);
		if (state.fences.has(device)) return 'banned';
		const known = state.devices.get(device);
		if (known?.active !== true) {
			if (known !== undefined) return 'after-leaving';
			if (isFull()) return 'full';
			enrol(member, memberRoot, false);
		} else if (!equal(known.rootHash, memberRoot)) {
			return 'unproven';
		}
		epochs.onToken(epoch, device, tokenHash);
		return 'valid';
	}

	/** Ends all feeds of the one who leaves: this device's here, the others' at whatever else they had written before. */
	function applyLeave(entry: Entry): Verdict {
		const person = state.people.get(toHex(entry.header.author));
		if (person === undefined) return 'not-a-member';
		person.active = false;
		for (const device of person.devices) {
			device.active = false;
			state.active.delete(toHex(device.device));
		}
		state.ended.set(toHex(entry.header.device), entry.header.seq);
		return 'valid';
	}

	function applyEdit(entry: Entry, { channel, ...rest }: ChannelEdit): Verdict {
		const at = state.channels.findIndex((each) => equal(each.id, channel));
		if (at < 0) return 'unknown-target';
		if (!mayShape(entry)) return 'not-allowed';
		const { name, archived, readOnly, timer } = rest;
		state.channels[at] = { id: channel, name, archived, readOnly, timer };
		return 'valid';
	}

	/** One's own messages are everybody's to delete, others' a senior Powernode's to purge. */
	function applyTombstone(entry: Entry, content: Tombstone): Verdict {
		const by = entry.header.author;
		if (!equal(by, content.author)) {
			const rank = ranks.rankOf(entry);
			if (rank === null) return 'not-allowed';
			if (ranks.protects(toHex(content.author), entry, rank)) return 'not-senior';
		}
		for (const message of content.messages) {
			const key = purgeKey(message, content.author);
			if (state.purges.has(key)) continue;
			const { author, channel, reason } = content;
			state.purges.set(key, { message, author, channel, by, entry: entry.id, reason });
		}
		return 'valid';
	}

	return {
		state,
		take(control) {
			const { entry, content } = control;
			state.verdicts.set(entry.key, apply(control));
			// Whatever its verdict: what it may have changed is the same for all who hold it.
			if (content.kind === KIND.leave) noteRank(entry.header.author);
			else if ('target' in content) noteRank(content.target);
		},
	};
}

/** What counts in an account space beside GENESIS: nobody else comes in, and nobody leaves. [AC1] */
const OF_ACCOUNTS: ReadonlySet<number> = new Set([KIND.epoch, KIND.enrol, KIND.revokeDevice]);

/** Whether GENESIS is written by the very device that it names as the founder's. */
const isOwn = (founder: Member, memberRoot: Bytes, { header }: Entry): boolean =>
	equal(memberRoot, header.author) && equal(founder.certificate.deviceKey, header.device);
