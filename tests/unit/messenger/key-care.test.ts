// What a space keeps of keys: no more than it needs, whatever members send, and never nothing in their place.
import { beforeEach, describe, expect, it } from 'vitest';
import { openBlock, sealBlock } from '#lib/crypto/seal.ts';
import { newEpoch } from '#lib/messenger/space/epochs.ts';
import { openContent, openMessage } from '#lib/messenger/space/opening.ts';
import { openSpace } from '#lib/messenger/space/space.ts';
import { EPOCH_REASON } from '#lib/protocol/content.ts';
import { KIND } from '#lib/protocol/entry.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import {
	admit,
	carry,
	createDevices,
	crypto,
	found,
	invite,
	level,
	reopen,
	say,
	startEpoch,
	textsOf,
	write,
	type Device,
	type Devices,
} from '../../support/devices.ts';
import { forge } from '../../support/hostile/forge.ts';
import { ban } from '../../support/moderating.ts';

describe('the keys of a space', () => {
	let world: Devices;
	let alice: Device;
	let bob: Device;
	const kept = (device: Device): number => device.space.ring.all().length;

	beforeEach(async () => {
		world = createDevices(11);
		[alice, bob] = [await world.device('Alice'), await world.device('Bob')];
		await found(alice);
		await admit(alice, await invite(alice), bob);
		world.clock.advance(1000);
		await level(alice, bob);
	});

	/** An EPOCH of Bob's with sixteen keys of nothing, which follows something that nobody has. */
	async function adrift(
		authorityHeads: readonly Bytes[],
	): Promise<Awaited<ReturnType<typeof forge>>> {
		const made = await newEpoch(
			bob.ports,
			bob.self.device.publicKey,
			bob.space,
			EPOCH_REASON.age,
			[],
		);
		const keys = Array.from({ length: 16 }, () => ({
			maker: world.random.bytes(32),
			key: world.random.bytes(32),
		}));
		return forge(bob, {
			content: { ...made.content, earlierControlKeys: keys },
			controlKey: made.sealing.controlKey,
			epoch: made.sealing.epoch,
			grants: made.sealing.recipients,
			...(authorityHeads.length > 0 ? { header: { authorityHeads } } : {}),
		});
	}

	it('[EP8] are not more for all the EPOCHs that wait, and one more for each that is placed', async () => {
		const before = kept(alice);
		for (let n = 0; n < 20; n++) {
			await carry([(await adrift([world.random.bytes(32)])).packet], alice);
		}
		// Something else is kept meanwhile.
		await invite(alice);
		expect(kept(alice)).toBe(before);
		await carry([(await adrift([])).packet], alice);
		expect(kept(alice)).toBe(before + 1);
		await reopen(alice);
		expect(kept(alice)).toBe(before + 1);
	});

	it('[EP8] that came with what waited are there when it is placed, and after a restart', async () => {
		const first = await invite(bob);
		const epoch = await startEpoch(bob);
		const said = await say(bob, 'in the new one');
		await carry([epoch.packet, said.packet], alice);
		expect(alice.space.ledger.control.has(epoch.key)).toBe(false);
		await carry([first.entry.packet, said.packet], alice);
		expect(await textsOf(alice)).toEqual(['in the new one']);
		const keys = alice.space.ring.get(epoch.header.key.epoch);
		expect(keys?.proven).toBe(true);
		await reopen(alice);
		expect(alice.space.ring.get(epoch.header.key.epoch)).toEqual(keys);
	});

	it('[EP10] that can’t be read keep the space shut, and everything in it as it was', async () => {
		await startEpoch(alice);
		const { id } = alice.space;
		const { store } = alice.ports;
		const [row] = await store.range('key', [id]);
		if (row === undefined) throw new Error('no keys');
		const key = [id, row.at];
		await store.commit([{ table: 'key', key, value: row.value.slice(1) }]);
		const rows = alice.disk.rows();
		const opened = await openSpace(alice.ports, alice.self, id);
		expect(opened).toEqual({ ok: false, error: { type: 'unreadable' } });
		expect(alice.disk.rows()).toEqual(rows);
		await store.commit([{ table: 'key', key, value: row.value }]);
		await reopen(alice);
		expect(
			[...alice.space.ledger.control.values()].some(({ content }) => content.kind === KIND.epoch),
		).toBe(true);
	});

	it('[EP9] can’t be spoiled by whoever hands an EPOCH on', async () => {
		const epoch = await startEpoch(bob);
		const other = await adrift([]);
		const spoilt = await alice.space.receive([{ ...epoch.packet, wraps: other.packet.wraps }]);
		expect(spoilt).toMatchObject({ ok: true, value: { refused: ['bad-wraps'] } });
		await carry([epoch.packet], alice);
		expect(alice.space.ring.get(epoch.header.key.epoch)?.proven).toBe(true);
	});

	it('[EP7] are those of the first EPOCH of a name: another one of the same name is void', async () => {
		const epoch = await startEpoch(bob);
		const { content } = bob.space.ledger.control.get(epoch.key) ?? {};
		if (content?.kind !== KIND.epoch) throw new Error('no EPOCH');
		const twin = await forge(bob, {
			content: { ...content, ownerKey: world.random.bytes(32) },
			epoch: epoch.header.key.epoch,
			grants: [{ publicKey: alice.self.member.prekey.publicKey, secret: new Uint8Array(32) }],
		});
		await carry([epoch.packet, twin.packet], alice);
		const { authority } = alice.space.ledger;
		expect(authority.verdicts.get(twin.key)).toBe('name-taken');
		expect(authority.epoch?.entry).toEqual(epoch.id);
	});

	it('[EP3] of whoever was banned or whose device was revoked open nothing that comes after', async () => {
		const carol = await world.device('Carol');
		await admit(alice, await invite(alice), carol);
		await level(alice, bob, carol);
		await ban(alice, bob);
		await write(
			alice,
			await carol.self.root.revoke(alice.space.id, carol.self.device.publicKey, []),
		);
		const epoch = await startEpoch(alice);
		const said = await say(alice, 'they are gone');
		const more = await invite(alice);
		const { envelopeKey } = alice.space.ring.get(epoch.header.key.epoch)?.grant ?? {};
		const block = sealBlock(crypto, world.random, envelopeKey ?? new Uint8Array(0), said.id);
		for (const gone of [bob, carol]) {
			const { ring } = gone.space;
			const { prekeys } = gone.self;
			await carry([epoch.packet, said.packet, more.entry.packet], gone);
			expect((await openMessage(crypto, prekeys, said)).type).toBe('sealed');
			expect((await openContent(crypto, prekeys, ring, epoch)).type).toBe('sealed');
			expect((await openContent(crypto, prekeys, ring, more.entry)).type).toBe('sealed');
			expect(ring.get(epoch.header.key.epoch)).toBeUndefined();
			for (const { grant } of ring.all()) {
				const opened = block && grant && openBlock(crypto, grant.envelopeKey, block);
				expect(opened ?? undefined).toBeUndefined();
			}
		}
		expect(block).toBeDefined();
	});
});
