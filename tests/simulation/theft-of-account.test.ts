// What a stolen device opens of what its person's devices once told each other, when somebody kept all blocks: nothing once
// the prekeys of then are gone, though the container and its secrets are the same for ever. [PK1] [PK5]
import { expect, it } from 'vitest';
import { checkEntry } from '#lib/crdt/check-entry.ts';
import { unwrap } from '#lib/crypto/entry-keys.ts';
import type { IdentitySecrets } from '#lib/crypto/identity.ts';
import { bytes, decode, flag, optional, tuple } from '#lib/protocol/cbor.ts';
import { KIND, packetShape } from '#lib/protocol/entry.ts';
import { toHex } from '#lib/util/bytes.ts';
import { passDays } from './days.ts';
import { linkDevice } from '#lib/simulation/own-devices.ts';
import { contentsThatOpen, messagesIn, prekeysIn, recordBlocks, type Loot } from './thief.ts';
import { createWorld, found, useRelay } from './world.ts';

it(
	'[PK1] [PK5] opens nothing of the first weeks of the account space once the prekeys of then are gone',
	{ timeout: 240_000 },
	async () => {
		const world = createWorld(1211);
		world.network.blockDirect(() => true);
		await world.addRelay('north');
		const alice = await world.addNode('Alice');
		await useRelay(world, alice, 'north');
		await found(world, alice);
		const blocks = recordBlocks(world);
		let secrets: IdentitySecrets | undefined;
		const phone = await linkDevice(world, alice, 'Phone', (made) => (secrets = made));
		const take = (): Loot => {
			if (secrets === undefined) throw new Error('nobody');
			return { rows: world.disk('Phone').rows(), secrets };
		};
		await world.run(10_000);
		await world.finish(alice.messenger.settings.set('appearance', 'first canary'));
		await world.run(10_000);
		expect(phone.messenger.settings.get('appearance')).toBe('first canary');

		/** Of the changes that were told in blocks, those that this opens. */
		const early = take();
		const told = [...(await messagesIn(world.crypto, early, blocks, KIND.update)).values()];
		// What it wrote itself is wrapped for the others.
		const own = toHex(phone.self.device.publicKey);
		const updates = told.filter(({ header }) => toHex(header.device) !== own);
		const opened = async (loot: Loot) =>
			(await contentsThatOpen(world.crypto, loot, updates)).length;
		expect(updates.length).toBeGreaterThan(0);
		expect(await opened(early)).toBe(updates.length);

		await passDays(world, [alice, phone], 9);
		const mid = take();
		/** Boxes of the EPOCH entries held by then that this opens. */
		async function epochs(loot: Loot): Promise<number> {
			const keys = await prekeysIn(world.crypto, loot);
			let count = 0;
			for (const { table, value } of mid.rows) {
				const row = decode(tuple(packetShape, flag, optional(bytes(32))), value, 1e6);
				if (table !== 'control' || !row.ok) continue;
				const entry = await checkEntry(world.crypto, row.value[0]);
				const { wraps } = row.value[0];
				if (!entry.ok || entry.value.header.kind !== KIND.epoch || wraps === null) continue;
				if (await unwrap(world.crypto, wraps, keys)) count += 1;
			}
			return count;
		}
		expect(await epochs(mid)).toBeGreaterThan(0);

		await passDays(world, [alice, phone], 36);
		const late = take();
		expect(await opened(late)).toBe(0);
		expect(await epochs(late)).toBe(0);
	},
);
