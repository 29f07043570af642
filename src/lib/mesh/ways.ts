// By which neighbour somebody is reached whom nothing reaches directly: the shortest ways through what members say of whom
// they reach, direct links before relays. Whom its own word contradicts is believed last, and each neighbour is passed over
// in turn, so that nobody who lies or drops what it is given stands in the way for long. [CA1] [CA5]
import { MAX_HOPS } from '#lib/protocol/space-message.ts';

export interface Reach {
	/** Devices (hex) that a device says it has direct links with, and that relays show it. */
	readonly linked: readonly string[];
	readonly seen: readonly string[];
}

export interface WaysOptions {
	/** How often ways were looked for before: whose turn it is. */
	readonly turn?: number;
	/** Members on the way, at most. */
	readonly longest?: number;
}

const inTurn = <T>(all: readonly T[], turn: number): readonly T[] => {
	const at = all.length === 0 ? 0 : turn % all.length;
	return [...all.slice(at), ...all.slice(0, at)];
};

/**
 * For each device (hex) that is not a neighbour, and not more than so many members away, the neighbour to hand what is for
 * it to. `neighbours`: those reached directly, the best first. `reachOf`: what a device says of itself, if anything.
 */
export function waysFrom(
	own: string,
	neighbours: readonly string[],
	reachOf: (device: string) => Reach | undefined,
	{ turn = 0, longest = MAX_HOPS }: WaysOptions = {},
): ReadonlyMap<string, string> {
	const ways = new Map<string, string>();
	const known = new Map<string, Reach | undefined>();
	const reach = (device: string): Reach | undefined => {
		if (!known.has(device)) known.set(device, reachOf(device));
		return known.get(device);
	};
	const isDenied = (by: string, of: string): boolean => reach(of)?.linked.includes(by) === false;

	/** Ways to those to whom there is none yet. */
	function look(through: readonly string[], believesAll: boolean): void {
		const visited = new Set([own, ...neighbours]);
		let edge = through.map((device) => ({ device, first: device }));
		for (let hop = 0; hop < longest && edge.length > 0; hop++) {
			const next: typeof edge = [];
			const go = (device: string, first: string): void => {
				if (visited.has(device)) return;
				visited.add(device);
				if (!ways.has(device)) ways.set(device, first);
				next.push({ device, first });
			};
			for (const { device, first } of edge) {
				for (const each of reach(device)?.linked ?? []) {
					if (believesAll || !isDenied(device, each)) go(each, first);
				}
			}
			for (const { device, first } of edge) {
				for (const each of reach(device)?.seen ?? []) go(each, first);
			}
			edge = next;
		}
	}

	const ordered = inTurn(neighbours, turn);
	if (turn > 0) look(ordered.slice(0, -1), false);
	look(turn > 0 ? ordered : neighbours, false);
	look(ordered, true);
	return ways;
}
