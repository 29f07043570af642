// What attacks are made of: people who don't exist, and contents that their author has no authority for.
import type { Entry } from '#lib/crdt/check-entry.ts';
import { createIdentity } from '#lib/crypto/identity.ts';
import type { Content } from '#lib/protocol/content.ts';
import { KIND, type Packet } from '#lib/protocol/entry.ts';
import type { Member } from '#lib/protocol/identity.ts';
import type { SigningKey } from '#lib/ports/crypto.ts';
import { equal, type Bytes } from '#lib/util/bytes.ts';
import type { Attacker } from '#lib/simulation/attacker.ts';
import type { Scene, Wrong } from './scene.ts';

export interface Hand {
	readonly scene: Scene;
	readonly attacker: Attacker;
	/** Notes that this entry must not count. */
	forbid(entry: Entry, what: string, kind?: Wrong['kind']): Entry;
}

export const packetsOf = (entries: readonly Entry[]): Packet[] =>
	entries.map(({ packet }) => packet);

export const message = (attacker: Attacker, text: string): Content => ({
	kind: KIND.message,
	channel: attacker.space.ledger.authority.channels[0]?.id ?? new Uint8Array(32),
	text,
	replyTo: null,
});

/** Root Hashes of the others. */
export const peopleOf = (attacker: Attacker): Bytes[] =>
	[...attacker.space.ledger.authority.people.values()]
		.map(({ rootHash }) => rootHash)
		.filter((root) => !equal(root, attacker.self.rootHash));

/** Somebody who doesn't exist, made up on the spot. */
export async function puppet({
	attacker,
}: Hand): Promise<{ root: Bytes; member: Member; device: SigningKey }> {
	const { crypto, clock } = attacker.node.ports();
	const { random } = attacker;
	const made = await createIdentity(crypto, random, clock, 'Mallory', 'Puppet');
	const device = await crypto.signingKey(made.secrets.deviceSeed);
	return { root: made.rootHash, member: made.member, device };
}

/** Contents that a plain member has no authority for. */
export function overreaching({ attacker }: Hand): Content {
	const { random, space } = attacker;
	const { authority, control, feeds } = space.ledger;
	const people = peopleOf(attacker);
	const target = people.length > 0 ? random.pick(people) : random.bytes(32);
	const fence = [...feeds.values()].flatMap((feed) =>
		feed.seq >= 0 && random.below(2) === 0 ? [{ feed: feed.device, seq: 0, id: feed.head }] : [],
	);
	const bans = [...authority.bans.values()].map(({ id }) => id);
	const invites = [...authority.invites.values()].filter(
		({ author }) => !equal(author, attacker.self.rootHash),
	);
	const [channel] = authority.channels;
	const reason = 'because I can';
	const entries = [...control.values()];
	const contents: Content[] = [
		{ kind: KIND.grant, target },
		{ kind: KIND.revoke, target, fence, reason },
		{ kind: KIND.ban, target, fence, voidInvites: true, reason },
		{ kind: KIND.unban, bans: bans.length > 0 ? bans.slice(0, 16) : [random.bytes(32)], reason },
		{ kind: KIND.recall, invite: invites[0]?.id ?? random.bytes(32) },
		{ kind: KIND.channel, name: 'mine' },
		{
			kind: KIND.channelEdit,
			channel: channel?.id ?? random.bytes(32),
			name: 'mine',
			archived: true,
			readOnly: true,
			timer: 0,
		},
		{
			kind: KIND.tombstone,
			author: target,
			channel: random.bytes(32),
			messages: [{ id: random.pick(entries).entry.id, device: random.bytes(32), seq: 1 }],
			reason,
		},
	];
	return random.pick(contents);
}
