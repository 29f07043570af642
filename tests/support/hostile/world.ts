// A space in which a member has turned: who is in it, who was, and what was said before anything hostile comes.
import type { Entry } from '#lib/crdt/check-entry.ts';
import { inviteKeyOf } from '#lib/messenger/joining/invitations.ts';
import { KIND } from '#lib/protocol/entry.ts';
import type { Fence } from '#lib/protocol/moderation.ts';
import type { DiskSnapshot } from '#lib/storage/memory.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import {
	admit,
	createDevices,
	crypto,
	found,
	invite,
	level,
	say,
	startEpoch,
	write,
	type Device,
	type Invited,
} from '../devices.ts';

export interface HostileWorld {
	/** The founder, to whose node everything is given. */
	readonly alice: Device;
	/** A Powernode. */
	readonly pat: Device;
	/** A member who has turned. */
	readonly bob: Device;
	readonly carol: Device;
	/** Banned. */
	readonly dave: Device;
	/** Has left. */
	readonly erin: Device;
	/** Never let in. */
	readonly mallory: Device;
	/** Founder of a space of her own. */
	readonly olga: Device;
	readonly invited: Record<'open' | 'spent' | 'expired' | 'recalled', Invited>;
	/** A message of Alice's. */
	readonly hers: Entry;
	/** A message of Bob's own. */
	readonly his: Entry;
	/** The ban on Dave. */
	readonly ban: Entry;
	/** Hash of the token with which Erin was let in. */
	readonly erinsToken: Bytes;
	/** Alice's disk when nothing hostile had come. */
	readonly before: DiskSnapshot;
}

/** The last entry of each of these devices, by what the holder has of it. */
export const fenceOf = (holder: Device, ...ended: readonly Device[]): Fence =>
	ended.flatMap(({ key }) => {
		const feed = holder.space.ledger.feeds.get(key);
		return feed === undefined ? [] : [{ feed: feed.device, seq: feed.seq, id: feed.head }];
	});

async function inviteUntil(device: Device, expiry: number): Promise<Invited> {
	const seed = device.ports.random.bytes(32);
	const { publicKey } = await inviteKeyOf(crypto, seed);
	const entry = await write(device, {
		kind: KIND.invite,
		inviteKey: publicKey,
		uses: 5,
		expiry,
		role: 0,
		lobbySecret: device.ports.random.bytes(32),
		relays: [],
	});
	return { entry, seed };
}

function tokenOf(holder: Device, newcomer: Device): Bytes {
	for (const { content } of holder.space.ledger.control.values()) {
		if (content.kind !== KIND.admit) continue;
		if (toHex(content.member.certificate.deviceKey) === newcomer.key) return content.tokenHash;
	}
	throw new Error(`${newcomer.name} was never let in`);
}

export async function createHostileWorld(seed: number): Promise<HostileWorld> {
	const { clock, device } = createDevices(seed);
	const [alice, pat, bob] = [await device('Alice'), await device('Pat'), await device('Bob')];
	const [carol, dave, erin] = [await device('Carol'), await device('Dave'), await device('Erin')];
	const [mallory, olga] = [await device('Mallory'), await device('Olga')];
	await found(olga);
	await found(alice);
	const open = await invite(alice);
	for (const each of [pat, bob, carol, dave, erin]) {
		await admit(alice, open, each);
		clock.advance(100);
	}
	await write(alice, { kind: KIND.grant, target: pat.self.rootHash });
	const spent = await invite(alice, 0);
	const expired = await inviteUntil(alice, clock.now() + 1);
	const recalled = await invite(alice);
	await write(alice, { kind: KIND.recall, invite: recalled.entry.id });
	clock.advance(100);
	const hers = await say(alice, 'Hello everybody');
	await level(alice, pat, bob, carol, dave, erin);
	await say(dave, 'Buy this');
	await write(erin, { kind: KIND.leave });
	clock.advance(100);
	await level(alice, dave, erin);
	const ban = await write(alice, {
		kind: KIND.ban,
		target: dave.self.rootHash,
		fence: fenceOf(alice, dave),
		voidInvites: false,
		reason: 'spam',
	});
	clock.advance(100);
	await startEpoch(alice);
	await level(alice, pat, bob, carol);
	await say(carol, 'Hello Alice');
	const his = await say(bob, 'Hello both');
	await level(alice, pat, bob, carol);
	clock.advance(1000);
	return {
		...{ alice, pat, bob, carol, dave, erin, mallory, olga },
		invited: { open, spent, expired, recalled },
		...{ hers, his, ban },
		erinsToken: tokenOf(alice, erin),
		before: alice.disk.snapshot(),
	};
}
