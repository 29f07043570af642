// Whose word about account spaces counts: nobody's but that of this person's own devices, signed.
import { describe, expect, it } from 'vitest';
import type { AccountSpace } from '#lib/messenger/devices/account-space.ts';
import { createKinship } from '#lib/messenger/devices/kinship.ts';
import type { SpaceNode } from '#lib/messenger/space-node-face.ts';
import { kinContent, type Kin } from '#lib/protocol/kin.ts';
import type { SpaceMessage } from '#lib/protocol/space-message.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { admit, createDevices, found, invite, type Device } from '../../support/devices.ts';
import { until } from '../../support/until.ts';

const LOW = new Uint8Array(32).fill(1);
const HIGH = new Uint8Array(32).fill(9);

/** Alice's kinship in a space with Bob, and with another device of hers. */
async function story(account: Bytes | null | undefined) {
	const world = createDevices(95);
	const alice = await world.device('Alice');
	const phone = await world.anotherOf(alice);
	const bob = await world.device('Bob');
	await found(alice);
	const invited = await invite(alice);
	for (const other of [phone, bob]) await admit(alice, invited, other);
	const said: (readonly [to: string, message: SpaceMessage])[] = [];
	const copies: SpaceMessage[] = [];
	const way: { there: boolean } = { there: true };
	const node = {
		space: alice.space,
		self: alice.self,
		post: {
			route: () => (way.there ? 'relay' : null),
			hasRelay: () => true,
			send: (to: string, message: SpaceMessage) => way.there && said.push([to, message]) > 0,
			store: (_to: unknown, _copy: unknown, message: SpaceMessage) =>
				Promise.resolve({ copies: [copies.push(message)], devices: [] }),
		},
	} as unknown as SpaceNode;
	const made: string[] = [];
	const wantedBefore: (string | undefined)[] = [];
	const fake = {
		id: () => account,
		node: () => undefined,
		nodes: () => [],
		tidy: () => Promise.resolve(),
		ready: () => Promise.resolve(void made.push('made')),
	} as unknown as AccountSpace;
	const begin = () =>
		createKinship(alice.ports, fake, {
			spaces: () => [node],
			relays: () => [],
			onChange: () => wantedBefore.push(kinship.wanted()),
		});
	const kinship = begin();
	const word = async (by: Device, device: Device, parts: Partial<Kin> = {}) => {
		const content = {
			...{ space: alice.space.id, device: device.self.device.publicKey },
			...{ account: LOW, wantsReply: false, ...parts },
		};
		const signature = await by.self.device.sign(kinContent(content));
		return { type: 'kin' as const, ...content, signature };
	};
	const hear = (from: Device, message: Awaited<ReturnType<typeof word>>) => {
		kinship.onMessage(alice.space.key, from.key, message);
	};
	return {
		world,
		alice,
		phone,
		bob,
		begin,
		copies,
		way,
		said,
		made,
		wantedBefore,
		kinship,
		word,
		hear,
	};
}

describe('the word of an own device', () => {
	it('[MD7] leads to the lowest account space, and counts from nobody else', async () => {
		const { phone, bob, wantedBefore, kinship, word, hear } = await story(HIGH);
		hear(bob, await word(bob, bob));
		hear(phone, await word(bob, phone));
		hear(bob, await word(phone, phone));
		hear(phone, await word(phone, phone, { space: HIGH }));
		hear(phone, await word(phone, phone, { account: new Uint8Array(32).fill(10) }));
		await until(() => expect(kinship.askable(toHex(new Uint8Array(32).fill(10)))).toHaveLength(1));
		expect(wantedBefore).toEqual([undefined]);
		hear(phone, await word(phone, phone));
		await until(() => expect(kinship.wanted()).toBe(toHex(LOW)));
		expect(kinship.askable(toHex(LOW)).map(({ devices }) => devices)).toEqual([[phone.key]]);
		kinship.stop();
	});

	it('[MD7] is said to own devices alone, until they say the same', async () => {
		const { world, phone, said, kinship, word, hear } = await story(LOW);
		kinship.look();
		await until(() => expect(said).toHaveLength(1));
		world.clock.advance(10_000);
		await until(() => expect(said).toHaveLength(2));
		expect(new Set(said.map(([to]) => to))).toEqual(new Set([phone.key]));
		hear(phone, await word(phone, phone));
		await until(() => expect(kinship.askable(toHex(LOW))).toHaveLength(1));
		world.clock.advance(3_600_000);
		expect(said).toHaveLength(2);
		kinship.stop();
	});

	it('[MD7] is left for one that is away once a day, over starts', async () => {
		const { world, begin, copies, way } = await story(LOW);
		way.there = false;
		for (let n = 1; n < 4; n++) {
			for (let start = 0; start < 3; start++) {
				const kinship = begin();
				await kinship.load();
				kinship.look();
				await until(() => expect(copies).toHaveLength(n));
				world.clock.advance(3_600_000);
				await until(() => expect(copies).toHaveLength(n));
				kinship.stop();
			}
			world.clock.advance(22 * 3_600_000);
		}
	});

	it('[MD7] is said less often to one that never answers', async () => {
		const { world, said, kinship } = await story(LOW);
		kinship.look();
		for (let n = 0; n < 360; n++) {
			world.clock.advance(10_000);
			await Promise.resolve();
		}
		await until(() => expect(said.length).toBeGreaterThan(8));
		expect(said.length).toBeLessThan(14);
		kinship.stop();
	});

	it('[MD7] [EP10] brings nothing about where the account space is here and can’t be read', async () => {
		const { phone, said, made, kinship, word, hear } = await story(undefined);
		kinship.look();
		hear(phone, await word(phone, phone, { account: null, wantsReply: true }));
		hear(phone, await word(phone, phone, { wantsReply: true }));
		await new Promise((resolve) => setImmediate(resolve));
		expect([said, made, kinship.wanted()]).toEqual([[], [], undefined]);
		kinship.stop();
	});
});
