// Two devices that try for a direct link.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
	apart,
	stepLink,
	type LinkEffect,
	type LinkEvent,
	type LinkState,
} from '#lib/mesh/link-machine.ts';
import { linkDelay, retryDelay } from '#lib/mesh/retry.ts';

const NOW = 50_000;
const offerer = { offers: true, now: NOW, jitter: 0.5 };
const answerer = { offers: false, now: NOW, jitter: 0.5 };
const offering: LinkState = { state: 'offering', attempt: 'a', failures: 2 };
const answering: LinkState = { state: 'answering', attempt: 'a', failures: 2 };
const open: LinkState = { state: 'open', attempt: 'a', failures: 2, since: NOW - 60_000 };
const event = (type: LinkEvent['type'], attempt: string): LinkEvent => ({ type, attempt });

describe('a pair of devices', () => {
	it('[LM1] has one that offers, and one that answers', () => {
		expect(stepLink(apart, event('reachable', 'a'), offerer)).toEqual([
			{ state: 'offering', attempt: 'a', failures: 0 },
			[{ type: 'offer', attempt: 'a' }],
		]);
		expect(stepLink(apart, event('reachable', 'a'), answerer)).toEqual([apart, []]);
		expect(stepLink(apart, event('offer', 'a'), answerer)).toEqual([
			{ state: 'answering', attempt: 'a', failures: 0 },
			[{ type: 'answer', attempt: 'a' }],
		]);
	});

	it('[LM2] refuses offers from the one that is to answer, and goes on as it was', () => {
		for (const state of [apart, offering, open]) {
			expect(stepLink(state, event('offer', 'b'), offerer)).toEqual([
				state,
				[{ type: 'refuse', attempt: 'b' }],
			]);
		}
	});

	it('[LM2] [LM5] has one attempt at a time: a later offer takes the place of an earlier one', () => {
		for (const state of [answering, open]) {
			const [next, effects] = stepLink(state, event('offer', 'b'), answerer);
			expect(next).toMatchObject({ state: 'answering', attempt: 'b' });
			expect(effects).toEqual([
				{ type: 'abandon', attempt: 'a' },
				{ type: 'answer', attempt: 'b' },
			]);
			expect(stepLink(state, event('offer', 'a'), answerer)).toEqual([state, []]);
		}
		for (const state of [offering, answering, open]) {
			expect(stepLink(state, event('reachable', 'b'), offerer)).toEqual([state, []]);
		}
	});

	it('[LM5] lets go of a link that opens for another attempt than the present one', () => {
		for (const state of [apart, offering, answering, open]) {
			expect(stepLink(state, event('opened', 'old'), offerer)).toEqual([
				state,
				[{ type: 'abandon', attempt: 'old' }],
			]);
		}
		const fresh = { ...open, since: NOW };
		expect(stepLink(offering, event('opened', 'a'), offerer)).toEqual([fresh, []]);
		expect(stepLink(answering, event('opened', 'a'), answerer)).toEqual([fresh, []]);
	});

	it('[LM4] tries again after a failure, later each time', () => {
		const at = NOW + linkDelay(3, 0.5);
		expect(stepLink(offering, event('failed', 'a'), offerer)).toEqual([
			{ state: 'apart', failures: 3, retryAt: at },
			[
				{ type: 'abandon', attempt: 'a' },
				{ type: 'wake', at },
			],
		]);
		const waiting: LinkState = { state: 'apart', failures: 3, retryAt: at };
		expect(stepLink(waiting, event('reachable', 'b'), offerer)).toEqual([
			waiting,
			[{ type: 'wake', at }],
		]);
		const [next] = stepLink(waiting, event('reachable', 'b'), { ...offerer, now: at });
		expect(next).toEqual({ state: 'offering', attempt: 'b', failures: 3 });
	});

	it('[LM4] tries at once when the other side can be heard again: an offer that could not be sent is no failure', () => {
		const [next, effects] = stepLink(offering, event('unreachable', 'a'), offerer);
		expect(next).toEqual({ state: 'apart', failures: 2, retryAt: NOW });
		expect(effects).toEqual([{ type: 'abandon', attempt: 'a' }]);
		expect(stepLink(next, event('reachable', 'b'), offerer)[0].state).toBe('offering');
	});

	it('[LM3] leaves a device that can’t be linked alone for five minutes', () => {
		const [next, effects] = stepLink(offering, event('refused', 'a'), offerer);
		expect(next).toEqual({ state: 'apart', failures: 3, retryAt: NOW + 300_000 });
		expect(effects).toContainEqual({ type: 'wake', at: NOW + 300_000 });
	});

	it('[LM4] tries anew soon after a link that stood was lost', () => {
		expect(stepLink(open, event('closed', 'a'), offerer)).toEqual([
			{ state: 'apart', failures: 0, retryAt: NOW + 300 },
			[{ type: 'wake', at: NOW + 300 }],
		]);
	});

	it('[LM4] takes a link that falls again and again for one that doesn’t come about', () => {
		const short: LinkState = { ...open, since: NOW - 9999 };
		const [next] = stepLink(short, event('closed', 'a'), offerer);
		expect(next).toEqual({ state: 'apart', failures: 3, retryAt: NOW + linkDelay(3, 0.5) });
	});

	it('[LM7] begins anew when something has changed, whatever it waits for or is at', () => {
		const waiting: LinkState = { state: 'apart', failures: 9, retryAt: NOW + 100_000 };
		const fresh = { state: 'offering', attempt: 'b', failures: 0 };
		expect(stepLink(waiting, event('renewed', 'b'), offerer)).toEqual([
			fresh,
			[{ type: 'offer', attempt: 'b' }],
		]);
		expect(stepLink(offering, event('renewed', 'b'), offerer)).toEqual([
			fresh,
			[
				{ type: 'abandon', attempt: 'a' },
				{ type: 'offer', attempt: 'b' },
			],
		]);
		expect(stepLink(waiting, event('renewed', 'b'), answerer)).toEqual([apart, []]);
		for (const state of [answering, open]) {
			expect(stepLink(state, event('renewed', 'b'), answerer)).toEqual([state, []]);
		}
	});

	it('[MT3] has the link that people made, in place of any other', () => {
		for (const state of [apart, offering, answering, open]) {
			const [next, effects] = stepLink(state, event('met', 'b'), offerer);
			expect(next).toEqual({ state: 'open', attempt: 'b', failures: 0, since: NOW });
			expect(effects).toEqual(state === apart ? [] : [{ type: 'abandon', attempt: 'a' }]);
		}
	});

	it('[LM5] hears nothing of what happens to former attempts', () => {
		for (const state of [apart, offering, answering, open]) {
			for (const type of ['failed', 'refused', 'unreachable', 'closed'] as const) {
				expect(stepLink(state, event(type, 'old'), offerer)).toEqual([state, []]);
			}
		}
		for (const state of [offering, answering, apart]) {
			expect(stepLink(state, event('closed', 'a'), offerer)).toEqual([state, []]);
		}
		for (const type of ['failed', 'refused'] as const) {
			expect(stepLink(open, event(type, 'a'), offerer)).toEqual([open, []]);
		}
	});

	it('[LM5] never has two live attempts, whatever happens in whatever order', () => {
		const name = fc.constantFrom('a', 'b', 'c', 'd');
		const anyEvent = fc.record({
			type: fc.constantFrom(
				...(['reachable', 'renewed', 'offer', 'refused', 'unreachable', 'met'] as const),
				...(['opened', 'failed', 'closed'] as const),
			),
			attempt: name,
			passes: fc.nat(400_000),
			jitter: fc.double({ min: 0, max: 1, noNaN: true }),
		});
		fc.assert(
			fc.property(fc.array(anyEvent, { maxLength: 60 }), fc.boolean(), (events, offers) => {
				let state = apart;
				let now = 0;
				const live = new Set<string>();
				const perform = (effect: LinkEffect): void => {
					if (effect.type === 'offer' || effect.type === 'answer') live.add(effect.attempt);
					if (effect.type === 'abandon') live.delete(effect.attempt);
					if (effect.type === 'wake') expect(effect.at).toBeGreaterThanOrEqual(now);
				};
				for (const { passes, jitter, ...happens } of events) {
					now += passes;
					const before = state;
					const [next, effects] = stepLink(state, happens, { offers, now, jitter });
					state = next;
					effects.forEach(perform);
					if (happens.type === 'met') live.add(happens.attempt);
					if (happens.type === 'closed' && state !== before) live.delete(happens.attempt);
					const expected = state.state === 'apart' ? [] : [state.attempt];
					expect([...live]).toEqual(expected);
					expect(state.state).not.toBe(offers ? 'answering' : 'offering');
					const [again] = stepLink(state, happens, { offers, now, jitter });
					if (!['reachable', 'renewed', 'met'].includes(happens.type)) {
						expect(again).toEqual(state);
					}
				}
			}),
			{ numRuns: 500 },
		);
	});
});

it('[LM4] [RP2] waits between 375 ms and 37.5 s, doubling', () => {
	expect([1, 2, 3, 7, 8, 5000].map((failures) => retryDelay(failures, 0.5))).toEqual([
		500, 1000, 2000, 30_000, 30_000, 30_000,
	]);
	expect(retryDelay(1, 0)).toBe(375);
	expect(retryDelay(100, 1)).toBe(37_500);
});

it('[LM4] waits ten minutes at most for a link that never comes about', () => {
	expect([1, 2, 11, 12, 5000].map((failures) => linkDelay(failures, 0.5))).toEqual([
		500, 1000, 512_000, 600_000, 600_000,
	]);
});
