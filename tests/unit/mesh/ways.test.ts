// Through whom somebody is reached, and how much anybody may have carried.
import { expect, it } from 'vitest';
import { createAllowance } from '#lib/mesh/allowance.ts';
import { waysFrom, type Reach } from '#lib/mesh/ways.ts';

/** `who: linked / seen` for each. */
function saying(said: Readonly<Record<string, string>>): (device: string) => Reach | undefined {
	return (device) => {
		const line = said[device];
		if (line === undefined) return undefined;
		const [linked = '', seen = ''] = line.split('/').map((part) => part.trim());
		const list = (part: string): string[] => part.split(' ').filter((each) => each !== '');
		return { linked: list(linked), seen: list(seen) };
	};
}

it('[CA1] goes the shortest way, over links before relays, and no further than three members', () => {
	const says = saying({
		b: 'a d / x',
		c: 'a x',
		d: 'b e',
		e: 'd f',
		f: 'e g',
	});
	const ways = waysFrom('a', ['b', 'c'], says);
	expect(Object.fromEntries(ways)).toEqual({ d: 'b', x: 'c', e: 'b', f: 'b' });
	expect(waysFrom('a', [], says).size).toBe(0);
	expect(waysFrom('a', ['b'], () => undefined).size).toBe(0);
});

it('[CA1] rings and lies about others lead nowhere twice', () => {
	const ways = waysFrom('a', ['b'], saying({ b: 'a b c', c: 'b a c d', d: 'a b c' }));
	expect(Object.fromEntries(ways)).toEqual({ c: 'b', d: 'b' });
});

it('[CA3] gives each neighbour so much, and it comes back with time', () => {
	const allowance = createAllowance(100, 10, 2);
	expect(allowance.take('b', 100, 0)).toBe(true);
	expect(allowance.take('b', 1, 0)).toBe(false);
	expect(allowance.take('c', 100, 0)).toBe(true);
	expect(allowance.take('b', 10, 1000)).toBe(true);
	expect(allowance.take('b', 1, 1000)).toBe(false);
	expect(allowance.take('b', 101, 1_000_000)).toBe(false);
	expect(allowance.take('b', 100, 1_000_000)).toBe(true);
	// A clock that goes back gives nothing.
	expect(allowance.take('b', 1, 0)).toBe(false);
});

it('[CA5] believes first what both ends of a link say, and else whoever says anything', () => {
	const lied = { x: 'a b c d', c: 'a b', b: 'c' };
	const ways = waysFrom('a', ['x', 'c'], saying(lied));
	expect(Object.fromEntries(ways)).toEqual({ b: 'c', d: 'x' });
	// The longer way that is agreed on goes before the shorter one that is not.
	const far = waysFrom('a', ['x', 'c'], saying({ x: 'a b', c: 'a e', e: 'c b', b: 'e' }));
	expect(far.get('b')).toBe('c');
});

it('[CA5] passes each neighbour over in turn, where there is another way', () => {
	const says = saying({ b: 'a z', c: 'a e', e: 'c z', z: 'b e', d: 'a y', y: 'd' });
	const neighbours = ['b', 'c', 'd'];
	const ways = [0, 1, 2, 3, 4, 5].map((turn) => waysFrom('a', neighbours, says, { turn }));
	expect(ways.map((each) => each.get('z'))).toEqual(['b', 'c', 'b', 'b', 'c', 'b']);
	expect(ways.every((each) => each.get('y') === 'd')).toBe(true);
	expect(ways.every((each) => !neighbours.some((device) => each.has(device)))).toBe(true);
});
