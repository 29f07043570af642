// An EPOCH for very many devices, from one device to another as relays carry it.
import { describe, expect, it } from 'vitest';
import { readEntry } from '#lib/crdt/check-entry.ts';
import { createAssembling } from '#lib/messenger/delivery/assembling.ts';
import { forBlocks } from '#lib/messenger/delivery/splitting.ts';
import { newEpoch } from '#lib/messenger/space/epochs.ts';
import { EPOCH_REASON } from '#lib/protocol/content.ts';
import { decodePacket, encodePacket, KIND } from '#lib/protocol/entry.ts';
import { MAX_DEVICES, MAX_LARGE_PACKET, MAX_PACKET } from '#lib/protocol/limits.ts';
import { decodeEnvelope, encodeEnvelope } from '#lib/protocol/space-message.ts';
import { unwrap } from '#lib/util/result.ts';
import { admit, controlOf, createDevices, crypto, found, invite } from '../../support/devices.ts';

describe('a large entry', () => {
	it('[EN4] [PT1] of 1,024 recipients goes in parts and is taken like any other', async () => {
		const devices = createDevices(31);
		const alice = await devices.device('Alice');
		const bob = await devices.device('Bob');
		await found(alice);
		await admit(alice, await invite(alice), bob);
		await bob.space.receive(controlOf(alice));
		const written = await alice.space.write(async () => {
			const { content, sealing } = await newEpoch(
				alice.ports,
				alice.self.device.publicKey,
				alice.space,
				EPOCH_REASON.removal,
				[],
			);
			// Devices that nobody knows make it void, and as long as it can be.
			const more = Array.from({ length: MAX_DEVICES - content.recipients.length }, () => ({
				device: alice.ports.random.bytes(32),
				tokenHash: alice.ports.random.bytes(32),
			}));
			const [first] = sealing.recipients;
			const grants = await Promise.all(
				more.map(async () => ({
					publicKey: (await crypto.agreementKey(alice.ports.random.bytes(32))).publicKey,
					secret: first?.secret ?? null,
				})),
			);
			return {
				content: { ...content, recipients: [...content.recipients, ...more] },
				sealing: { ...sealing, recipients: [...sealing.recipients, ...grants] },
			};
		});
		const { packet } = unwrap(written);
		const { length } = encodePacket(packet);
		expect(length).toBeGreaterThan(10 * MAX_PACKET);
		expect(length).toBeLessThan(MAX_LARGE_PACKET);

		const from = alice.self.device.publicKey;
		const blocks = forBlocks(crypto, { type: 'entries', packets: [packet] }).map((message) =>
			encodeEnvelope({ from, to: null, hops: 0, message }),
		);
		expect(blocks.length).toBe(Math.ceil(length / 15_500));
		const assembling = createAssembling(crypto, devices.clock, async (_, whole) => {
			const taken = await bob.space.receive([unwrap(decodePacket(whole))]);
			return taken.ok;
		});
		const outcomes = blocks.toReversed().map((block) => {
			const { message } = unwrap(decodeEnvelope(block));
			if (message.type !== 'part') throw new Error('a part');
			return assembling.take('alice', message.part);
		});
		expect(new Set(await Promise.all(outcomes))).toEqual(new Set([true]));
		const { key } = unwrap(readEntry(crypto, packet));
		expect(bob.space.ledger.control.get(key)?.content.kind).toBe(KIND.epoch);
		expect(bob.space.ledger.authority.verdicts.get(key)).toBe('wrong-recipients');
	});
});
