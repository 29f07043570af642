// What a message came without is asked of everybody who comes within reach, until it is there.
import { expect, it } from 'vitest';
import { createMissingContent } from '#lib/messenger/delivery/missing-content.ts';
import type { Post } from '#lib/messenger/delivery/post-face.ts';
import type { SpaceMessage } from '#lib/protocol/space-message.ts';
import { fromHex } from '#lib/util/bytes.ts';
import {
	admit,
	carry,
	createDevices,
	found,
	invite,
	level,
	reopen,
	say,
	type Device,
} from '../../support/devices.ts';
import { linesOf, withoutContent } from '../../support/moderating.ts';

async function threePeople() {
	const world = createDevices(9);
	const [alice, bob, carol] = [
		await world.device('Alice'),
		await world.device('Bob'),
		await world.device('Carol'),
	];
	await found(alice);
	const invited = await invite(alice);
	for (const newcomer of [bob, carol]) {
		world.clock.advance(10);
		await admit(alice, invited, newcomer);
	}
	await level(alice, bob, carol);
	world.clock.advance(10);
	return { world, alice, bob, carol };
}

/** What a device asks for, with what has come to it since it began. */
function asking(device: Device) {
	const asked: { readonly of: string; readonly message: SpaceMessage }[] = [];
	const send = (of: string, message: SpaceMessage): boolean => asked.push({ of, message }) > 0;
	const missing = createMissingContent(
		device.space,
		{ send } as Post,
		() => device.self.prekeys.record,
	);
	const note = (): void => {
		for (const { messages } of device.changes) {
			for (const [channel, some] of messages) missing.note(fromHex(channel) as never, some);
		}
	};
	return { asked, missing, note };
}

it('[FD10] asks each peer once, until body and keys have come', async () => {
	const { alice, bob, carol } = await threePeople();
	const entry = await say(alice, 'hello');
	await carry([withoutContent(entry)], carol);
	const { asked, missing, note } = asking(carol);
	note();
	await missing.onPeer('bob');
	await missing.onPeer('bob');
	const { device: feed, seq } = entry.header;
	const ranges = [{ feed, from: seq, to: seq + 1 }];
	const pull = {
		type: 'pull',
		control: [],
		have: [],
		ranges,
		wantsKeys: carol.self.prekeys.record,
	};
	expect(asked).toEqual([{ of: 'bob', message: pull }]);

	await missing.onPeer('alice');
	expect(asked).toHaveLength(2);
	await carry([entry.packet], carol);
	expect(await linesOf(carol)).toEqual(['hello']);
	await missing.onPeer('dave');
	expect(asked).toHaveLength(2);
	expect(await linesOf(bob)).toEqual([]);
});

it('[FD10] goes on after a restart', async () => {
	const { alice, carol } = await threePeople();
	const entry = await say(alice, 'hello');
	await carry([{ ...entry.packet, wraps: null }], carol);
	await reopen(carol);
	const { asked, missing } = asking(carol);
	await missing.load();
	await missing.onPeer('bob');
	expect(asked.map(({ of }) => of)).toEqual(['bob']);
});
