// What a conversation says between its messages.
import { expect, it } from 'vitest';
import { noticesIn } from '#lib/messenger/notices.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { toHex } from '#lib/util/bytes.ts';
import {
	admit,
	channelOf,
	createDevices,
	found,
	invite,
	level,
	write,
	type Device,
} from '../../support/devices.ts';
import type { DeviceState, PersonState } from '#lib/crdt/authority-state.ts';

const told = ({ space, self }: Device, channel = space.ledger.authority.channels[0]!.id) =>
	noticesIn(space.ledger, self.rootHash, channel).map(({ what, name, mine }) => ({
		...what,
		by: mine ? 'me' : name,
	}));

async function two(): Promise<[Device, Device]> {
	const world = createDevices(31);
	const [alice, bob] = [await world.device('Alice'), await world.device('Bob')];
	await found(alice);
	await admit(alice, await invite(alice), bob);
	await level(alice, bob);
	return [alice, bob];
}
const setTimer = (by: Device, timer: number) =>
	write(by, {
		kind: KIND.channelEdit,
		channel: channelOf(by),
		name: 'general',
		archived: false,
		readOnly: false,
		timer,
	});

it('[DM1] is told who set the timer to what, when it changed and by whom it counts', async () => {
	const [alice, bob] = await two();
	await setTimer(alice, 3600);
	await setTimer(alice, 3600);
	await setTimer(bob, 60);
	await setTimer(alice, 0);
	await level(alice, bob);
	expect(told(bob)).toEqual([
		{ type: 'timer', seconds: 3600, by: 'Alice' },
		{ type: 'timer', seconds: 0, by: 'Alice' },
	]);
	expect(told(alice)[0]?.by).toBe('me');
});

it('[SN6] is told of a further device that was let in, and of one that was ended', async () => {
	const [alice, bob] = await two();
	expect(told(alice)).toEqual([]);
	const { ledger } = alice.space;
	// Bob's second device, as the log would have it.
	const person = ledger.authority.people.get(toHex(bob.self.rootHash)) as PersonState;
	const state = person.devices[0] as DeviceState;
	const certificate = {
		...state.member.certificate,
		deviceKey: new Uint8Array(32).fill(9),
		deviceName: 'tablet',
	};
	const entry = (key: string, ms: number) => ({
		...[...ledger.control.values()][0]!.entry,
		key,
		header: { ...[...ledger.control.values()][0]!.entry.header, time: { ms, counter: 0 } },
	});
	const later = Date.UTC(2100, 0);
	const control = new Map(ledger.control);
	control.set('enrol', {
		entry: entry('enrol', later),
		content: { kind: KIND.enrol, member: { ...state.member, certificate } } as never,
		proven: true,
		memberRoot: bob.self.rootHash,
	});
	control.set('revoke', {
		entry: entry('revoke', later + 1),
		content: { kind: KIND.revokeDevice, device: state.device } as never,
		proven: true,
		memberRoot: null,
	});
	const verdicts = new Map(ledger.authority.verdicts).set('enrol', 'valid').set('revoke', 'valid');
	const changed = { control, authority: { ...ledger.authority, verdicts } } as never;
	const [channel] = ledger.authority.channels;
	expect(noticesIn(changed, alice.self.rootHash, channel!.id)).toMatchObject([
		{ name: 'Bob', what: { type: 'device-added', device: 'tablet' } },
		{ name: 'Bob', what: { type: 'device-ended', device: 'phone' } },
	]);
	// In a community's other channels there is nothing of it.
	expect(noticesIn(changed, alice.self.rootHash, new Uint8Array(32))).toEqual([]);
});
