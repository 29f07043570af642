// When an epoch has been used for so many messages that another one is due.
import { expect, it } from 'vitest';
import { EPOCH_MESSAGES } from '#lib/crdt/epoch-choice.ts';
import { createEpochTurns } from '#lib/messenger/epoch-turns.ts';
import { EPOCH_REASON, type EpochReason } from '#lib/protocol/content.ts';
import { createDevices, found, startEpoch } from '../../support/devices.ts';
import { equal } from '#lib/util/bytes.ts';

it('[EP12] an epoch is followed by one once 10,000 messages name it, a minute later, and not before', async () => {
	const world = createDevices(61);
	const alice = await world.device('Alice');
	await found(alice);
	const { space } = alice;
	const first = space.ledger.authority.epoch?.id ?? new Uint8Array();
	let messages = 9999;
	const made: EpochReason[] = [];
	const counted = Object.create(space, {
		messagesIn: { value: (epoch: Uint8Array) => (equal(epoch, first) ? messages : 0) },
	}) as typeof space;
	const turns = createEpochTurns(
		alice.ports,
		counted,
		alice.self.device.publicKey,
		async (reason) => {
			made.push(reason);
			await startEpoch(alice);
		},
	);
	turns.plan();
	turns.onMessages();
	world.clock.advance(120_000);
	expect(made).toEqual([]);
	messages = 10_000;
	turns.onMessages();
	world.clock.advance(50_000);
	expect(made).toEqual([]);
	world.clock.advance(20_000);
	expect(made).toEqual([EPOCH_REASON.age]);
	await expect.poll(() => equal(space.ledger.authority.epoch?.id ?? first, first)).toBe(false);
	turns.onMessages();
	world.clock.advance(120_000);
	expect(made).toHaveLength(1);
	expect(EPOCH_MESSAGES).toBe(10_000);
	turns.stop();
});
