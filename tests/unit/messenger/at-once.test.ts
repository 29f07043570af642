// What two members do at once, neither knowing of the other: epochs, and the last use of an invitation.
import { beforeEach, describe, expect, it } from 'vitest';
import { needsNewEpoch } from '#lib/crdt/epoch-choice.ts';
import { toHex } from '#lib/util/bytes.ts';
import {
	admit,
	carry,
	controlOf,
	createDevices,
	found,
	invite,
	level,
	say,
	startEpoch,
	textsOf,
	type Device,
	type Devices,
} from '../../support/devices.ts';
import { digest } from '../../support/ledger-reader.ts';

describe('what two members do at once', () => {
	let world: Devices;
	let alice: Device;
	let bob: Device;
	const digestOf = (device: Device): string => digest(device.space.ledger);

	/** Alice and Bob in one space. */
	beforeEach(async () => {
		world = createDevices(7);
		[alice, bob] = [await world.device('Alice'), await world.device('Bob')];
		await found(alice);
		await admit(alice, await invite(alice), bob);
		world.clock.advance(1000);
	});

	describe('epochs made at once', () => {
		it('[EP5] are both open to whoever joins after them', async () => {
			const carol = await world.device('Carol');
			await admit(alice, await invite(alice), carol);
			await level(alice, bob, carol);
			await startEpoch(alice);
			await startEpoch(bob);
			// Each goes on in its own for a while.
			await invite(alice);
			await invite(bob);
			await level(alice, bob, carol);
			expect(alice.space.ledger.authority.liveEpochs).toHaveLength(2);
			expect(digestOf(carol)).toBe(digestOf(alice));
			const dora = await world.device('Dora');
			await admit(carol, await invite(carol), dora);
			await level(alice, bob, carol);
			await carry(controlOf(bob), dora);
			expect(dora.space.ledger.control.size).toBe(alice.space.ledger.control.size);
			expect(dora.space.ledger.authority.verdicts).toEqual(alice.space.ledger.authority.verdicts);
			// She has no wrap in the other one, so a third is due; it hands on the keys of both.
			expect(needsNewEpoch(dora.space.ledger.authority)).toBe(true);
			const third = await startEpoch(bob);
			await level(alice, bob, carol, dora);
			expect(dora.space.ledger.authority.liveEpochs.map((each) => toHex(each.entry))).toEqual([
				third.key,
			]);
			expect(needsNewEpoch(dora.space.ledger.authority)).toBe(false);
			const eve = await world.device('Eve');
			await admit(dora, await invite(dora), eve);
			expect(eve.space.ledger.control.size).toBe(dora.space.ledger.control.size);
		});

		it('[EP5] [FD8] open themselves to somebody who joined in between, once one follows them', async () => {
			const invited = await invite(alice);
			await level(alice, bob);
			const carol = await world.device('Carol');
			await admit(alice, invited, carol);
			// Bob, who has not heard of her, makes an epoch without her, and builds on it.
			const without = await startEpoch(bob);
			const onIt = await invite(bob);
			await level(alice, bob);
			await carry([without.packet, onIt.entry.packet], carol);
			expect(carol.space.ledger.control.has(without.key)).toBe(false);
			expect(needsNewEpoch(alice.space.ledger.authority)).toBe(true);
			const next = await startEpoch(alice);
			await carry([next.packet], carol);
			expect(carol.space.ledger.control.has(without.key)).toBe(true);
			expect(carol.space.ledger.control.has(onIt.entry.key)).toBe(true);
			await level(alice, bob, carol);
			expect(digestOf(carol)).toBe(digestOf(bob));
		});
	});

	describe('an invitation that was used up by two members at once', () => {
		it('[AU4] [FD3] leaves one newcomer, and nothing of what the other said', async () => {
			const invited = await invite(alice, 1);
			await level(alice, bob);
			const [carol, dora] = [await world.device('Carol'), await world.device('Dora')];
			await admit(bob, invited, carol);
			world.clock.advance(1000);
			await admit(alice, invited, dora);
			const hello = await say(dora, 'Hello, I am Dora');
			await carry([hello.packet], alice);
			await carry([(await say(carol, 'Hello, I am Carol')).packet], bob);
			expect(await textsOf(alice)).toEqual(['Hello, I am Dora']);
			await level(alice, bob, carol, dora);
			for (const device of [alice, bob]) {
				const { people } = device.space.ledger.authority;
				expect([...people.values()].map((each) => each.name)).toEqual(['Alice', 'Bob', 'Carol']);
				expect(device.space.ledger.countsUpTo(dora.key)).toBe(0);
			}
			expect(await textsOf(alice)).toEqual(['Hello, I am Carol']);
			expect(await textsOf(bob)).toEqual(['Hello, I am Carol']);
			expect(digestOf(bob)).toBe(digestOf(alice));
			// Were Carol's admission to fall, Dora's would stand, and what she said be there again.
			const before = alice.disk.rows().length;
			alice.space.ledger.freeze(bob.self.device.publicKey, 0, {
				id: new Uint8Array(0),
				time: { ms: 0, counter: 0 },
			});
			await say(alice, 'after');
			expect(alice.disk.rows().length).toBeGreaterThan(before);
			expect(await textsOf(alice)).toEqual(['Hello, I am Dora', 'after']);
		});
	});
});
