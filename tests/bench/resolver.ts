// What it costs to judge an authority log, whole, by one entry more, and anew after a fork: `npm run bench -- resolver`.
import type { ControlEntry } from '#lib/crdt/authority-state.ts';
import { createResolver, resolveAuthority } from '#lib/crdt/authority.ts';
import { equal, toHex } from '#lib/util/bytes.ts';
import { livelyCommunity } from '../support/authority-log.ts';
import { byKey, type AuthorityWorld } from '../support/authority-world.ts';

const SIZES = [1000, 10_000] as const;
const RUNS = 15;

const median = (values: readonly number[]): number =>
	[...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const worlds = SIZES.map((size) => livelyCommunity(size).world);
const whole = new Map<number, number[]>(SIZES.map((size) => [size, []]));
const forked = new Map<number, number[]>(SIZES.map((size) => [size, []]));
const added = new Map<number, number[]>(SIZES.map((size) => [size, []]));

/** Judges all but the last hundred, then those one by one, each of them read. Milliseconds for one of these. */
function addOneByOne({ space, all }: AuthorityWorld): number {
	const resolver = createResolver(space, () => new Map());
	const last = all.slice(-100);
	const take = (control: ControlEntry): void => {
		resolver.take(control);
		if (!resolver.authority.verdicts.has(control.entry.key)) throw new Error('not judged');
	};
	for (const control of all.slice(0, -100)) resolver.take(control);
	const since = performance.now();
	for (const control of last) take(control);
	return (performance.now() - since) / last.length;
}

/** The founder's feed turns out to be forked in the middle: half of all epochs build on that. Milliseconds. */
function findFork({ space, all, genesis }: AuthorityWorld): number {
	const forks = new Map<string, number>();
	const resolver = createResolver(space, () => forks);
	for (const control of all) resolver.take(control);
	const { device } = genesis.entry.header;
	const hers = all.filter(({ entry }) => equal(entry.header.device, device));
	const seq = hers[Math.floor(hers.length / 2)]?.entry.header.seq ?? 0;
	const since = performance.now();
	forks.set(toHex(device), seq);
	resolver.reset(device, seq);
	if (resolver.authority.verdicts.size !== all.length) throw new Error('not judged');
	return performance.now() - since;
}

for (let run = 0; run < RUNS; run++) {
	for (const [n, size] of SIZES.entries()) {
		const world = worlds[n] as AuthorityWorld;
		const entries = byKey(world.all);
		const since = performance.now();
		const { verdicts } = resolveAuthority(world.space, entries, new Map());
		whole.get(size)?.push(performance.now() - since);
		const void_ = [...verdicts.values()].filter((verdict) => verdict !== 'valid').length;
		if (void_ > 0) throw new Error(`${String(void_)} entries of an honest log are void`);
		added.get(size)?.push(addOneByOne(world));
		forked.get(size)?.push(findFork(world));
	}
}

const [small, large] = SIZES.map((size) => median(whole.get(size) ?? [])) as [number, number];
const [one, ten] = SIZES.map((size) => median(added.get(size) ?? [])) as [number, number];
console.log(
	JSON.stringify({
		bench: 'resolver',
		entries: SIZES,
		whole_ms: [small, large].map((ms) => Math.round(ms * 10) / 10),
		ratio: Math.round((large / small) * 10) / 10,
		added_us: [one, ten].map((ms) => Math.round(ms * 1000)),
		added_ratio: Math.round((ten / one) * 10) / 10,
		forked_ms: SIZES.map((size) => Math.round(median(forked.get(size) ?? []))),
		runs: RUNS,
	}),
);
