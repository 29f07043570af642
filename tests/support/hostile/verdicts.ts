// Control entries that are true and in their place, and have no effect: the authority log keeps them and says why. [HO5]
import { createIdentity } from '#lib/crypto/identity.ts';
import type { SelfInSpace } from '#lib/messenger/ports.ts';
import { createRootSigner, type RootSigner } from '#lib/messenger/root-signer.ts';
import { newEpoch } from '#lib/messenger/space/epochs.ts';
import { EPOCH_REASON, type Admit, type Content } from '#lib/protocol/content.ts';
import { KIND } from '#lib/protocol/entry.ts';
import type { Member } from '#lib/protocol/identity.ts';
import { enrolContent } from '#lib/protocol/moderation.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { channelOf, crypto, proofFor, type Device, type Invited } from '../devices.ts';
import { one, type HostileCase } from './case.ts';
import { carrying } from './deliver.ts';
import { forge } from './forge.ts';
import { fenceOf, type HostileWorld } from './world.ts';

const zeros = (length: number): Bytes => new Uint8Array(length);
const id = (n: number): Bytes => zeros(32).fill(n);
const root = ({ self }: Device): Bytes => self.rootHash;
const device = ({ self }: Device): Bytes => self.device.publicKey;
const reason = 'because I can';

const acts = (
	name: string,
	verdict: string,
	make: (world: HostileWorld, by: Device) => Content | Promise<Content>,
	by: 'alice' | 'pat' | 'bob' | 'dave' | 'erin' = 'bob',
): HostileCase =>
	one('HO5', name, verdict, async (world) => {
		const author = world[by];
		const isIn = author !== world.dave && author !== world.erin;
		const { packet } = await forge(author, {
			content: await make(world, author),
			...(isIn ? {} : { keysOf: world.bob, header: placeOf(world, author) }),
		});
		return carrying(world.bob, packet);
	});

/** The next place in the feed of somebody who has gone, on all that there is. */
function placeOf({ bob }: HostileWorld, by: Device): { seq: number; prev: Bytes } {
	const { seq, prev } = by.space.ledger.next(device(by), bob.ports.clock.now());
	return { seq, prev };
}

const ban = (target: Device, world: HostileWorld): Content => ({
	kind: KIND.ban,
	target: root(target),
	fence: fenceOf(world.bob, target).map((end) => ({ ...end, seq: 0 })),
	voidInvites: true,
	reason,
});
const revoke = (target: Device): Content => ({
	kind: KIND.revoke,
	target: root(target),
	fence: [],
	reason,
});
const unban = (...bans: readonly Bytes[]): Content => ({ kind: KIND.unban, bans, reason });
const recall = (invite: Bytes): Content => ({ kind: KIND.recall, invite });
const purge = (world: HostileWorld, author: Device, of = world.hers): Content => ({
	kind: KIND.tombstone,
	author: root(author),
	channel: new Uint8Array(32),
	messages: [{ id: of.id, device: of.header.device, seq: of.header.seq }],
	reason,
});

/** Lets in a device by this invitation; what is changed is not what the invitation's key signed. */
export async function admits(
	{ bob }: HostileWorld,
	invited: Invited,
	newcomer: Pick<Device, 'self'>,
	change: Partial<Admit> = {},
): Promise<Content> {
	return {
		kind: KIND.admit,
		invite: invited.entry.id,
		proof: await proofFor(invited, bob.space.id, newcomer),
		member: newcomer.self.member,
		tokenHash: id(77),
		epoch: bob.space.ledger.authority.epoch?.id ?? zeros(16),
		step: 1,
		...change,
	};
}

/** Brings in a device with its own proof. */
async function enrols(
	{ bob }: HostileWorld,
	member: Member,
	signer: { sign(message: Bytes): Promise<Bytes> },
): Promise<Content> {
	const asked = { member, tokenHash: id(78) };
	return {
		kind: KIND.enrol,
		...asked,
		proof: await signer.sign(enrolContent(bob.space.id, asked)),
		epoch: bob.space.ledger.authority.epoch?.id ?? zeros(16),
		step: 1,
	};
}

/** Mallory's device under a certificate that says it is Carol's. */
const claimed = ({ mallory, carol }: HostileWorld): Member => {
	const { certificate, prekey, name } = mallory.self.member;
	return {
		certificate: { ...certificate, rootKey: carol.self.member.certificate.rootKey },
		prekey,
		name,
	};
};

/** Carol's device, certified by somebody else's root; the prekey is hers, as everybody has it. */
export async function stolen({
	bob,
	carol,
}: HostileWorld): Promise<{ readonly self: SelfInSpace; readonly root: RootSigner }> {
	const made = await createIdentity(crypto, bob.ports.random, bob.ports.clock, 'Carol', 'phone');
	const other = await createRootSigner(crypto, made.secrets.rootSeed);
	const certificate = await other.certify(device(carol), 'phone', 0);
	const member = { certificate, prekey: carol.self.member.prekey, name: 'Carol' };
	return { self: { ...carol.self, rootHash: made.rootHash, member }, root: other };
}

/** An EPOCH whose recipients are others than the members. */
const epochs = (
	name: string,
	change: (recipients: readonly { device: Bytes; tokenHash: Bytes }[]) => unknown[],
): HostileCase =>
	one('HO5', `an EPOCH ${name}`, 'wrong-recipients', async ({ bob }) => {
		const { content, sealing } = await newEpoch(
			bob.ports,
			device(bob),
			bob.space,
			EPOCH_REASON.removal,
			[],
		);
		if (content.kind !== KIND.epoch) throw new Error('an epoch');
		const recipients = change(content.recipients) as typeof content.recipients;
		const [first] = sealing.recipients;
		const { packet } = await forge(bob, {
			content: { ...content, recipients },
			controlKey: sealing.controlKey,
			epoch: sealing.epoch,
			grants: sealing.recipients.map(({ publicKey, secret }) => ({
				publicKey,
				secret: secret ?? first?.secret ?? null,
			})),
		});
		return carrying(bob, packet);
	});

export const verdicts: readonly HostileCase[] = [
	epochs('that leaves somebody out', (recipients) => recipients.slice(1)),
	epochs('for a stranger too', (recipients) => [
		...recipients,
		{ device: id(5), tokenHash: id(6) },
	]),
	epochs('for somebody twice', (recipients) => [...recipients.slice(1), recipients[1]]),
	epochs('for nobody', () => []),
	acts('GRANT by a member', 'not-allowed', ({ carol }) => ({
		kind: KIND.grant,
		target: root(carol),
	})),
	acts('GRANT to oneself', 'not-allowed', (_, by) => ({ kind: KIND.grant, target: root(by) })),
	acts(
		'a Powernode’s GRANT to itself',
		'not-allowed',
		(_, by) => ({ kind: KIND.grant, target: root(by) }),
		'pat',
	),
	acts(
		'GRANT to the founder',
		'not-allowed',
		({ alice }) => ({ kind: KIND.grant, target: root(alice) }),
		'pat',
	),
	acts('REVOKE by a member', 'not-allowed', ({ pat }) => revoke(pat)),
	acts('REVOKE of the founder', 'not-senior', ({ alice }) => revoke(alice), 'pat'),
	acts('REVOKE of oneself, as an equal', 'not-senior', (_, by) => revoke(by), 'pat'),
	acts('PLATFORM_BAN by a member', 'not-allowed', (world) => ban(world.carol, world)),
	acts('PLATFORM_BAN of the founder by a member', 'not-allowed', (world) =>
		ban(world.alice, world),
	),
	acts('PLATFORM_BAN of a senior', 'not-senior', (world) => ban(world.alice, world), 'pat'),
	acts('PLATFORM_UNBAN by a member', 'not-allowed', (world) => unban(world.ban.id)),
	acts('PLATFORM_UNBAN of a senior’s ban', 'not-senior', (world) => unban(world.ban.id), 'pat'),
	acts('PLATFORM_UNBAN of what is no ban', 'unknown-target', ({ hers }) => unban(hers.id), 'pat'),
	acts('PLATFORM_UNBAN by who is banned', 'beyond-fence', (world) => unban(world.ban.id), 'dave'),
	acts(
		'GRANT by who is banned',
		'beyond-fence',
		(_, by) => ({ kind: KIND.grant, target: root(by) }),
		'dave',
	),
	acts(
		'INVITE by who has left',
		'after-leaving',
		() => ({
			kind: KIND.invite,
			inviteKey: id(1),
			uses: 9,
			expiry: 0,
			role: 0,
			lobbySecret: id(2),
			relays: [],
		}),
		'erin',
	),
	acts('CHANNEL by a member', 'not-allowed', () => ({ kind: KIND.channel, name: 'mine' })),
	acts('CHANNEL_EDIT by a member', 'not-allowed', (_, by) => ({
		kind: KIND.channelEdit,
		channel: channelOf(by),
		name: 'mine',
		archived: true,
		readOnly: true,
		timer: 0,
	})),
	acts(
		'CHANNEL_EDIT of what is no channel',
		'unknown-target',
		({ hers }) => ({
			kind: KIND.channelEdit,
			channel: hers.id,
			name: 'mine',
			archived: true,
			readOnly: true,
			timer: 0,
		}),
		'pat',
	),
	acts('TOMBSTONE of others’ words by a member', 'not-allowed', (world) =>
		purge(world, world.alice),
	),
	acts('TOMBSTONE of a senior’s words', 'not-senior', (world) => purge(world, world.alice), 'pat'),
	// One may say so of one's own, which these are not: it counts, for messages that there are none of.
	acts('TOMBSTONE of Alice’s words as one’s own', 'valid', (world) => purge(world, world.bob)),
	acts('TOMBSTONE of one’s words in another place', 'valid', (world) => ({
		kind: KIND.tombstone,
		author: root(world.bob),
		channel: new Uint8Array(32),
		messages: [{ id: world.his.id, device: world.his.header.device, seq: 99 }],
		reason,
	})),
	acts('RECALL of another’s INVITE by a member', 'not-allowed', ({ invited }) =>
		recall(invited.open.entry.id),
	),
	acts(
		'RECALL of a senior’s INVITE',
		'not-senior',
		({ invited }) => recall(invited.open.entry.id),
		'pat',
	),
	acts('RECALL of what is no INVITE', 'unknown-target', ({ ban: { id: of } }) => recall(of)),
	acts('ADMIT by a proof made for somebody else', 'unproven', async (world) =>
		admits(world, world.invited.open, world.mallory, {
			proof: await proofFor(world.invited.open, world.bob.space.id, world.olga),
		}),
	),
	acts('ADMIT by a proof from another space', 'unproven', async (world) =>
		admits(world, world.invited.open, world.mallory, {
			proof: await proofFor(world.invited.open, world.olga.space.id, world.mallory),
		}),
	),
	acts('ADMIT without a proof', 'unproven', (world) =>
		admits(world, world.invited.open, world.mallory, { proof: zeros(64) }),
	),
	acts('ADMIT by what is no INVITE', 'unproven', (world) =>
		admits(world, { ...world.invited.open, entry: world.ban }, world.mallory),
	),
	acts('ADMIT of a device under a certificate that its root never gave', 'unproven', (world) => {
		const self = { ...world.mallory.self, member: claimed(world), rootHash: root(world.carol) };
		return admits(world, world.invited.open, { self });
	}),
	acts('ADMIT of Carol’s device for another person', 'unproven', async (world) =>
		admits(world, world.invited.open, await stolen(world)),
	),
	acts('ADMIT by an INVITE that is spent', 'invite-spent', (world) =>
		admits(world, world.invited.spent, world.mallory),
	),
	acts('ADMIT by an INVITE that has expired', 'invite-expired', (world) =>
		admits(world, world.invited.expired, world.mallory),
	),
	acts('ADMIT by an INVITE that was recalled', 'invite-recalled', (world) =>
		admits(world, world.invited.recalled, world.mallory),
	),
	acts('ADMIT of who is banned', 'banned', (world) =>
		admits(world, world.invited.open, world.dave),
	),
	acts('ADMIT of who has left, by the old request', 'after-leaving', (world) =>
		admits(world, world.invited.open, world.erin, { tokenHash: world.erinsToken }),
	),
	acts('ENROL of a device in Carol’s name', 'unproven', (world) =>
		enrols(world, claimed(world), world.mallory.self.device),
	),
	acts('ENROL of Carol’s device by somebody else’s request', 'unproven', (world) =>
		enrols(world, world.carol.self.member, world.bob.self.device),
	),
	acts('ENROL of who is no member', 'not-a-member', (world) =>
		enrols(world, world.mallory.self.member, world.mallory.self.device),
	),
	acts('ENROL of a device that a ban has ended', 'not-a-member', (world) =>
		enrols(world, world.dave.self.member, world.dave.self.device),
	),
	acts('REVOKE_DEVICE without the root’s word', 'unproven', ({ carol }) => ({
		kind: KIND.revokeDevice,
		device: device(carol),
		fence: [],
		rootKey: carol.self.member.certificate.rootKey,
		proof: zeros(64),
	})),
	acts('REVOKE_DEVICE with a further fence than the root signed', 'unproven', async (world) => ({
		...(await world.carol.self.root.revoke(
			world.bob.space.id,
			device(world.carol),
			fenceOf(world.bob, world.carol),
		)),
		fence: [],
	})),
	acts('REVOKE_DEVICE for another space', 'unproven', ({ carol, olga }) =>
		carol.self.root.revoke(olga.space.id, device(carol), []),
	),
	acts('REVOKE_DEVICE of Carol’s device by Bob’s root', 'unknown-target', ({ bob, carol }) =>
		bob.self.root.revoke(bob.space.id, device(carol), []),
	),
	acts('REVOKE_DEVICE of the founder’s device by Bob’s root', 'unknown-target', ({ bob, alice }) =>
		bob.self.root.revoke(bob.space.id, device(alice), []),
	),
];
