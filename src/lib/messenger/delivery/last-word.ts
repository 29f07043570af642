// What is still said to a device that is a member no longer: why, and nothing else. The ban, its undoing, and the control
// entries that lead to the ban, so that the device can judge it by itself. [BN2]
import { controlBetween } from '#lib/crdt/sync.ts';
import type { Ledger } from '#lib/crdt/ledger.ts';
import { compareTime, decodeHeader, encodePacket, KIND, type Packet } from '#lib/protocol/entry.ts';
import type { Content, ControlKey } from '#lib/protocol/content.ts';
import { MAX_OPENING } from '#lib/protocol/space-message.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import { admissions, admissionsOf, type Admission } from '../space/admissions.ts';
import type { KeyRing } from '../space/key-ring.ts';

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
	// Let in by an invitation, or by somebody, that a ban has made nothing of.
	return admissionsOf(control, device).flatMap(({ entry, invite, memberRoot }) => {
		const invited = authority.invites.get(invite);
		return [memberRoot, entry.header.author, ...(invited === undefined ? [] : [invited.author])];
	});
}

/**
 * Entries (ids) that have ended a device (hex): bans of its person, revocations of the device itself, and where it was
 * never validly let in, what recalled the invitation, used it up, or ended the device that let it in.
 */
function endsOf(ledger: Ledger, device: string): Bytes[] {
	const { authority, control } = ledger;
	const vain = authority.devices.has(device) ? [] : admissionsOf(control, device);
	const invites = new Set(vain.map(({ invite }) => invite));
	const ended = new Set([device, ...vain.map(({ entry }) => toHex(entry.header.device))]);
	const hasEnded = (content: Content): boolean => {
		if (content.kind === KIND.revokeDevice) return ended.has(toHex(content.device));
		return (
			(content.kind === KIND.recall || content.kind === KIND.admit) &&
			invites.has(toHex(content.invite))
		);
	};
	const ends = [...control.values()].filter(
		({ content, entry }) => hasEnded(content) && authority.verdicts.get(entry.key) === 'valid',
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

/**
 * Control keys without which a device (hex) that was let in for nothing could not read what it is to hear: whoever let it in
 * may not have known of the epochs since. Never those of an epoch that goes on, for members write in that.
 */
export function openingFor(
	{ authority }: Ledger,
	ring: Pick<KeyRing, 'get'>,
	device: string,
	said: readonly Packet[],
): ControlKey[] {
	if (authority.devices.has(device)) return [];
	const goesOn = new Set(authority.liveEpochs.map(({ id }) => toHex(id)));
	const names = new Map(
		said.flatMap(({ header }) => {
			const decoded = decodeHeader(header);
			return decoded.ok ? [[toHex(decoded.value.key.epoch), decoded.value.key.epoch]] : [];
		}),
	);
	return [...names]
		.flatMap(([name, epoch]) => {
			const keys = goesOn.has(name) ? undefined : ring.get(epoch);
			return keys === undefined ? [] : [{ maker: keys.maker, key: keys.controlKey }];
		})
		.slice(-MAX_OPENING);
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

/** Devices (hex) that were let in, and are shown by an entry with this content not to have been validly. */
export function fallenBy({ authority, control }: Ledger, content: Content): string[] {
	const isBy = ({ entry, invite, device }: Admission): boolean => {
		switch (content.kind) {
			case KIND.admit:
				return (
					device === toHex(content.member.certificate.deviceKey) || invite === toHex(content.invite)
				);
			case KIND.recall:
				return invite === toHex(content.invite);
			case KIND.revokeDevice:
				return equal(entry.header.device, content.device);
			case KIND.ban:
				return [entry.header.author, authority.invites.get(invite)?.author].some(
					(author) => author !== undefined && equal(author, content.target),
				);
			default:
				return false;
		}
	};
	if (!MAY_FELL.has(content.kind)) return [];
	const fallen = admissions(control).filter(
		(each) => !authority.devices.has(each.device) && isBy(each),
	);
	return [...new Set(fallen.map(({ device }) => device))];
}

const MAY_FELL: ReadonlySet<number> = new Set([
	KIND.admit,
	KIND.recall,
	KIND.revokeDevice,
	KIND.ban,
]);

/**
 * As much of what leads to an entry, and one of those lacks who hold `haves` (heads of their authority logs), as `room`
 * bytes hold, the latest of it, and the entry itself.
 */
export function withWhatLeads(
	ledger: Ledger,
	entry: Bytes,
	packet: Packet,
	haves: readonly (readonly Bytes[])[],
	room: number,
): Packet[] {
	const taken: Packet[] = [packet];
	let size = encodePacket(packet).length;
	if (size > room) return taken;
	const alike = new Map(haves.map((have) => [have.map(toHex).join(), have]));
	const lacking = new Set(
		[...alike.values()].flatMap((have) => controlBetween(ledger, [entry], have).map(toHex)),
	);
	const leading = controlBetween(ledger, [entry], []).filter(
		(id) => lacking.has(toHex(id)) && !equal(id, entry),
	);
	for (const id of leading.reverse()) {
		const before = ledger.control.get(toHex(id))?.entry.packet;
		if (before === undefined) break;
		size += encodePacket(before).length;
		if (size > room) break;
		taken.unshift(before);
	}
	return taken;
}
