// What Powernodes do, on the devices of `devices.ts`.
import { expect } from 'vitest';
import type { Entry } from '#lib/crdt/check-entry.ts';
import type { LoggedMessage } from '#lib/crdt/segment.ts';
import { KIND, type Packet } from '#lib/protocol/entry.ts';
import type { Fence, SealedContent } from '#lib/protocol/moderation.ts';
import { toHex } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';
import {
	admit,
	channelOf,
	createDevices,
	found,
	invite,
	level,
	write,
	type Device,
} from './devices.ts';

export const tombstone = (by: Device, author: Device, entries: readonly Entry[], reason = '') =>
	write(by, {
		kind: KIND.tombstone,
		author: author.self.rootHash,
		channel: channelOf(by),
		messages: entries.map(({ id, header }) => ({ id, device: header.device, seq: header.seq })),
		reason,
	});

/** Where somebody's feed ends by what this device holds. */
export function fenceOf(device: Device, target: Device): Fence {
	const feed = device.space.ledger.feeds.get(target.key);
	return feed === undefined || feed.seq < 0
		? []
		: [{ feed: feed.device, seq: feed.seq, id: feed.head }];
}

/** Writes a SEALED entry as the space's node does: a box for everybody, of which some open. */
export async function writeSealed(
	by: Device,
	content: SealedContent,
	isFor: (root: string) => boolean,
): Promise<Entry> {
	const { authority } = by.space.ledger;
	const keys = authority.epoch && by.space.ring.get(authority.epoch.id);
	if (authority.epoch === null || !keys) throw new Error(`${by.name} has no epoch`);
	const recipients = [...authority.devices.values()]
		.filter(({ active }) => active)
		.map(({ member, rootHash }) => ({
			publicKey: member.prekey.publicKey,
			secret: null,
			decoy: !isFor(toHex(rootHash)),
		}));
	const sealing = { epoch: authority.epoch.id, controlKey: keys.controlKey, recipients };
	const sealed = { kind: KIND.sealed, content };
	return unwrap(await by.space.write(() => Promise.resolve({ content: sealed, sealing })));
}

export const shadowBan = (by: Device, target: Device, fence = fenceOf(by, target)) =>
	writeSealed(
		by,
		{ type: 'shadow-ban', target: target.self.rootHash, fence, reason: 'spam' },
		(root) => root !== toHex(target.self.rootHash),
	);

export const shadowUnban = (by: Device, target: Device, ban: Entry) =>
	writeSealed(
		by,
		{ type: 'shadow-unban', bans: [ban.id], fence: fenceOf(by, target), reason: '' },
		(root) => root !== toHex(target.self.rootHash),
	);

export const ban = (by: Device, target: Device, fence = fenceOf(by, target)) =>
	write(by, {
		kind: KIND.ban,
		target: target.self.rootHash,
		fence,
		voidInvites: false,
		reason: 'spam',
	});

export const grant = (by: Device, target: Device) =>
	write(by, { kind: KIND.grant, target: target.self.rootHash });

/** What the first channel shows, oldest first. */
export async function shownBy(device: Device): Promise<LoggedMessage[]> {
	const log = device.space.log(channelOf(device));
	const all: LoggedMessage[] = [];
	for (let n = 0; n < (await log.stretches()); n++) all.push(...(await log.read(n)));
	return all;
}

/** The same as lines: texts, and in angle brackets how a message is gone. */
export const linesOf = async (device: Device): Promise<string[]> =>
	(await shownBy(device)).map(({ text, gone }) => (gone === null ? text : `<${gone.how}>`));

export const withoutContent = ({ packet }: Entry): Packet => ({
	...packet,
	wraps: null,
	body: null,
});

/** The packet of an entry as a device keeps it. */
export const keptBy = (device: Device, { header }: Entry): Promise<Packet | undefined> =>
	device.space.kept.packet(header.device, header.seq);

/** Names of the stores of a device in which these words can be found, and of tables where they lie open. */
export async function holdersOf(device: Device, words: string): Promise<string[]> {
	const found: string[] = [];
	for (const store of device.space.purging.stores) {
		if (await store.holds(words)) found.push(store.name);
	}
	for (const { table, value } of device.disk.rows()) {
		if (Buffer.from(value).includes(words)) found.push(`table ${table}`);
	}
	return found;
}

/** What tests write and look for afterwards. */
export const CANARY = 'canary-7f3a';

export async function expectNothingLeft(device: Device): Promise<void> {
	expect(await holdersOf(device, CANARY)).toEqual([]);
}

export type FourDevices = Awaited<ReturnType<typeof fourDevices>>;

/** Alice has founded a space and let the others in; all know it. */
export async function fourDevices() {
	const world = createDevices(5);
	const alice = await world.device('Alice');
	const bob = await world.device('Bob');
	const carol = await world.device('Carol');
	const dave = await world.device('Dave');
	await found(alice);
	const invited = await invite(alice);
	for (const newcomer of [bob, carol, dave]) {
		world.clock.advance(10);
		await admit(alice, invited, newcomer);
	}
	await level(alice, bob, carol, dave);
	world.clock.advance(10);
	/** Writes, one after the other. */
	async function after<T>(work: () => Promise<T>): Promise<T> {
		world.clock.advance(10);
		return work();
	}
	return { world, after, alice, bob, carol, dave };
}
