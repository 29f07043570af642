// Which links a device wants, and what becomes of that in a whole space.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
	chooseLinks,
	FEW,
	isWelcome,
	MOST,
	surplus,
	WANTED,
	type Candidate,
} from '#lib/mesh/link-choice.ts';
import { createMeshWorld } from '../../support/mesh-world.ts';

const candidate = (n: number, rest: Partial<Candidate> = {}): Candidate => ({
	device: `device ${n}`,
	person: `person ${n}`,
	rank: String(n).padStart(4, '0'),
	linked: false,
	failures: 0,
	...rest,
});
const many = (count: number, rest?: (n: number) => Partial<Candidate>): Candidate[] =>
	Array.from({ length: count }, (_, n) => candidate(n, rest?.(n)));

describe('the choice', () => {
	it('[LC1] is everybody while they are few', () => {
		const { wanted, isPartial } = chooseLinks('me', many(FEW));
		expect([wanted.size, isPartial]).toEqual([FEW, false]);
	});

	it('[LC2] is those of the lowest rank beyond that, whatever order they come in', () => {
		fc.assert(
			fc.property(fc.shuffledSubarray(many(40), { minLength: FEW + 1 }), (some) => {
				const { wanted, isPartial } = chooseLinks('me', some);
				const lowest = some
					.map(({ rank, device }) => ({ rank, device }))
					.sort((a, b) => (a.rank < b.rank ? -1 : 1))
					.slice(0, WANTED);
				expect(isPartial).toBe(true);
				expect([...wanted].sort()).toEqual(lowest.map(({ device }) => device).sort());
			}),
		);
	});

	it('[LC2] has own devices first', () => {
		const all = many(30, (n) => (n === 25 || n === 29 ? { person: 'me' } : {}));
		const { wanted } = chooseLinks('me', all);
		expect(wanted.has('device 25') && wanted.has('device 29')).toBe(true);
		expect(wanted.size).toBe(WANTED);
	});

	it('[LC2] passes over who could not be linked, and goes on with the next', () => {
		const all = many(30, (n) => (n < 3 ? { failures: 9 } : {}));
		const { wanted } = chooseLinks('me', all);
		expect([...wanted].sort()).toEqual(['3', '4', '5', '6', '7', '8'].map((n) => `device ${n}`));
		const linked = many(30, () => ({ failures: 9, linked: true }));
		expect(chooseLinks('me', linked).wanted.size).toBe(WANTED);
	});

	it('[LC4] has at most two devices of one other person, so that nobody is stood round by one', () => {
		const all = many(60, (n) => (n < 50 ? { person: 'many' } : {}));
		const { wanted } = chooseLinks('me', all);
		const theirs = all.filter(({ device, person }) => wanted.has(device) && person === 'many');
		expect(theirs).toHaveLength(2);
		expect(wanted.size).toBe(WANTED);
	});

	it('[LC3] leaves room for those that others want, and never has more than twelve', () => {
		const choice = chooseLinks('me', many(40));
		expect(isWelcome(choice, 'device 39', MOST - 3)).toBe(true);
		expect(isWelcome(choice, 'device 39', MOST - 2)).toBe(false);
		expect(isWelcome(choice, 'device 0', MOST - 1)).toBe(true);
		// Those who came unasked have taken all there is: who is wanted comes in, and they go.
		expect(isWelcome(choice, 'device 0', MOST)).toBe(true);
		const stoodRound = many(40, (n) => ({ linked: n === 0 || n >= 40 - MOST }));
		expect(surplus(choice, stoodRound)).toEqual(['device 39']);
		const tooMany = many(40, (n) => ({ linked: n >= 20 && n < 35 }));
		const gone = surplus(choice, tooMany);
		expect(gone).toEqual(['32', '33', '34'].map((n) => `device ${n}`));
		expect(
			surplus(
				choice,
				many(40, (n) => ({ linked: n < MOST })),
			),
		).toEqual([]);
	});
});

describe('a whole space', () => {
	it.each([9, 10, 30, 100, 300])('[LC2] [LC3] hangs together with %i devices', (count) => {
		for (const seed of [1, 2, 3]) {
			const world = createMeshWorld(count, seed);
			world.link();
			const links = world.nodes.map((node) => node.links.size);
			expect(Math.min(...links)).toBeGreaterThanOrEqual(4);
			expect(Math.max(...links)).toBeLessThanOrEqual(MOST);
			expect(world.connected()).toBe(true);
		}
	});

	it('[LC2] keeps its links when somebody comes, and heals when many go', () => {
		const world = createMeshWorld(100, 4);
		world.link();
		const before = world.nodes.map((node) => new Set(node.links));
		const gone = world.nodes.filter((_, n) => n % 3 === 0);
		for (const node of gone) world.stop(node);
		world.link();
		expect(world.connected()).toBe(true);
		for (const [n, node] of world.nodes.entries()) {
			if (!node.running) continue;
			expect(node.links.size).toBeGreaterThanOrEqual(4);
			// What stood with those who stayed still stands.
			for (const key of before[n] ?? []) {
				if (!gone.some((each) => each.key === key)) expect(node.links.has(key)).toBe(true);
			}
		}
	});
});
