// The machine that decides when two devices try for a direct link.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apart, stepLink, type LinkEvent, type LinkState } from '#lib/mesh/link-machine.ts';
import { retryDelay } from '#lib/mesh/retry.ts';

const context = (offers: boolean, now = 1000) => ({ offers, now, jitter: 0.5 });
const reachable = (attempt: string): LinkEvent => ({ type: 'reachable', attempt });

/** A pair whose offer is out. */
function offering(attempt = 'a1'): LinkState {
	return stepLink(apart, reachable(attempt), context(true))[0];
}

describe('two devices', () => {
	it('[LM1] never offer to each other at once: the one with the lower key offers', () => {
		const [state, effects] = stepLink(apart, reachable('a1'), context(true));
		expect(state).toMatchObject({ state: 'offering', attempt: 'a1' });
		expect(effects).toEqual([{ type: 'offer', attempt: 'a1' }]);
		expect(stepLink(apart, reachable('a1'), context(false))).toEqual([apart, []]);
	});

	it('[LM2] refuse an offer from the side that answers', () => {
		expect(stepLink(apart, { type: 'offer', attempt: 'x' }, context(true))).toEqual([
			apart,
			[{ type: 'refuse', attempt: 'x' }],
		]);
	});

	it('[LM2] take a second offer for the other side having begun anew, even over a link that stands', () => {
		const [first] = stepLink(apart, { type: 'offer', attempt: 'x' }, context(false));
		const [open] = stepLink(first, { type: 'opened', attempt: 'x' }, context(false));
		expect(open.state).toBe('open');
		const [state, effects] = stepLink(open, { type: 'offer', attempt: 'y' }, context(false));
		expect(state).toMatchObject({ state: 'answering', attempt: 'y' });
		expect(effects).toEqual([
			{ type: 'abandon', attempt: 'x' },
			{ type: 'answer', attempt: 'y' },
		]);
		// The same offer again changes nothing.
		expect(stepLink(state, { type: 'offer', attempt: 'y' }, context(false))).toEqual([state, []]);
	});

	it('[LM3] leave each other in peace for minutes after one said that it cannot', () => {
		const [state, effects] = stepLink(
			offering(),
			{ type: 'refused', attempt: 'a1' },
			context(true),
		);
		expect(state).toMatchObject({ state: 'apart', retryAt: 301_000 });
		expect(effects).toContainEqual({ type: 'wake', at: 301_000 });
	});

	it('[LM4] wait longer after each failure, and not at all longer than half a minute', () => {
		let state: LinkState = apart;
		let now = 0;
		const waits: number[] = [];
		for (let n = 0; n < 12; n++) {
			[state] = stepLink(state, reachable(`a${n}`), context(true, now));
			[state] = stepLink(state, { type: 'failed', attempt: `a${n}` }, context(true, now));
			if (state.state !== 'apart') throw new Error('still trying');
			waits.push(state.retryAt - now);
			now = state.retryAt;
		}
		expect(waits.slice(0, 4)).toEqual([500, 1000, 2000, 4000]);
		expect(waits.at(-1)).toBe(30_000);
	});

	it('[LM4] are not tried again before their time, and are woken when it has come', () => {
		const [waiting] = stepLink(offering(), { type: 'failed', attempt: 'a1' }, context(true));
		expect(stepLink(waiting, reachable('a2'), context(true, 1100))).toEqual([
			waiting,
			[{ type: 'wake', at: 1500 }],
		]);
		expect(stepLink(waiting, reachable('a2'), context(true, 1500))[0].state).toBe('offering');
	});

	it('[LM5] drop what comes of an attempt that was given up', () => {
		const [failed] = stepLink(offering(), { type: 'failed', attempt: 'a1' }, context(true));
		const [state, effects] = stepLink(failed, { type: 'opened', attempt: 'a1' }, context(true));
		expect(state).toEqual(failed);
		expect(effects).toEqual([{ type: 'abandon', attempt: 'a1' }]);
		const current = offering('a2');
		expect(stepLink(current, { type: 'failed', attempt: 'a1' }, context(true))).toEqual([
			current,
			[],
		]);
		expect(stepLink(current, { type: 'refused', attempt: 'a1' }, context(true))[0]).toEqual(
			current,
		);
	});

	it('[LM4] try again soon after a link that stood is lost', () => {
		const [open] = stepLink(offering(), { type: 'opened', attempt: 'a1' }, context(true));
		const [state, effects] = stepLink(open, { type: 'closed', attempt: 'a1' }, context(true));
		expect(state).toEqual({ state: 'apart', failures: 0, retryAt: 1300 });
		expect(effects).toEqual([{ type: 'wake', at: 1300 }]);
	});

	it('[LM5] never have two attempts alive, whatever happens in whatever order', () => {
		const attempt = fc.constantFrom('a', 'b', 'c');
		const event = fc.record({
			type: fc.constantFrom('reachable', 'offer', 'refused', 'opened', 'failed', 'closed'),
			attempt,
		}) as fc.Arbitrary<LinkEvent>;
		fc.assert(
			fc.property(fc.boolean(), fc.array(event, { maxLength: 40 }), (offers, events) => {
				let state: LinkState = apart;
				let now = 0;
				const alive = new Set<string>();
				for (const each of events) {
					const [next, effects] = stepLink(state, each, { offers, now, jitter: 0 });
					for (const effect of effects) {
						if (effect.type === 'abandon') alive.delete(effect.attempt);
						if (effect.type === 'offer' || effect.type === 'answer') alive.add(effect.attempt);
					}
					// A link that closed by itself needs no abandoning.
					if (each.type === 'closed' && next.state === 'apart') alive.delete(each.attempt);
					expect(alive.size).toBeLessThanOrEqual(1);
					expect([...alive]).toEqual(next.state === 'apart' ? [] : [next.attempt]);
					state = next;
					now += 10_000;
				}
			}),
		);
	});
});

describe('waiting', () => {
	it('[RP2] [LM4] is spread, so that those who failed together do not come back together', () => {
		expect(retryDelay(1, 0)).toBe(375);
		expect(retryDelay(1, 1)).toBe(625);
		expect(retryDelay(40, 1)).toBe(37_500);
	});
});
