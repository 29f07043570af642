// Days on which devices are looked at for a moment only, as most are: a month of that is simulated in seconds.
import { DAY } from '#lib/protocol/limits.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import type { World } from './world.ts';

/** On each day these run together for a while, and then nobody does. */
export async function passDays(
	world: World,
	nodes: readonly SimulatedNode[],
	days: number,
	together = 20_000,
): Promise<void> {
	for (const node of nodes) if (node.running) await node.stop();
	for (let day = 0; day < days; day++) {
		await world.run(DAY);
		for (const node of nodes) await node.start();
		await world.run(together);
		for (const node of nodes) await node.stop();
	}
}
