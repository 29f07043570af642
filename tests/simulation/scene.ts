// What a scenario leaves behind for the oracle to judge.
import type { SimulatedRelay } from '#lib/simulation/network.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import type { World } from './world.ts';

/** Everything that the oracle looks at. */
export interface Scene {
	readonly world: World;
	readonly space: string;
	readonly people: ReadonlyMap<string, SimulatedNode>;
	readonly relays: readonly SimulatedRelay[];
	/** Names of those whose join was asked for and kept. */
	readonly asked: Set<string>;
	/** Names of those whose departure was kept. */
	readonly left: Set<string>;
	/** What was sent, as far as its commit resolved: text → author. */
	readonly said: Map<string, string>;
}
