// What a stolen device opens of what somebody kept of a relay's blocks: nothing that was deleted once its prekeys have gone,
// and nothing that was written after both sides have renewed theirs. [PK4] [PK5]
import { describe, expect, it } from 'vitest';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { addPerson, messagesIn, recordBlocks, textsThatOpen, type Loot } from './thief.ts';
import { bringIn, createWorld, found, reader, say, talk, useRelay, type World } from './world.ts';
import { passDays } from './days.ts';

interface Story {
	readonly world: World;
	readonly alice: SimulatedNode;
	readonly bob: SimulatedNode;
	readonly space: string;
	readonly blocks: readonly Bytes[];
	/** Takes the device as it is now. */
	take(node: SimulatedNode): Loot;
	/** The texts of what was sent with these devices, as far as the loot opens them. */
	opened(loot: Loot): Promise<string[]>;
	/** Alice, or Bob, writes while the other is there, but not reached directly. */
	write(node: SimulatedNode, text: string): Promise<void>;
}

async function twoPeople(seed: number): Promise<Story> {
	const world = createWorld(seed);
	await world.addRelay('north');
	const { node: alice, take: takeHers } = await addPerson(world, 'Alice', false);
	const { node: bob, take: takeHis } = await addPerson(world, 'Bob', false);
	await useRelay(world, alice, 'north');
	const space = await found(world, alice);
	const blocks = recordBlocks(world);
	await bringIn(world, alice, bob, space);
	await world.run(5000);

	return {
		...{ world, alice, bob, space, blocks },
		take: (node) => (node === alice ? takeHers() : takeHis()),
		async opened(loot) {
			const messages = await messagesIn(world.crypto, loot, blocks);
			return textsThatOpen(world.crypto, loot, [...messages.values()]);
		},
		async write(node, text) {
			const other = node === alice ? bob : alice;
			const theirs = reader(other, space);
			await say(world, node, space, text);
			await world.until(() => theirs().includes(text), 20_000, `${other.name} reads ${text}`);
		},
	};
}

/** Deletes what is said so everywhere, and waits until both show nothing of it. */
async function unsay({ world, alice, bob, space }: Story, by: SimulatedNode, text: string) {
	const { messages } = talk(by, space);
	const find = () => messages.get().find((each) => each.text === text);
	await world.until(() => find() !== undefined, 5000, 'its author sees it');
	const id = find()?.id ?? '';
	const purged = await world.finish(by.messenger.moderation(space).purge([id], ''));
	expect(purged.ok).toBe(true);
	for (const node of [alice, bob]) {
		const texts = reader(node, space);
		await world.until(() => !texts().includes(text), 20_000, `gone from ${node.name}`);
	}
}

describe('a device taken after a while', () => {
	it(
		'[PK5] [EP15] opens nothing of what was deleted, whatever a relay kept, once the prekeys of then are gone',
		{ timeout: 240_000 },
		async () => {
			const story = await twoPeople(1201);
			const { alice, bob, world } = story;
			await story.write(alice, 'canary to Bob');
			await story.write(bob, 'canary to Alice');
			await unsay(story, alice, 'canary to Bob');
			await unsay(story, bob, 'canary to Alice');
			await passDays(world, [alice, bob], 29);
			// Who receives still opens it: the prekeys are there, and were kept for what may come late.
			expect(await story.opened(story.take(bob))).toEqual(['canary to Bob']);
			expect(await story.opened(story.take(alice))).toEqual(['canary to Alice']);

			await passDays(world, [alice, bob], 3);
			for (const node of [alice, bob]) {
				const loot = story.take(node);
				const kept = await messagesIn(world.crypto, loot, story.blocks);
				expect(kept.size).toBe(2);
				expect(await story.opened(loot)).toEqual([]);
			}

			// A week after they were written another epoch began; a month after that nothing says that they were.
			await passDays(world, [alice, bob], 8);
			for (const node of [alice, bob]) {
				const kept = await messagesIn(world.crypto, story.take(node), story.blocks);
				expect(kept.size).toBe(0);
			}
		},
	);
});

describe('a device copied once', () => {
	it(
		'[PK2] [PK4] reads no message that is written after the prekeys were renewed',
		{ timeout: 240_000 },
		async () => {
			const story = await twoPeople(1202);
			const { alice, bob, world } = story;
			await story.write(alice, 'before');
			const loot = story.take(bob);
			await story.write(alice, 'soon after');
			expect(await story.opened(loot)).toEqual(['before', 'soon after']);

			await passDays(world, [alice, bob], 2);
			for (const node of [alice, bob]) await node.start();
			await world.run(10_000);
			await story.write(alice, 'renewed');
			await story.write(bob, 'renewed too');
			expect(await story.opened(loot)).toEqual(['before', 'soon after']);
			expect(await story.opened(story.take(bob))).toContain('renewed');
		},
	);
});
