// What a shadow-ban hides, from whom, and what its target sees of it.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Entry } from '#lib/crdt/check-entry.ts';
import { unwrap } from '#lib/crypto/entry-keys.ts';
import { toHex } from '#lib/util/bytes.ts';
import {
	carry,
	controlOf,
	invite,
	level,
	reopen,
	say,
	type Device,
	type Devices,
} from '../../support/devices.ts';
import {
	fenceOf,
	keptBy,
	linesOf,
	shadowBan,
	shadowUnban,
	withoutContent,
	writeSealed,
	fourDevices,
	CANARY,
	expectNothingLeft,
	type FourDevices,
} from '../../support/moderating.ts';

describe('in a community of four', () => {
	let world: Devices;
	let after: FourDevices['after'];
	let alice: Device;
	let bob: Device;
	let carol: Device;
	let dave: Device;

	beforeEach(async () => {
		({ world, after, alice, bob, carol, dave } = await fourDevices());
	});

	describe('a shadow-ban', () => {
		it('[SH5] keeps of what comes only what the chain needs, and shows none of it', async () => {
			const before = await say(bob, 'before');
			await level(alice, bob, carol, dave);
			const sealed = await after(() => shadowBan(alice, bob));
			for (const device of [bob, carol]) await carry([sealed.packet], device);
			const hidden = await after(() => say(bob, CANARY));
			await carry([hidden.packet], alice);
			await carry([hidden.packet], carol);
			for (const device of [alice, carol]) {
				expect(await linesOf(device)).toEqual(['before']);
				expect(await keptBy(device, hidden)).toEqual(withoutContent(hidden));
				expect(device.space.ledger.feeds.get(bob.key)?.head).toEqual(hidden.id);
				expect(device.changes.at(-1)?.messages.size).toBe(0);
				await expectNothingLeft(device);
				await reopen(device);
				expect(await linesOf(device)).toEqual(['before']);
			}
			expect(await keptBy(carol, before)).toEqual(before.packet);
		});

		it('[SH5] takes out what was shown beyond its fence, and leaves no place for it', async () => {
			await say(bob, 'before');
			await level(alice, bob, carol, dave);
			const fence = fenceOf(alice, bob);
			const hidden = await after(() => say(bob, CANARY));
			await carry([hidden.packet], carol);
			expect(await linesOf(carol)).toEqual(['before', CANARY]);
			const sealed = await after(() => shadowBan(alice, bob, fence));
			await carry([sealed.packet], carol);
			expect(await linesOf(carol)).toEqual(['before']);
			expect(await keptBy(carol, hidden)).toEqual(withoutContent(hidden));
			await expectNothingLeft(carol);
			// Late copies are of no more use.
			await carry([hidden.packet], carol);
			await expectNothingLeft(carol);
		});

		it('[SH3] [SH5] changes nothing on the target’s own device', async () => {
			const sealed = await shadowBan(alice, bob);
			await carry([sealed.packet], bob);
			expect(bob.space.ledger.control.get(sealed.key)?.content).toMatchObject({ content: null });
			expect(bob.space.ledger.authority.shadowed.size).toBe(0);
			const entry = await after(() => say(bob, CANARY));
			expect(await linesOf(bob)).toEqual([CANARY]);
			expect(await keptBy(bob, entry)).toEqual(entry.packet);
			await reopen(bob);
			expect(await linesOf(bob)).toEqual([CANARY]);
		});

		it('[SH5] that is undone lets through what comes after', async () => {
			const sealed = await shadowBan(alice, bob);
			await level(alice, bob, carol);
			const hidden = await after(() => say(bob, 'unseen'));
			await level(alice, bob, carol);
			const undone = await after(() => shadowUnban(alice, bob, sealed));
			await carry([undone.packet], carol);
			const seen = await after(() => say(bob, 'seen'));
			await carry([hidden.packet, seen.packet], carol);
			expect(await linesOf(carol)).toEqual(['seen']);
			await reopen(carol);
			expect(await linesOf(carol)).toEqual(['seen']);
		});

		it('[SH4] is read by whichever copy has a box for the device, in whatever order they come', async () => {
			const invited = await after(() => invite(alice));
			const sealed = await after(() => shadowBan(alice, bob));
			const { wraps } = sealed.packet;
			if (wraps === null) throw new Error('not wrapped');
			const boxes = wraps.boxes.map(({ prekeyId }) => ({ prekeyId, box: world.random.bytes(48) }));
			const shut = { ...sealed.packet, wraps: { ...wraps, boxes } };
			const isHiding = (device: Device): boolean =>
				device.space.ledger.authority.shadowed.has(toHex(bob.self.rootHash));
			// Both copies wait for the invitation.
			await carry([shut], carol);
			await carry([sealed.packet], carol);
			await carry([shut, invited.entry.packet], carol);
			expect(isHiding(carol)).toBe(true);
			// The one that opens waits, and the other one comes together with what it waited for.
			await carry([sealed.packet], dave);
			await carry([invited.entry.packet, shut], dave);
			expect(isHiding(dave)).toBe(true);
			for (const device of [carol, dave]) {
				await reopen(device);
				expect(isHiding(device)).toBe(true);
			}
		});

		it('[SH3] looks like a report to whom it is about', async () => {
			const entry = await say(bob, 'hello');
			await level(alice, bob, carol);
			const message = { id: entry.id, device: entry.header.device, seq: entry.header.seq };
			const author = bob.self.rootHash;
			const report = await writeSealed(
				alice,
				{ type: 'report', message, author, reason: 'see there' },
				(root) => root === toHex(alice.self.rootHash),
			);
			const sealed = await after(() => shadowBan(alice, bob));
			const shapeOf = ({ packet, header }: Entry): unknown => [
				header.kind,
				header.bodyLength,
				header.key.mode,
				packet.header.length,
				packet.body?.length,
				packet.wraps?.boxes.map(({ prekeyId, box }) => [toHex(prekeyId), box.length]),
			];
			expect(shapeOf(sealed)).toEqual(shapeOf(report));
			// The box that bears Bob's name opens in neither.
			for (const { packet } of [sealed, report]) {
				if (packet.wraps === null) throw new Error('not wrapped');
				expect(await unwrap(bob.ports.crypto, packet.wraps, bob.self.prekeys)).toBeUndefined();
				expect(await unwrap(bob.ports.crypto, packet.wraps, alice.self.prekeys)).toBeDefined();
			}
		});

		it('[FD10] [SH3] waits for its boxes where somebody has taken them off', async () => {
			const sealed = await after(() => shadowBan(alice, bob));
			await carry([{ ...sealed.packet, wraps: null }], carol);
			// Not taken: so it is still asked for.
			expect(carol.space.ledger.control.has(sealed.key)).toBe(false);
			await carry([sealed.packet], carol);
			expect(carol.space.ledger.authority.shadowed).toEqual(new Set([toHex(bob.self.rootHash)]));
		});

		it('[SH3] is learnt from a later wrap, and acts then', async () => {
			const hidden = await say(bob, CANARY);
			await carry([hidden.packet], carol);
			const sealed = await after(() => shadowBan(alice, bob, []));
			const { wraps } = sealed.packet;
			if (wraps === null) throw new Error('not wrapped');
			const shut = { ...wraps, boxes: wraps.boxes.slice(0, 1) };
			await carry([{ ...sealed.packet, wraps: shut }], carol);
			expect(carol.space.ledger.control.get(sealed.key)?.content).toMatchObject({ content: null });
			expect(await linesOf(carol)).toEqual([CANARY]);
			await carry([sealed.packet], carol);
			expect(await linesOf(carol)).toEqual([]);
			await expectNothingLeft(carol);
			expect(carol.changes.at(-1)?.control).toBe(true);
			await reopen(carol);
			expect(carol.space.ledger.authority.shadowed).toEqual(new Set([toHex(bob.self.rootHash)]));
			expect(carol.space.ledger.control.size).toBe(controlOf(alice).length);
		});
	});
});
