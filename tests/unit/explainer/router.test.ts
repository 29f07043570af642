// Which routers let a direct link through, as it was tried with real ones (netlab).
import { describe, expect, it } from 'vitest';
import { encodeCheck, tryRoute, type RouterKind } from '#lib/simulation/router.ts';

const through = (a: RouterKind, b: RouterKind): boolean =>
	tryRoute({ name: 'a', kind: a }, { name: 'b', kind: b }).through;

describe('routers', () => {
	it.each<[RouterKind, RouterKind, boolean]>([
		['open', 'open', true],
		['open', 'cone', true],
		['open', 'symmetric', true],
		['cone', 'cone', true],
		['cone', 'symmetric', false],
		['symmetric', 'symmetric', false],
		['open', 'firewall', false],
		['cone', 'firewall', false],
		['firewall', 'firewall', false],
	])('%s and %s: %s, whoever begins', (a, b, expected) => {
		expect([through(a, b), through(b, a)]).toEqual([expected, expected]);
	});

	it('let those of one house reach each other', () => {
		const [a, b] = ['a', 'b'].map((name) => ({ name, kind: 'firewall' as const, lan: 'home' }));
		expect(a && b && tryRoute(a, b).through).toBe(true);
	});

	it('drop what comes before anything went out, and let in the answer', () => {
		const { checks } = tryRoute({ name: 'a', kind: 'cone' }, { name: 'b', kind: 'cone' });
		expect(checks.map(({ from, dropped }) => `${from} ${dropped}`)).toEqual([
			'a true',
			'b false',
			'a false',
			'b false',
		]);
	});

	it('probe with a binding request', () => {
		const frame = encodeCheck(new Uint8Array(12).fill(7));
		expect(frame).toHaveLength(20);
		expect([...frame.subarray(0, 8)]).toEqual([0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42]);
	});
});
