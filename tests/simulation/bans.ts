// Four people of whom one is banned, as the tests of bans have them.
import { expect } from 'vitest';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { toHex } from '#lib/util/bytes.ts';
import { bringIn, createWorld, found, useRelay, type World, type talk } from './world.ts';

export async function fourPeople(seed: number, options: { readonly direct?: boolean } = {}) {
	const world = createWorld(seed);
	const relay = await world.addRelay('north');
	const alice = await world.addNode('Alice', options);
	const bob = await world.addNode('Bob', options);
	const carol = await world.addNode('Carol', options);
	await useRelay(world, alice, 'north');
	const space = await found(world, alice);
	await bringIn(world, alice, bob, space);
	await bringIn(world, alice, carol, space);
	await world.run(8000);
	return { world, relay, alice, bob, carol, space };
}

export const rootOf = (node: SimulatedNode): string => toHex(node.self.rootHash);
export const deviceOf = (node: SimulatedNode): string => toHex(node.self.device.publicKey);

export async function ban(world: World, by: SimulatedNode, whom: SimulatedNode, space: string) {
	const done = await world.finish(
		by.messenger.moderation(space).ban(rootOf(whom), { reason: 'Spam', voidInvites: false }),
	);
	expect(done).toEqual({ ok: true });
}

export const membersOf = (node: SimulatedNode, space: string): string[] =>
	node.messenger
		.members(space)
		.get()
		.map(({ name }) => name)
		.sort();

export const textsIn = (conversation: ReturnType<typeof talk>): string[] =>
	conversation.messages.get().map(({ text }) => text);
