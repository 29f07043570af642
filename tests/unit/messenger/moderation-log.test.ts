// What the moderation log lists.
import { expect, it } from 'vitest';
import { moderationLog } from '#lib/messenger/moderation/log.ts';
import type { Content } from '#lib/protocol/content.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { toHex } from '#lib/util/bytes.ts';
import {
	admit,
	channelOf,
	createDevices,
	found,
	invite,
	level,
	say,
	write,
	type Device,
} from '../../support/devices.ts';

it('[ML1] lists every action with author, target, reason, time and whether it counts, alike on every node', async () => {
	const world = createDevices(61);
	const [alice, bob] = [await world.device('Alice'), await world.device('Bob')];
	const [carol, dave] = [await world.device('Carol'), await world.device('Dave')];
	await found(alice);
	const invited = await invite(alice);
	for (const each of [bob, carol, dave]) await admit(alice, invited, each);
	await level(alice, bob, carol, dave);
	const said = await say(carol, 'buy now');
	await level(alice, bob, carol, dave);

	const done: [type: string, by: Device, target: Device, reason: string, verdict: string][] = [];
	const times: number[] = [];
	async function does(by: Device, content: Content, ...rest: [string, Device, string, string]) {
		world.clock.advance(1000);
		const { header } = await write(by, content);
		const [type, target, reason, verdict] = rest;
		done.unshift([type, by, target, reason, verdict]);
		times.unshift(header.time.ms);
		await level(alice, bob, carol, dave);
		return header;
	}
	const { rootHash: target } = carol.self;
	const grant = { kind: KIND.grant, target: bob.self.rootHash } as const;
	await does(alice, grant, 'grant', bob, '', 'valid');
	// Dave has no power, and says so in the log for everybody to see.
	const ban = { kind: KIND.ban, fence: [], voidInvites: false } as const;
	const vain = { ...ban, target: alice.self.rootHash, reason: 'mine now' };
	await does(dave, vain, 'ban', alice, 'mine now', 'not-allowed');
	const { id, header } = said;
	const messages = [{ id, device: header.device, seq: header.seq }];
	const purge = { author: target, channel: channelOf(alice), messages };
	const tombstone = { kind: KIND.tombstone, ...purge, reason: 'advertising' } as const;
	await does(bob, tombstone, 'purge', carol, 'advertising', 'valid');
	const banned = { ...ban, target, reason: 'again and again' };
	await does(bob, banned, 'ban', carol, 'again and again', 'valid');

	for (const { space, self } of [alice, bob, dave]) {
		const log = moderationLog(space.ledger, self.rootHash);
		expect(
			log.map(({ type, by, target, reason, verdict }) => [type, by, target, reason, verdict]),
		).toEqual(
			done.map(([type, by, target, reason, verdict]) => [
				type,
				toHex(by.self.rootHash),
				toHex(target.self.rootHash),
				reason,
				verdict,
			]),
		);
		expect(log.map(({ time }) => time)).toEqual(times);
		expect(log.map(({ byName, targetName }) => [byName, targetName])).toEqual(
			done.map(([, by, target]) => [by.name, target.name]),
		);
	}
});
