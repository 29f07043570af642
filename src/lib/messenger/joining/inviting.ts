// Makes invitations and keeps their secrets, so that the link of one that is open can be shown again. [IN1] [IN5] [IV1]
import { bytes, decode, encode, tuple } from '#lib/protocol/cbor.ts';
import { HISTORY, SPACE_KIND, type Invite } from '#lib/protocol/content.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { encodeInvitation } from '#lib/protocol/invitation.ts';
import { DAY } from '#lib/protocol/limits.ts';
import type { InviteState } from '#lib/crdt/authority-state.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import type { InvitationChoice, InvitationView, SendError } from '../api.ts';
import type { Ports, Self } from '../ports.ts';
import { powersIn } from '../powers.ts';
import type { SpaceNode } from '../space-node-face.ts';
import type { Space } from '../space/space-face.ts';
import { inviteKeyOf, lobbyKey } from './invitations.ts';
import { MEMBER, POWERNODE } from './promoting.ts';

export interface Inviting {
	/** Makes the links of this person's invitations to a space known again. */
	load(space: Space, self: Self): Promise<void>;
	/** The link of an invitation made by this device, by its key. */
	linkOf(inviteKey: Bytes): string | null;
	/** An open invitation of this kind: one that is there, or a new one. */
	invite(
		node: SpaceNode,
		self: Self,
		choice?: InvitationChoice,
	): Promise<Result<InvitationView, SendError>>;
}

const DEFAULT_DAYS = 7;
const DEFAULT_USES = 100;
const MAX_USES = 100_000;
const shape = tuple(bytes(32));

export function createInviting(ports: Ports, origin: string): Inviting {
	const { clock, crypto, random, store } = ports;
	/** Links by invite key (hex). */
	const links = new Map<string, string>();
	const sha256 = (data: Uint8Array): Bytes => crypto.sha256(data);

	async function linkFor(space: Space, self: Self, invite: Invite, seed: Bytes): Promise<string> {
		const text = encodeInvitation(
			{
				space: space.id,
				spaceName: space.ledger.authority.genesis?.name ?? '',
				inviterName: self.name,
				inviter: self.rootHash,
				seed,
				lobbyKey: (await lobbyKey(crypto, invite.lobbySecret)).publicKey,
				expiry: invite.expiry,
				relays: invite.relays,
				history: space.ledger.authority.genesis?.history ?? HISTORY.sinceJoined,
			},
			sha256,
		);
		return `${origin}/#/join/${text}`;
	}

	const viewOf = (
		node: SpaceNode,
		{ inviteKey, expiry, uses, role }: Invite,
	): InvitationView | undefined => {
		const link = links.get(toHex(inviteKey));
		const reachable = node.post.hasRelay();
		return link === undefined
			? undefined
			: { link, expiry, uses, powernode: role === POWERNODE, reachable };
	};

	/** Whether it still lets people in by the relays that the space uses now, and for most of the time it was made for. */
	function isFresh(node: SpaceNode, { id, content, used }: InviteState, days: number): boolean {
		const { authority, resolver } = node.space.ledger;
		const roster = authority.epoch?.content.relays ?? [];
		const left = content.expiry - clock.now();
		return (
			used < content.uses &&
			resolver.ranks.recallsOf(toHex(id)).length === 0 &&
			content.relays.length === roster.length &&
			roster.every(({ key }) => content.relays.some((relay) => equal(relay.key, key))) &&
			(days === 0 ? content.expiry === 0 : left > (days * DAY) / 2 && left <= days * DAY)
		);
	}

	return {
		async load(space, self) {
			for (const { content, author } of space.ledger.authority.invites.values()) {
				if (!equal(author, self.rootHash)) continue;
				const stored = await store.get('invited', [space.id, content.inviteKey]);
				const seed = stored && decode(shape, stored, 64);
				if (seed?.ok !== true) continue;
				links.set(toHex(content.inviteKey), await linkFor(space, self, content, seed.value[0]));
			}
		},
		linkOf: (inviteKey) => links.get(toHex(inviteKey)) ?? null,
		async invite(node, self, choice = {}) {
			const { space } = node;
			const { authority } = space.ledger;
			const isDirect = authority.genesis?.spaceKind === SPACE_KIND.direct;
			const days = choice.days ?? DEFAULT_DAYS;
			const uses = isDirect ? 1 : Math.min(choice.uses ?? DEFAULT_USES, MAX_USES);
			const isForPowernodes = choice.powernode === true;
			if (isForPowernodes && !powersIn(space.ledger, self.rootHash).moderate) {
				return err({ type: 'not-member' });
			}
			const role = isForPowernodes ? POWERNODE : MEMBER;
			for (const known of authority.invites.values()) {
				const { content } = known;
				const isOfKind = content.uses === uses && content.role === role;
				const view = isOfKind && isFresh(node, known, days) ? viewOf(node, content) : undefined;
				if (view !== undefined) return ok(view);
			}
			const seed = random.bytes(32);
			const content: Invite = {
				kind: KIND.invite,
				inviteKey: (await inviteKeyOf(crypto, seed)).publicKey,
				uses,
				expiry: days === 0 ? 0 : Math.floor(clock.now()) + days * DAY,
				role,
				lobbySecret: random.bytes(32),
				relays: authority.epoch?.content.relays ?? [],
			};
			const key = [space.id, content.inviteKey];
			const kept = await store.commit([{ table: 'invited', key, value: encode([seed]) }]);
			if (!kept.ok) return err({ type: 'storage' });
			const written = await node.write(content);
			if (!written.ok) {
				return err({ type: written.error.type === 'not-member' ? 'not-member' : 'storage' });
			}
			links.set(toHex(content.inviteKey), await linkFor(space, self, content, seed));
			const view = viewOf(node, content);
			if (view === undefined) throw new Error('its link was made just now');
			return ok(view);
		},
	};
}
