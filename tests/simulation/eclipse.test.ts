// Members who turn, more of them than others: they take all the links that anybody has room for, lie about whom they reach,
// tell of what isn't there, and hand on nothing. Links between the others come back, and what these say arrives.
import { expect, it } from 'vitest';
import { createAttacker, type Attacker } from '#lib/simulation/attacker.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { fromHex, toHex } from '#lib/util/bytes.ts';
import { attack } from './attacks.ts';
import type { Scene } from './scene.ts';
import { bringIn, createWorld, found, reader, say, useRelay } from './world.ts';

const HONEST = 8;
const HOSTILE = 12;
const keyOf = ({ self }: SimulatedNode): string => toHex(self.device.publicKey);

async function besieged(seed: number) {
	const world = createWorld(seed);
	const relay = await world.addRelay('north');
	const alice = await world.addNode('Alice');
	await useRelay(world, alice, 'north');
	const space = await found(world, alice);
	const nodes = [alice];
	while (nodes.length < HONEST + HOSTILE) {
		const node = await world.addNode(`Member ${nodes.length}`);
		await bringIn(world, alice, node, space);
		nodes.push(node);
	}
	const [honest, hostile] = [nodes.slice(0, HONEST), nodes.slice(HONEST)];
	const names = new Set(honest.map(({ name }) => name));
	// While the others can't reach each other, those who have turned take the place of everybody.
	world.network.blockDirect((a, b) => names.has(a) && names.has(b));
	for (const name of names) world.network.drop(name);
	const attackers: Attacker[] = [];
	for (const node of hostile) {
		node.crash();
		const turned = await createAttacker(node, fromHex(space) ?? new Uint8Array(32), seed);
		if (turned !== null) attackers.push(turned);
	}
	const linksOf = (node: SimulatedNode, among: readonly SimulatedNode[]): number => {
		const keys = new Set(among.map(keyOf));
		const { peers } = node.messenger.network.get();
		return peers.filter(({ device, route }) => route === 'direct' && keys.has(device)).length;
	};
	const harass = async (): Promise<void> => {
		const scene = { wrong: new Map(), atMost: [] } as unknown as Scene;
		for (const attacker of attackers) {
			await attack(scene, attacker, 'false-records');
			await attack(scene, attacker, 'false-news');
		}
	};
	return { world, relay, space, honest, hostile, attackers, linksOf, harass };
}

it('[LC2] [LC3] who takes all the links there are keeps nobody apart: they come back, and what is said arrives', async () => {
	const { world, relay, space, honest, hostile, attackers, linksOf, harass } = await besieged(951);
	expect(attackers).toHaveLength(HOSTILE);
	await world.run(600_000);
	for (const node of honest) {
		expect(linksOf(node, honest)).toBe(0);
		expect(linksOf(node, hostile)).toBeGreaterThanOrEqual(8);
	}
	world.network.blockDirect(() => false);
	await harass();
	const isBack = (): boolean => honest.every((node) => linksOf(node, honest) >= 1);
	await world.until(isBack, 900_000, 'links among the honest');
	relay.stop();
	await world.run(5000);
	await harass();
	const [speaker] = honest as [SimulatedNode];
	const readers = honest.map((node) => reader(node, space));
	await say(world, speaker, space, 'still here');
	const isHeard = (): boolean => readers.every((read) => read().includes('still here'));
	await world.until(isHeard, 60_000, 'all read it');
	for (const attacker of attackers) attacker.stop();
}, 120_000);
