// What is still said to a device that is a member no longer: why, and nothing else. The ban, its undoing, and the control
// entries that lead to the ban, so that the device can judge it by itself. [BN2]
import { controlBetween } from '#lib/crdt/sync.ts';
import type { Ledger } from '#lib/crdt/ledger.ts';
import { compareTime, encodePacket, KIND, type Packet } from '#lib/protocol/entry.ts';
import type { Content } from '#lib/protocol/content.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';

/** Entries said at once; whoever lacks more asks again with what it then holds. */
const MAX_SAID = 256;

/** Valid bans of this person, undone ones included. */
const bansOn = ({ authority }: Ledger, root: Bytes): Bytes[] =>
	[...authority.bans.values()]
		.filter(({ content }) => equal(content.target, root))
		.map(({ id }) => id);

/** Root Hash of who the device (hex) belongs to, or has come in by: whoever that is decides what ended it. */
function rootsBehind({ authority, control }: Ledger, device: string): Bytes[] {
	const known = authority.devices.get(device);
	if (known !== undefined) return [known.rootHash];
	// Let in by an invitation that a ban has voided.
	return [...control.values()].flatMap(({ content, memberRoot, proven }) => {
		if (content.kind !== KIND.admit || !proven || memberRoot === null) return [];
		if (toHex(content.member.certificate.deviceKey) !== device) return [];
		const invite = authority.invites.get(toHex(content.invite));
		return invite === undefined ? [memberRoot] : [memberRoot, invite.author];
	});
}

/** Invitations (hex) that let a device (hex) in, or would have if they had not been recalled. */
const invitesOf = ({ control }: Ledger, device: string): Set<string> =>
	new Set(
		[...control.values()].flatMap(({ content, proven }) =>
			content.kind === KIND.admit &&
			proven &&
			toHex(content.member.certificate.deviceKey) === device
				? [toHex(content.invite)]
				: [],
		),
	);

/**
 * Entries (ids) that have ended a device (hex): bans of its person, revocations of the device itself, and where it was
 * never validly let in, what recalled the invitation.
 */
function endsOf(ledger: Ledger, device: string): Bytes[] {
	const { authority, control } = ledger;
	const invites = authority.devices.has(device) ? new Set() : invitesOf(ledger, device);
	const ends = [...control.values()].filter(
		({ content, entry }) =>
			((content.kind === KIND.revokeDevice && toHex(content.device) === device) ||
				(content.kind === KIND.recall && invites.has(toHex(content.invite)))) &&
			authority.verdicts.get(entry.key) === 'valid',
	);
	return [
		...rootsBehind(ledger, device).flatMap((root) => bansOn(ledger, root)),
		...ends.map(({ entry }) => entry.id),
	];
}

/** Whether bans or revocations, and not its own leaving, have put the device (hex) out. */
export const isPutOut = (ledger: Ledger, device: string): boolean =>
	ledger.authority.devices.get(device)?.active !== true && endsOf(ledger, device).length > 0;

/** What a device (hex) that is put out, and holds `have` of the authority log, is to hear; oldest first. */
export function lastWordFor(ledger: Ledger, device: string, have: readonly Bytes[]): Packet[] {
	const ends = endsOf(ledger, device);
	const leading = controlBetween(ledger, ends, have).slice(0, MAX_SAID);
	const said = new Map(leading.map((id) => [toHex(id), id]));
	// What undoes a ban comes without what leads to it: that is for members.
	for (const ban of ends) {
		const { undone } = ledger.authority.bans.get(toHex(ban)) ?? { undone: null };
		if (undone !== null) said.set(toHex(undone), undone);
	}
	return [...said.keys()]
		.flatMap((key) => ledger.control.get(key)?.entry ?? [])
		.sort((a, b) => compareTime(a.header.time, b.header.time))
		.map(({ packet }) => packet);
}

/** Devices (hex) of whom an entry with this content concerns so much that it goes to them too, members or not. */
export function concernedBy({ authority }: Ledger, content: Content): string[] {
	const devicesOf = (root: Bytes): string[] =>
		(authority.people.get(toHex(root))?.devices ?? []).map(({ device }) => toHex(device));
	switch (content.kind) {
		case KIND.ban:
			return devicesOf(content.target);
		case KIND.unban:
			return content.bans.flatMap((id) => {
				const ban = authority.bans.get(toHex(id));
				return ban === undefined ? [] : devicesOf(ban.content.target);
			});
		case KIND.revokeDevice:
			return [toHex(content.device)];
		default:
			return [];
	}
}

/** Devices (hex) that an entry with this content shows to be let in by an invitation which lets nobody in. */
export function fallenBy({ authority, control }: Ledger, content: Content): string[] {
	const fallen = (each: Content): string[] => {
		if (each.kind !== KIND.admit) return [];
		const device = toHex(each.member.certificate.deviceKey);
		return authority.devices.has(device) ? [] : [device];
	};
	if (content.kind !== KIND.recall) return fallen(content);
	return [...control.values()].flatMap(({ content: each, proven }) =>
		proven && each.kind === KIND.admit && equal(each.invite, content.invite) ? fallen(each) : [],
	);
}

/** As much of what leads to an entry as `room` bytes hold, the latest of it, and the entry itself. */
export function withWhatLeads(
	ledger: Ledger,
	entry: Bytes,
	packet: Packet,
	have: readonly Bytes[],
	room: number,
): Packet[] {
	const leading = controlBetween(ledger, [entry], have).filter((id) => !equal(id, entry));
	const taken: Packet[] = [packet];
	let size = encodePacket(packet).length;
	for (const id of leading.reverse()) {
		const before = ledger.control.get(toHex(id))?.entry.packet;
		if (before === undefined) break;
		size += encodePacket(before).length;
		if (size > room) break;
		taken.unshift(before);
	}
	return taken;
}
