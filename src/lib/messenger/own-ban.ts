// Whether this person is banned from a space, as this very device can judge: by the authority log that it holds. [BN3]
import { checkEntry } from '#lib/crdt/check-entry.ts';
import type { BanState } from '#lib/crdt/authority-state.ts';
import { decodeHeader, KIND, type Packet } from '#lib/protocol/entry.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Ports, Self } from './ports.ts';
import { openContent } from './space/opening.ts';
import type { Space } from './space/space-face.ts';

export interface OwnBan {
	readonly ban: BanState;
	readonly undone: boolean;
}

/** The ban that keeps this device out, if one does; among several, the first that still stands. */
export function ownBan({ ledger }: Space, self: Self): OwnBan | null {
	const { authority } = ledger;
	const own = toHex(self.device.publicKey);
	if (authority.devices.get(own)?.active === true) return null;
	const bans = [...authority.bans.values()];
	const onMe = bans.filter(({ content }) => equal(content.target, self.rootHash));
	const standing = onMe.find(({ undone }) => undone === null);
	if (standing !== undefined) return { ban: standing, undone: false };
	const last = onMe.at(-1);
	if (last !== undefined) return { ban: last, undone: true };
	const byInvite = banOfInviter(ledger, own);
	return byInvite === undefined ? null : { ban: byInvite, undone: false };
}

/** The ban of whoever invited this device (hex), where that voids what let it in. */
function banOfInviter({ authority, control }: Space['ledger'], own: string): BanState | undefined {
	if (authority.devices.has(own)) return undefined;
	for (const { content, entry } of control.values()) {
		if (content.kind !== KIND.admit) continue;
		if (toHex(content.member.certificate.deviceKey) !== own) continue;
		if (authority.verdicts.get(entry.key) !== 'invite-recalled') continue;
		const inviter = authority.invites.get(toHex(content.invite))?.author;
		const ban = [...authority.bans.values()].find(
			(each) =>
				each.content.voidInvites &&
				each.undone === null &&
				inviter !== undefined &&
				equal(each.content.target, inviter),
		);
		if (ban !== undefined) return ban;
	}
	return undefined;
}

/**
 * Bans (ids) that this packet undoes, by what is known here. What it builds on is for members and stays shut, so it can't
 * join the log; but who signed it is known, and how they stood to who wrote the ban.
 */
export async function undoneBy(
	{ crypto }: Ports,
	self: Self,
	{ ledger, ring }: Space,
	packet: Packet,
): Promise<readonly Bytes[]> {
	const header = decodeHeader(packet.header);
	if (!header.ok || header.value.kind !== KIND.unban) return [];
	if (!equal(header.value.space, ledger.space)) return [];
	const entry = await checkEntry(crypto, packet);
	if (!entry.ok) return [];
	const opened = await openContent(crypto, self.prekeys, ring, entry.value);
	if (opened.type !== 'opened' || opened.value.kind !== KIND.unban) return [];
	const { author, device } = entry.value.header;
	const { devices, bans } = ledger.authority;
	const known = devices.get(toHex(device));
	if (known?.active !== true || !equal(known.rootHash, author)) return [];
	const { ranks } = ledger.resolver;
	const rank = ranks.standing(toHex(author));
	return opened.value.bans.filter((id) => {
		const ban = bans.get(toHex(id));
		const control = ledger.control.get(toHex(id));
		if (ban === undefined || control === undefined || rank === null) return false;
		const banRank = ranks.rankOf(control.entry);
		return banRank !== null && rank <= banRank;
	});
}
