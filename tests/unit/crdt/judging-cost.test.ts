// What it costs to judge an authority log again, as a number of judgements.
import { expect, it } from 'vitest';
import { createResolver, resolveAuthority } from '#lib/crdt/authority.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { livelyCommunity } from '../../support/authority-log.ts';
import { byKey, epoch, invite, pen, type Pen } from '../../support/authority-world.ts';

const SIZE = 400;

/** A resolver that has taken the whole log, and how often it has judged an entry since. */
function resolved() {
	const { world, there } = livelyCommunity(SIZE);
	const forks = new Map<string, number>();
	let judged = 0;
	// Nobody can judge an entry without asking where its feed is forked.
	const resolver = createResolver(world.space, () => {
		judged += 1;
		return forks;
	});
	for (const control of world.all) resolver.take(control);
	judged = 0;
	const epochs = world.all.filter(({ content }) => content.kind === KIND.epoch).length;
	expect(epochs).toBeGreaterThan(SIZE / 10);
	return {
		world,
		there,
		resolver,
		judged: () => judged,
		fork(device: Bytes, seq: number) {
			forks.set(toHex(device), seq);
			resolver.reset(device, seq);
			const { verdicts } = resolveAuthority(world.space, byKey(world.all), forks);
			judged = 0;
			expect(resolver.authority.verdicts).toEqual(verdicts);
		},
	};
}

it('[AU8] a fork at the end of a feed has each entry judged again once or twice, whatever epochs there are', () => {
	const { there, fork, judged } = resolved();
	const last = there.at(-1) as Pen;
	fork(last.who.device, last.seq);
	expect(judged()).toBeLessThan(3 * SIZE);
});

it('[AU8] a fork on which most epochs build has each entry judged again a few times', () => {
	const { world, fork, judged } = resolved();
	fork(world.genesis.entry.header.device, 3);
	expect(judged()).toBeLessThan(6 * SIZE);
});

it('[AU8] an entry that turns up late, in the place of another, has each entry judged again a few times', () => {
	const { world, there, resolver, judged } = resolved();
	const [founder, other] = there as [Pen, Pen];
	const twin: Pen = { ...pen(other.who), seq: other.seq - 1, prev: other.prev };
	const [genesis] = world.all;
	const doubled = world.write(twin, invite(), { on: genesis === undefined ? [] : [genesis] });
	const next = world.write(founder, epoch(...there.map(({ who }) => who)));
	resolver.take(doubled);
	resolver.take(next);
	const { verdicts } = resolver.authority;
	expect(judged()).toBeLessThan(8 * SIZE);
	expect(verdicts).toEqual(resolveAuthority(world.space, byKey(world.all), new Map()).verdicts);
});
