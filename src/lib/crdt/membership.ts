// Who belongs to a space, and what it consists of apart from its epochs: a pure function of the set of opened control
// entries and of the forks found. Order of arrival, local clocks and who delivered an entry have no say.
// [AU1] [AU2] [AU3] [AU4] [AU5] [AU6] [AU7] [AU8]
import type { Admit, Channel, Epoch, Genesis } from '#lib/protocol/content.ts';
import { SPACE_KIND } from '#lib/protocol/content.ts';
import { compareTime, KIND } from '#lib/protocol/entry.ts';
import type { Member } from '#lib/protocol/identity.ts';
import { compare, equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type {
	ControlEntries,
	ControlEntry,
	DeviceState,
	Forks,
	InviteState,
	Membership,
	PersonState,
	Verdict,
} from './authority-state.ts';
import type { Entry } from './check-entry.ts';

interface Working extends Membership {
	genesis: Genesis | null;
	people: Map<string, PersonState>;
	devices: Map<string, DeviceState>;
	channels: { id: Bytes; content: Channel }[];
	invites: Map<string, InviteState>;
	verdicts: Map<string, Verdict>;
	ended: Map<string, number>;
	/** Requests to be let in that have been granted, by the hash (hex) of the token that each one named. */
	granted: Set<string>;
}

/** What becomes of the epochs on the way: whoever asks for the membership alone has no use for them. */
export interface EpochRules {
	onEpoch(entry: Entry, content: Epoch): Verdict;
	onToken(epoch: Bytes, device: string, tokenHash: Bytes): void;
	/** Somebody gave a device (hex) the keys of an epoch, whatever becomes of the admission. */
	onKeysGiven(epoch: Bytes, device: string): void;
}

const NO_EPOCHS: EpochRules = {
	onEpoch: () => 'valid',
	onToken: () => undefined,
	onKeysGiven: () => undefined,
};

const inOrder = (a: ControlEntry, b: ControlEntry): number =>
	compareTime(a.entry.header.time, b.entry.header.time) || compare(a.entry.id, b.entry.id);

/** Resolves a causally closed set of control entries of one space. */
export function resolveMembership(
	space: Bytes,
	entries: ControlEntries,
	forks: Forks,
	epochs: EpochRules = NO_EPOCHS,
): Membership {
	const state: Working = {
		genesis: null,
		people: new Map(),
		devices: new Map(),
		channels: [],
		invites: new Map(),
		verdicts: new Map(),
		ended: new Map(),
		granted: new Set(),
	};
	// An entry's time is after everything it builds on, so this order respects the causal one.
	for (const control of [...entries.values()].sort(inOrder)) {
		const { content, proven } = control;
		if (content.kind === KIND.admit && proven) {
			epochs.onKeysGiven(content.epoch, toHex(content.member.certificate.deviceKey));
		}
		state.verdicts.set(control.entry.key, apply(space, state, forks, epochs, control));
	}
	return state;
}

/** The devices (hex) that are members. */
export const activeDevices = ({ devices }: Membership): Set<string> =>
	new Set([...devices].filter(([, { active }]) => active).map(([device]) => device));

function apply(
	space: Bytes,
	state: Working,
	forks: Forks,
	epochs: EpochRules,
	{ entry, content, proven, memberRoot }: ControlEntry,
): Verdict {
	const { header } = entry;
	const author = toHex(header.device);
	if (!proven) return 'unproven';
	if (content.kind === KIND.genesis) {
		if (!equal(entry.id, space) || memberRoot === null) return 'not-the-genesis';
		if (!isOwn(content.founder, memberRoot, entry)) return 'unproven';
		state.genesis = content;
		enrol(state, content.founder, header.author, true);
		return 'valid';
	}
	if (header.seq >= (forks.get(author) ?? Infinity)) return 'forked';
	const device = state.devices.get(author);
	if (device === undefined || !equal(device.rootHash, header.author)) return 'not-a-member';
	if (!device.active) return 'after-leaving';
	switch (content.kind) {
		case KIND.epoch:
			return epochs.onEpoch(entry, content);
		case KIND.admit:
			return applyAdmit(state, epochs, entry, content, memberRoot);
		case KIND.leave:
			return applyLeave(state, entry);
		case KIND.channel:
			if (!mayShape(state, header.author)) return 'not-allowed';
			state.channels.push({ id: entry.id, content });
			return 'valid';
		case KIND.invite:
			state.invites.set(entry.key, {
				id: entry.id,
				content,
				author: header.author,
				device: header.device,
				used: 0,
			});
			return 'valid';
	}
}

/** Whether GENESIS is written by the very device that it names as the founder's. */
const isOwn = (founder: Member, memberRoot: Bytes, { header }: Entry): boolean =>
	equal(memberRoot, header.author) && equal(founder.certificate.deviceKey, header.device);

/** Channels of a community are its founder's to make; in a direct space, anybody's. */
function mayShape(state: Working, author: Bytes): boolean {
	if (state.genesis?.spaceKind === SPACE_KIND.direct) return true;
	return state.people.get(toHex(author))?.founder === true;
}

function enrol(state: Working, member: Member, rootHash: Bytes, founder: boolean): void {
	const { deviceKey } = member.certificate;
	const device: DeviceState = { device: deviceKey, rootHash, member, active: true };
	state.devices.set(toHex(deviceKey), device);
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

function applyAdmit(
	state: Working,
	epochs: EpochRules,
	entry: Entry,
	{ invite: inviteId, member, tokenHash, epoch }: Admit,
	memberRoot: Bytes | null,
): Verdict {
	const invite = state.invites.get(toHex(inviteId));
	if (invite === undefined) return 'unknown-invite';
	if (memberRoot === null) return 'unproven';
	const { expiry, uses } = invite.content;
	if (expiry !== 0 && entry.header.time.ms > expiry) return 'invite-expired';
	const device = toHex(member.certificate.deviceKey);
	const known = state.devices.get(device);
	// Two members may let the same device in at once: one admission, and both tokens are the device's.
	if (known?.active !== true) {
		if (known !== undefined && !equal(known.rootHash, memberRoot)) return 'unproven';
		// Whoever has left comes back by asking anew: an old request that somebody still finds is none.
		if (state.granted.has(toHex(tokenHash))) return 'after-leaving';
		if (invite.used >= uses) return 'invite-spent';
		invite.used += 1;
		enrol(state, member, memberRoot, false);
		// Whoever comes back goes on with the feed where it ended.
		state.ended.delete(device);
	}
	state.granted.add(toHex(tokenHash));
	epochs.onToken(epoch, device, tokenHash);
	return 'valid';
}

/** Ends all feeds of the one who leaves: this device's here, the others' at whatever else they had written before. */
function applyLeave(state: Working, entry: Entry): Verdict {
	const person = state.people.get(toHex(entry.header.author));
	if (person === undefined) return 'not-a-member';
	person.active = false;
	for (const device of person.devices) device.active = false;
	state.ended.set(toHex(entry.header.device), entry.header.seq);
	return 'valid';
}
