// What a scenario leaves behind for the oracle to judge.
import type { SimulatedRelay } from '#lib/simulation/network.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import type { DiskSnapshot } from '#lib/storage/memory.ts';
import type { Attacker } from '#lib/simulation/attacker.ts';
import type { World } from './world.ts';

/** What an attacker wrote, by entry id (hex), and what must not become of it. */
export interface Wrong {
	readonly who: string;
	readonly what: string;
	/** alien: it is nobody's. powerless: it counts if its author was a Powernode when it wrote. */
	readonly kind: 'alien' | 'powerless';
}

/** Everything that the oracle looks at. */
export interface Scene {
	readonly world: World;
	readonly space: string;
	readonly people: ReadonlyMap<string, SimulatedNode>;
	readonly relays: readonly SimulatedRelay[];
	/** Names of those whose join was asked for and kept, each with the link it came by. */
	readonly asked: Map<string, string>;
	/** Names of those whose departure was kept. */
	readonly left: Set<string>;
	/** Names of those who meant to depart, whether or not they lived to hear that it was kept. */
	readonly leaving: Set<string>;
	/** What was sent, as far as its commit resolved: text → author. */
	readonly said: Map<string, string>;
	/** Those who have turned, with what they are now; null: they had not been let in. */
	readonly turned: Map<string, Attacker | null>;
	/** Names of those whose disk went back in time. */
	readonly restored: Set<string>;
	readonly copies: Map<string, DiskSnapshot>;
	readonly wrong: Map<string, Wrong>;
	/** Of each of these sets of entries (ids, hex) at most so many may count. */
	readonly atMost: { readonly count: number; readonly keys: readonly string[] }[];
}
