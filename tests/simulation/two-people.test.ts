// Alice and Bob, on the real core over a simulated network.
import { describe, expect, it } from 'vitest';
import { createMemoryDisk, type MemoryDisk } from '#lib/storage/memory.ts';
import type { MessageView } from '#lib/messenger/api.ts';
import {
	createSimulation,
	type SimulatedNode,
	type Simulation,
} from '#lib/simulation/simulation.ts';

export function simulate(seed: number): Simulation & { disks: Map<string, MemoryDisk> } {
	const disks = new Map<string, MemoryDisk>();
	const simulation = createSimulation({
		seed,
		settle: () => new Promise((resolve) => setImmediate(resolve)),
		openStore: (node) => {
			let disk = disks.get(node);
			if (disk === undefined) disks.set(node, (disk = createMemoryDisk()));
			return disk.open();
		},
	});
	return Object.assign(simulation, { disks });
}

const ADDRESS = 'wss://relay.test/relay';

async function found(simulation: Simulation, node: SimulatedNode): Promise<string> {
	const created = await simulation.finish(node.messenger.createSpace('community', 'Friends'));
	if (!created.ok) throw new Error(created.error.type);
	return created.value;
}

const textsOf = (messages: readonly MessageView[]): string[] => messages.map((each) => each.text);

function talk(node: SimulatedNode, space: string) {
	const [channel] = node.messenger.channels(space).get();
	if (channel === undefined) throw new Error('no channel');
	return node.messenger.conversation(space, channel.id);
}

describe('Alice and Bob', () => {
	it('meet by an invitation through a relay, and talk', async () => {
		const simulation = simulate(1);
		const relay = await simulation.addRelay('relay');
		const alice = await simulation.addNode('Alice');
		const bob = await simulation.addNode('Bob');
		const added = await simulation.finish(alice.messenger.addRelay(ADDRESS));
		expect(added).toEqual({ ok: true, value: undefined });
		const space = await found(simulation, alice);
		await simulation.run(500);
		const invited = await simulation.finish(alice.messenger.invite(space));
		if (!invited.ok) throw new Error(invited.error.type);
		await simulation.run(500);
		expect(invited.value.reachable).toBe(true);

		await simulation.finish(bob.messenger.join(invited.value.link));
		await simulation.until(
			() => bob.messenger.spaces.get()[0]?.state === 'ready',
			5000,
			'Bob joins',
		);
		const his = talk(bob, space);
		const hers = talk(alice, space);
		await simulation.finish(hers.send('Hello Bob'));
		await simulation.until(() => his.messages.get().length === 1, 3000, 'Bob reads');
		await simulation.finish(his.send('Hello Alice'));
		await simulation.until(() => hers.messages.get().length === 2, 3000, 'Alice reads');
		expect(textsOf(his.messages.get())).toEqual(['Hello Bob', 'Hello Alice']);
		await simulation.until(
			() => bob.messenger.network.get().state === 'direct',
			20_000,
			'a direct link stands',
		);
		await simulation.run(5000);
		expect(hers.messages.get()[0]?.delivery).toEqual({ state: 'delivered', delivered: 1, of: 1 });
		expect(relay.store.totals().packets).toBe(0);
	});
});
