// The mesh of a space that is larger than everybody can be linked with everybody: few links each, and the whole of it.
import { expect, it } from 'vitest';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { toHex } from '#lib/util/bytes.ts';
import { bringIn, createWorld, found, reader, say, useRelay } from './world.ts';

async function crowd(seed: number, size: number) {
	const world = createWorld(seed);
	const relay = await world.addRelay('north');
	const alice = await world.addNode('Alice');
	await useRelay(world, alice, 'north');
	const space = await found(world, alice);
	const nodes = [alice];
	while (nodes.length < size) {
		const node = await world.addNode(`Member ${nodes.length}`);
		await bringIn(world, alice, node, space);
		nodes.push(node);
	}
	return { world, relay, alice, space, nodes };
}

const linksOf = (node: SimulatedNode, space: string): number => {
	const own = toHex(node.self.device.publicKey);
	const { links } = node.messenger.mesh(space);
	return links.filter(({ a, b }) => a === own || b === own).length;
};

it('[LC1] [LC2] [LC3] sixteen devices have four to twelve links each, and hear everybody when the relay is gone', async () => {
	const { world, relay, space, nodes } = await crowd(941, 16);
	const all = (): readonly number[] => nodes.map((node) => linksOf(node, space));
	await world.until(() => all().every((links) => links >= 4), 120_000, 'everybody is linked');
	await world.run(30_000);
	expect(Math.max(...all())).toBeLessThanOrEqual(12);
	const before = nodes.map((node) => node.messenger.mesh(space).links.length);
	// Nothing moves where nothing happens.
	await world.run(120_000);
	expect(nodes.map((node) => node.messenger.mesh(space).links.length)).toEqual(before);
	// Everybody knows the whole of it.
	expect(new Set(before).size).toBe(1);
	relay.stop();
	await world.run(5000);
	for (const speaker of [nodes[3], nodes[15]] as SimulatedNode[]) {
		const text = `${speaker.name} without a relay`;
		const readers = nodes.map((node) => reader(node, space));
		await say(world, speaker, space, text);
		const isHeard = () => readers.every((read) => read().includes(text));
		await world.until(isHeard, 5000, 'all read it');
	}
});

it('[LC2] links that end are made good by others, without a relay', async () => {
	const { world, relay, space, nodes } = await crowd(942, 14);
	const all = (): readonly number[] =>
		nodes.filter(({ running }) => running).map((node) => linksOf(node, space));
	await world.until(() => all().every((links) => links >= 4), 120_000, 'everybody is linked');
	relay.stop();
	await world.run(5000);
	for (const node of nodes.slice(0, 4)) await node.stop();
	await world.run(40_000);
	await world.until(() => all().every((links) => links >= 4), 120_000, 'linked anew');
	const [, , , , speaker] = nodes as [
		SimulatedNode,
		SimulatedNode,
		SimulatedNode,
		SimulatedNode,
		SimulatedNode,
	];
	const readers = nodes.slice(4).map((node) => reader(node, space));
	await say(world, speaker, space, 'still here');
	const isHeard = () => readers.every((read) => read().includes('still here'));
	await world.until(isHeard, 5000, 'all read it');
});
