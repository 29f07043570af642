// Who ought to be where in the end: by the founder's ledger, which everybody who is in must share.
import { decodeInvitation } from '#lib/protocol/invitation.ts';
import type { InviteState } from '#lib/crdt/authority-state.ts';
import type { Ledger } from '#lib/crdt/ledger.ts';
import type { Self } from '#lib/messenger/ports.ts';
import { createSelvesInSpaces } from '#lib/messenger/self-in-space.ts';
import type { Space } from '#lib/messenger/space/space-face.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { equal, toHex } from '#lib/util/bytes.ts';
import { inviteKeyOf } from '#lib/messenger/joining/invitations.ts';
import type { Scene } from './scene.ts';
import { isIn } from './world.ts';

export interface Member {
	readonly node: SimulatedNode;
	readonly kept: Space;
	/** Who it is in this space: a ban that was undone, or a fork, leaves it with another device. */
	readonly self: Self;
	/** Its device's key, hex. */
	readonly device: string;
	/** Its Root Hash, hex. */
	readonly root: string;
}

export interface Standing {
	readonly members: readonly Member[];
	/** What everybody is to agree with. */
	readonly ledger: Ledger;
}

/** Honest members; or, in words, who is not where they ought to be. */
export async function standing(scene: Scene): Promise<Standing | readonly string[]> {
	const { people, space, asked, turned } = scene;
	const [founder] = people.values();
	if (founder === undefined) throw new Error('nobody there');
	if (!isIn(founder, space)) return [`${founder.name}, who founded it, is not in`];
	const reference = await founder.kept(space);
	const { ledger } = reference;
	const astray: string[] = [];
	const members: Member[] = [];
	for (const node of people.values()) {
		if (!asked.has(node.name) || turned.has(node.name) || hasLeft(scene, ledger, node)) continue;
		const isMember = ledger.authority.people.get(toHex(node.self.rootHash))?.active === true;
		if (isMember && isIn(node, space)) {
			const kept = node === founder ? reference : await node.kept(space);
			const self = await createSelvesInSpaces(node.ports(), node.self).in(kept.id);
			const device = toHex(self.device.publicKey);
			members.push({ node, kept, self, device, root: toHex(self.rootHash) });
			continue;
		}
		const shown = node.running
			? node.messenger.spaces.get().find(({ id }) => id === space)
			: undefined;
		// Who made the invitation knew of a ban, and not of its end: its word ends the attempt, and the person asks again. [IN8]
		if (isMember && shown?.state === 'refused' && wasBanned(ledger, node)) continue;
		if (!isMember && shown?.state === 'ready' && shown.out === null) {
			astray.push(`${node.name} is no member, and has not heard of it`);
		}
		if (isMember || !(await isKeptOut(scene, ledger, node))) {
			const state = node.running ? shown?.state : 'not running';
			astray.push(
				`${node.name} is ${isMember ? 'a member and' : ''} not in: ${state ?? 'knows nothing of it'}`,
			);
		}
	}
	return astray.length > 0 ? astray : { members, ledger };
}

/**
 * Whether somebody departed: it was told so, or it ended right after its LEAVE was kept and nobody lived to be told. Then
 * others hold the LEAVE in the end.
 */
function hasLeft({ left, leaving }: Scene, { control }: Ledger, node: SimulatedNode): boolean {
	if (left.has(node.name)) return true;
	if (!leaving.has(node.name)) return false;
	return [...control.values()].some(
		({ content, entry }) =>
			content.kind === KIND.leave && equal(entry.header.author, node.self.rootHash),
	);
}

const wasBanned = ({ authority }: Ledger, { self }: SimulatedNode): boolean =>
	[...authority.bans.values()].some(
		({ undone, content }) => undone !== null && equal(content.target, self.rootHash),
	);

/** Whether there is a reason for which this person is no member: a ban, or nothing left to come in by. */
async function isKeptOut(
	{ world, asked }: Scene,
	ledger: Ledger,
	{ name, self }: SimulatedNode,
): Promise<boolean> {
	const { authority, control, feeds } = ledger;
	const root = toHex(self.rootHash);
	if ([...authority.bans.values()].some(({ content }) => toHex(content.target) === root)) {
		return true;
	}
	// Whoever let it in had no say: what counts of an admission is what counts of its author's feed.
	const admissions = [...control.values()].filter(
		({ memberRoot }) => memberRoot !== null && toHex(memberRoot) === root,
	);
	if (admissions.length > 0) {
		return (
			admissions.every(({ entry }) => authority.verdicts.get(entry.key) !== 'valid') ||
			feeds.get(toHex(self.device.publicKey))?.frozenAt !== null
		);
	}
	const link = asked.get(name);
	if (link === undefined || link === '') return false;
	const invitation = decodeInvitation(link, (b) => world.crypto.sha256(b));
	if (!invitation.ok) return false;
	const { publicKey } = await inviteKeyOf(world.crypto, invitation.value.seed);
	const invite = [...authority.invites.values()].find(({ content }) =>
		equal(content.inviteKey, publicKey),
	);
	// Made by somebody who was banned or forked at that time, and known to nobody or void; or closed since.
	return invite === undefined || invite.used >= invite.content.uses || isClosed(ledger, invite);
}

/** Whether an invitation was recalled, or its author banned together with what it had invited. */
export const isClosed = ({ authority, control }: Ledger, invite: InviteState): boolean =>
	[...control.values()].some(
		({ entry, content }) =>
			authority.verdicts.get(entry.key) === 'valid' &&
			((content.kind === KIND.recall && equal(content.invite, invite.id)) ||
				(content.kind === KIND.ban && content.voidInvites && equal(content.target, invite.author))),
	);
