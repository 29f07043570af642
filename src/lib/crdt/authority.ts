// Who belongs to a space, and what it consists of: a pure function of the set of opened control entries. [AU1] … [AU7]
// Order of arrival, local clocks and who delivered an entry have no say.
import type {
	Admit,
	Channel,
	ControlContent,
	Epoch,
	Genesis,
	Invite,
} from '#lib/protocol/content.ts';
import { SPACE_KIND } from '#lib/protocol/content.ts';
import { compareTime, KIND } from '#lib/protocol/entry.ts';
import type { Member } from '#lib/protocol/identity.ts';
import { compare, equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Entry } from './check-entry.ts';
import { applyEpoch, currentEpoch } from './epoch-choice.ts';

/** A control entry with its content, opened and its inner signatures checked. */
export interface ControlEntry {
	readonly entry: Entry;
	readonly content: ControlContent;
	/** Certificates, prekeys and proofs inside are genuine; always true for kinds that carry none. */
	readonly proven: boolean;
	/** Root Hash of the member that GENESIS or ADMIT names. */
	readonly memberRoot: Bytes | null;
}

export type Verdict =
	| 'valid'
	| 'not-a-member'
	| 'not-allowed'
	| 'unproven'
	| 'unknown-invite'
	| 'invite-expired'
	| 'invite-spent'
	| 'wrong-recipients'
	| 'not-the-genesis'
	| 'after-leaving';

export interface DeviceState {
	readonly device: Bytes;
	readonly rootHash: Bytes;
	readonly member: Member;
	active: boolean;
}

export interface PersonState {
	readonly rootHash: Bytes;
	readonly name: string;
	readonly founder: boolean;
	readonly devices: DeviceState[];
	active: boolean;
}

export interface InviteState {
	readonly id: Bytes;
	readonly content: Invite;
	readonly author: Bytes;
	readonly device: Bytes;
	used: number;
}

export interface EpochState {
	/** Id of the EPOCH entry. */
	readonly entry: Bytes;
	/** Name of the epoch's keys, 16 bytes. */
	readonly id: Bytes;
	readonly content: Epoch;
	/** Token hashes by device (hex): the recipients', and those of devices admitted since. */
	readonly tokenHashes: Map<string, readonly Bytes[]>;
}

export interface Authority {
	readonly genesis: Genesis | null;
	/** By Root Hash (hex). */
	readonly people: ReadonlyMap<string, PersonState>;
	/** By device key (hex). */
	readonly devices: ReadonlyMap<string, DeviceState>;
	readonly channels: readonly { readonly id: Bytes; readonly content: Channel }[];
	/** By entry id (hex). */
	readonly invites: ReadonlyMap<string, InviteState>;
	readonly epoch: EpochState | null;
	/** All valid epochs in order. */
	readonly epochs: readonly EpochState[];
	/** By entry id (hex). */
	readonly verdicts: ReadonlyMap<string, Verdict>;
	/** Feeds that a LEAVE has ended: device key (hex) → its last seq that counts. */
	readonly ended: ReadonlyMap<string, number>;
}

interface Working {
	genesis: Genesis | null;
	people: Map<string, PersonState>;
	devices: Map<string, DeviceState>;
	channels: { id: Bytes; content: Channel }[];
	invites: Map<string, InviteState>;
	epochs: EpochState[];
	verdicts: Map<string, Verdict>;
	ended: Map<string, number>;
}

const inOrder = (a: ControlEntry, b: ControlEntry): number =>
	compareTime(a.entry.header.time, b.entry.header.time) || compare(a.entry.id, b.entry.id);

/** Resolves a causally closed set of control entries of one space. */
export function resolveAuthority(
	space: Bytes,
	entries: ReadonlyMap<string, ControlEntry>,
): Authority {
	const state: Working = {
		genesis: null,
		people: new Map(),
		devices: new Map(),
		channels: [],
		invites: new Map(),
		epochs: [],
		verdicts: new Map(),
		ended: new Map(),
	};
	// An entry's time is after everything it builds on, so this order respects the causal one.
	for (const control of [...entries.values()].sort(inOrder)) {
		state.verdicts.set(control.entry.key, apply(space, entries, state, control));
	}
	return { ...state, epoch: currentEpoch(entries, state.epochs) };
}

function apply(
	space: Bytes,
	entries: ReadonlyMap<string, ControlEntry>,
	state: Working,
	control: ControlEntry,
): Verdict {
	const { entry, content, proven, memberRoot } = control;
	const { header } = entry;
	if (!proven) return 'unproven';
	if (content.kind === KIND.genesis) {
		if (!equal(entry.id, space) || memberRoot === null) return 'not-the-genesis';
		if (!equal(memberRoot, header.author)) return 'unproven';
		state.genesis = content;
		enrol(state, content.founder, header.author, true);
		return 'valid';
	}
	const device = state.devices.get(toHex(header.device));
	if (device === undefined || !equal(device.rootHash, header.author)) return 'not-a-member';
	const ended = state.ended.get(toHex(header.device));
	if (ended !== undefined && header.seq > ended) return 'after-leaving';
	if (!device.active) return 'after-leaving';
	switch (content.kind) {
		case KIND.epoch:
			return applyEpoch(entries, state.epochs, entry, content);
		case KIND.admit:
			return applyAdmit(state, entry, content, memberRoot);
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

/** Channels of a community are its founder's to make; in a direct space, anybody's. */
function mayShape(state: Working, author: Bytes): boolean {
	if (state.genesis?.spaceKind === SPACE_KIND.direct) return true;
	return state.people.get(toHex(author))?.founder === true;
}

function enrol(state: Working, member: Member, rootHash: Bytes, founder: boolean): void {
	const device: DeviceState = {
		device: member.certificate.deviceKey,
		rootHash,
		member,
		active: true,
	};
	state.devices.set(toHex(device.device), device);
	const person = state.people.get(toHex(rootHash));
	if (person === undefined) {
		state.people.set(toHex(rootHash), {
			rootHash,
			name: member.name,
			founder,
			devices: [device],
			active: true,
		});
	} else {
		person.devices.push(device);
	}
}

function applyAdmit(
	state: Working,
	entry: Entry,
	content: Admit,
	memberRoot: Bytes | null,
): Verdict {
	const invite = state.invites.get(toHex(content.invite));
	if (invite === undefined) return 'unknown-invite';
	if (memberRoot === null) return 'unproven';
	const { expiry, uses } = invite.content;
	if (expiry !== 0 && entry.header.time.ms > expiry) return 'invite-expired';
	const device = toHex(content.member.certificate.deviceKey);
	const epoch = state.epochs.find((candidate) => equal(candidate.id, content.epoch));
	if (!state.devices.has(device)) {
		if (invite.used >= uses) return 'invite-spent';
		invite.used += 1;
		enrol(state, content.member, memberRoot, false);
	}
	// Two members may let the same device in at once: one admission, and both tokens are the device's.
	epoch?.tokenHashes.set(device, [...(epoch.tokenHashes.get(device) ?? []), content.tokenHash]);
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
