// Which prekey of a device counts, and what others wrap for it.
import { beforeEach, describe, expect, it } from 'vitest';
import { makePrekey } from '#lib/crypto/identity.ts';
import { draftOf } from '#lib/messenger/space/drafting.ts';
import { newEpoch } from '#lib/messenger/space/epochs.ts';
import { EPOCH_REASON, type Content } from '#lib/protocol/content.ts';
import { KIND } from '#lib/protocol/entry.ts';
import type { Prekey } from '#lib/protocol/identity.ts';
import { DAY } from '#lib/protocol/limits.ts';
import { compare, toHex, type Bytes } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';
import {
	admit,
	channelOf,
	createDevices,
	crypto,
	found,
	invite,
	level,
	reopen,
	write,
	type Device,
	type Devices,
} from '../../support/devices.ts';

const MINUTE = 60_000;

describe('prekeys of the other devices', () => {
	let world: Devices;
	let alice: Device;
	let bob: Device;

	beforeEach(async () => {
		world = createDevices(61);
		alice = await world.device('Alice');
		bob = await world.device('Bob');
		await found(alice);
		await admit(alice, await invite(alice), bob);
		await level(alice, bob);
		world.clock.advance(DAY);
	});

	/** A record of Bob's, as he would sign it; `signer` and `rootKey` for what he would not. */
	async function record(time: number, signer = bob, root = bob): Promise<Prekey> {
		const { rootKey } = root.self.member.certificate;
		const made = await makePrekey(crypto, world.random, signer.self.device, rootKey, time);
		return { ...made.record, deviceKey: bob.self.device.publicKey };
	}

	/** What Alice wraps for. */
	function known(): string {
		const device = alice.space.ledger.authority.devices.get(bob.key);
		if (device === undefined) throw new Error('Bob is not there');
		return toHex(alice.space.prekeys.of(device).publicKey);
	}

	async function take(...records: Prekey[]): Promise<number> {
		world.clock.advance(MINUTE);
		return unwrap(await alice.space.takePrekeys(records)).length;
	}

	it('[PK1] the highest time counts, then the higher key, and it is kept', async () => {
		const now = world.clock.now();
		const [low, high] = [await record(now), await record(now)].sort((a, b) =>
			compare(a.publicKey, b.publicKey),
		) as [Prekey, Prekey];
		expect(await take(low)).toBe(1);
		expect(await take(await record(now - 1))).toBe(0);
		expect(known()).toBe(toHex(low.publicKey));
		expect(await take(high)).toBe(1);
		expect(await take(low)).toBe(0);
		expect(known()).toBe(toHex(high.publicKey));
		const later = await record(now + 1);
		expect(await take(later)).toBe(1);
		await reopen(alice);
		expect(known()).toBe(toHex(later.publicKey));
		const rows = alice.disk.rows().filter(({ table }) => table === 'prekey');
		expect(rows).toHaveLength(1);
	});

	it('[PK2] a record that is not the device’s own word, or not for its person, is not taken', async () => {
		const now = world.clock.now();
		const before = known();
		expect(await take(await record(now, alice))).toBe(0);
		expect(await take(await record(now, bob, alice))).toBe(0);
		const carol = await world.device('Carol');
		const hers = { ...(await record(now, carol, carol)), deviceKey: carol.self.device.publicKey };
		expect(await take(hers)).toBe(0);
		const good = await record(now);
		expect(await take({ ...good, time: now + 1 })).toBe(0);
		expect(known()).toBe(before);
		expect(await take(good)).toBe(1);
	});

	it('[PK2] one record of a device is taken in a minute', async () => {
		const now = world.clock.now();
		expect(await take(await record(now))).toBe(1);
		world.clock.advance(MINUTE - 1);
		const hasty = await record(now + 1);
		expect(unwrap(await alice.space.takePrekeys([hasty]))).toHaveLength(0);
		world.clock.advance(1);
		expect(unwrap(await alice.space.takePrekeys([hasty]))).toHaveLength(1);
	});

	it('[PK2] messages, EPOCH and SEALED entries are wrapped for the newest', async () => {
		const before = known();
		const newest = await record(world.clock.now());
		await take(newest);
		const { ports, self, space } = alice;
		const contents: Content[] = [
			{ kind: KIND.message, channel: channelOf(alice), text: 'hello', replyTo: null },
			{ kind: KIND.sealed, content: null },
		];
		const drafts = contents.map((content) =>
			draftOf(ports, self, space, content, { isFor: () => true }),
		);
		drafts.push(await newEpoch(ports, self.device.publicKey, space, EPOCH_REASON.removal, []));
		expect(drafts).toHaveLength(3);
		for (const draft of drafts) {
			const keys = draft?.sealing.recipients.map(({ publicKey }: { publicKey: Bytes }) =>
				toHex(publicKey),
			);
			expect(keys).toContain(toHex(newest.publicKey));
			expect(keys).not.toContain(before);
		}
	});

	it('[PK1] those of a device that is gone are dropped', async () => {
		await take(await record(world.clock.now()));
		expect(alice.space.prekeys.times()).toHaveLength(2);
		await write(bob, { kind: KIND.leave });
		await level(alice, bob);
		expect(alice.space.prekeys.times()).toHaveLength(1);
		const rows = alice.disk.rows().filter(({ table }) => table === 'prekey');
		expect(rows).toEqual([]);
	});
});
