// A download against sources of every kind: it ends with all chunks, each kept once, whatever happens on the way.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDownload, MAX_UNDER_WAY, type Download } from '#lib/transfer/download.ts';
import { createRate } from '#lib/transfer/rate.ts';

/** honest: sends. partial: has every other chunk. mute: says it has all and sends nothing. trickle: a piece each 9 s.
 * liar: sends what is not it. empty: lacks what it said it had. */
type Kind = 'honest' | 'slow' | 'partial' | 'mute' | 'trickle' | 'liar' | 'empty';
const PIECES = 4;

interface World {
	readonly kept: number[];
	readonly refused: Set<string>;
	now: number;
}

/** Runs a download until it is whole or time is up; `disturb` draws what goes wrong at each step. */
function run(
	kinds: readonly Kind[],
	chunks: number,
	held: readonly number[],
	disturbances: readonly number[],
): World {
	const world: World = { kept: [], refused: new Set(), now: 0 };
	const durable = new Set(held);
	let download: Download;
	/** By source: what it is about to do, in order of time. */
	let queue: { at: number; act: () => void }[] = [];
	let life = 0;
	const later = (ms: number, act: () => void): void => {
		const mine = life;
		queue.push({
			at: world.now + ms,
			act: () => {
				if (mine === life) act();
			},
		});
	};
	/** By source and chunk: which request of it is the present one. */
	const wanted = new Map<string, number>();
	let requests = 0;

	/** Of more than two, every other one is in reserve. */
	const up = (source: string): void =>
		step({ type: 'up', source, isReserve: kinds.length > 2 && Number(source) % 2 === 1 });

	function step(event: Parameters<Download['step']>[0]): void {
		for (const effect of download.step(event, world.now)) {
			if (effect.type === 'whole') continue;
			const kind = kinds[Number(effect.source)] ?? 'mute';
			if (effect.type === 'ask') {
				const all = Array.from({ length: chunks }, (_, n) => n);
				const has = new Set(kind === 'partial' ? all.filter((n) => n % 2 === 0) : all);
				later(20, () => step({ type: 'has', source: effect.source, chunks: has }));
			} else if (effect.type === 'request') {
				expect(world.refused.has(effect.source)).toBe(false);
				expect(durable.has(effect.chunk)).toBe(false);
				requests += 1;
				wanted.set(`${effect.source} ${effect.chunk}`, requests);
				send(kind, effect.source, effect.chunk, 0, requests);
			} else if (effect.type === 'cancel') {
				wanted.delete(`${effect.source} ${effect.chunk}`);
			} else {
				world.refused.add(effect.source);
			}
		}
	}

	const PACE = { honest: 30, slow: 4000, partial: 50, trickle: 9000, liar: 5, mute: 0, empty: 10 };
	function send(kind: Kind, source: string, chunk: number, piece: number, request: number): void {
		if (kind === 'mute') return;
		later(PACE[kind], () => {
			if (wanted.get(`${source} ${chunk}`) !== request) return;
			if (kind === 'empty') {
				step({ type: 'lacks', source, chunk });
				return;
			}
			step({ type: 'piece', source, chunk });
			if (piece + 1 < PIECES) {
				send(kind, source, chunk, piece + 1, request);
				return;
			}
			wanted.delete(`${source} ${chunk}`);
			step({ type: 'landed', source, chunk });
			later(5, () => {
				if (kind === 'liar') {
					step({ type: 'lied', source });
					return;
				}
				if (durable.has(chunk)) throw new Error(`chunk ${chunk} came twice`);
				durable.add(chunk);
				world.kept.push(chunk);
				step({ type: 'kept', chunk });
			});
		});
	}

	function begin(): void {
		life += 1;
		world.refused.clear();
		queue = [];
		wanted.clear();
		download = createDownload(chunks, durable);
		for (const source of kinds.keys()) up(String(source));
	}

	function disturb(what: number): void {
		const source = String(what % kinds.length);
		switch (what % 7) {
			case 0:
				begin(); // the page was closed: what was not durable is forgotten
				break;
			case 1:
				step({ type: 'down', source });
				for (let chunk = 0; chunk < chunks; chunk++) wanted.delete(`${source} ${chunk}`);
				later(1000, () => up(source));
				break;
			case 2:
				step({ type: 'pause' });
				later(500, () => step({ type: 'resume' }));
				break;
			case 3:
				step({ type: 'prefer', chunk: what % chunks });
				break;
			default:
		}
	}

	begin();
	const pending = [...disturbances];
	for (let steps = 0; !download!.isWhole && steps < 50_000; steps++) {
		queue.sort((a, b) => a.at - b.at);
		const wake = download!.wakeAt();
		const first = queue[0];
		if (first !== undefined && (wake === null || first.at <= wake)) {
			queue.shift();
			world.now = Math.max(world.now, first.at);
			first.act();
		} else if (wake !== null) {
			world.now = Math.max(world.now, wake);
			step({ type: 'tick' });
		} else {
			break;
		}
		if (steps % 5 === 4) {
			const what = pending.shift();
			if (what !== undefined) disturb(what);
		}
	}
	return world;
}

const kinds = fc.array(
	fc.constantFrom<Kind>('honest', 'slow', 'partial', 'mute', 'trickle', 'liar', 'empty'),
	{ maxLength: 5 },
);

describe('a download', () => {
	it('[TR1] [TR3] [TR5] ends whole with each chunk kept once, as long as one source is honest', () => {
		fc.assert(
			fc.property(
				kinds,
				fc.nat(5),
				fc.integer({ min: 1, max: 40 }),
				fc.array(fc.nat(1000), { maxLength: 20 }),
				fc.array(fc.nat(39), { maxLength: 20 }),
				(others, at, chunks, disturbances, before) => {
					const all = [...others];
					all.splice(at % (others.length + 1), 0, 'honest');
					const held = [...new Set(before.filter((n) => n < chunks))];
					const { kept } = run(all, chunks, held, disturbances);
					expect([...held, ...kept].sort((a, b) => a - b)).toEqual(
						Array.from({ length: chunks }, (_, n) => n),
					);
				},
			),
			{ numRuns: 500 },
		);
	});

	it('[TR4] loses little time to those who say they have it and don’t send, or send rubbish', () => {
		const alone = run(['honest'], 40, [], []).now;
		expect(run(['honest', 'honest'], 40, [], []).now).toBeLessThan(alone);
		const among = run(['liar', 'mute', 'trickle', 'empty', 'honest', 'mute'], 40, [], []);
		expect(among.kept.length).toBe(40);
		expect(among.now).toBeLessThan(alone + 15_000);
		expect([...among.refused]).toEqual(['0']);
		// A slow one that is alone is waited for; a quick one that comes takes over what it sits on.
		expect(run(['slow'], 8, [], []).kept.length).toBe(8);
		expect(run(['slow', 'honest'], 8, [], []).now).toBeLessThan(5000);
	});

	it('[TR2] asks in order from where somebody looks, and for a bounded number at once', () => {
		const download = createDownload(100, []);
		const all = new Set(Array.from({ length: 100 }, (_, n) => n));
		download.step({ type: 'up', source: 'a' }, 0);
		download.step({ type: 'prefer', chunk: 90 }, 0);
		const order: number[] = [];
		let effects = download.step({ type: 'has', source: 'a', chunks: all }, 1);
		let most = 0;
		for (let now = 2; !download.isWhole; now++) {
			const requests = effects.flatMap((each) => (each.type === 'request' ? [each.chunk] : []));
			order.push(...requests);
			const chunk = order[download.held.size];
			if (chunk === undefined) throw new Error('nothing asked');
			most = Math.max(most, order.length - download.held.size);
			const landed = download.step({ type: 'landed', source: 'a', chunk }, now);
			effects = [...landed, ...download.step({ type: 'kept', chunk }, now)];
		}
		expect(order).toEqual([...all].map((n) => (n + 90) % 100));
		expect(most).toBeLessThanOrEqual(5);

		const many = createDownload(1000, []);
		const thousand = new Set(Array.from({ length: 1000 }, (_, n) => n));
		let asked = 0;
		for (let n = 0; n < 100; n++) {
			many.step({ type: 'up', source: `${n}` }, 0);
			for (const each of many.step({ type: 'has', source: `${n}`, chunks: thousand }, 0)) {
				if (each.type === 'request') asked += 1;
			}
		}
		expect(asked).toBe(MAX_UNDER_WAY);
	});

	it('[TR2] puts off what nothing has come of when somebody looks elsewhere, and keeps what has begun', () => {
		const download = createDownload(50, [0, 1, 2, 3]);
		const all = new Set(Array.from({ length: 50 }, (_, n) => n));
		download.step({ type: 'up', source: 'a' }, 0);
		download.step({ type: 'has', source: 'a', chunks: all }, 0);
		for (const chunk of [4, 5, 6]) {
			download.step({ type: 'landed', source: 'a', chunk }, chunk);
			download.step({ type: 'kept', chunk }, chunk);
		}
		// Four are asked for: 7 to 10.
		download.step({ type: 'piece', source: 'a', chunk: 7 }, 10);
		const effects = download.step({ type: 'prefer', chunk: 40 }, 11);
		const of = (type: string): number[] =>
			effects.flatMap((each) => (each.type === type && 'chunk' in each ? [each.chunk] : []));
		expect(of('cancel')).toEqual([8, 9, 10]);
		expect(of('request')).toEqual([40, 41, 42]);
		// What is asked for already, or here, changes nothing.
		expect(download.step({ type: 'prefer', chunk: 41 }, 12)).toEqual([]);
		expect(download.step({ type: 'prefer', chunk: 2 }, 13)).toEqual([]);
	});

	it('[TR6] asks for nothing while it is paused, nor of whom has lied, nor once it is whole', () => {
		const download = createDownload(2, []);
		const both = new Set([0, 1]);
		download.step({ type: 'up', source: 'a' }, 0);
		const asked = download.step({ type: 'has', source: 'a', chunks: both }, 0);
		expect(asked).toEqual([{ type: 'request', source: 'a', chunk: 0 }]);
		expect(download.step({ type: 'pause' }, 1)).toEqual([
			{ type: 'cancel', source: 'a', chunk: 0 },
		]);
		expect(download.step({ type: 'tick' }, 100_000)).toEqual([]);
		expect(download.wakeAt()).toBeNull();
		expect(download.step({ type: 'resume' }, 100_001)).toEqual(asked);
		expect(download.step({ type: 'lied', source: 'a' }, 100_002)).toEqual([
			{ type: 'cancel', source: 'a', chunk: 0 },
			{ type: 'refuse', source: 'a' },
		]);
		expect(download.step({ type: 'up', source: 'a' }, 100_003)).toEqual([]);
		const whole = createDownload(1, [0]);
		expect(whole.isWhole).toBe(true);
		expect(whole.step({ type: 'up', source: 'a' }, 0)).toEqual([]);
		expect(whole.wakeAt()).toBeNull();
	});

	it('[TR4] [TR5] wakes when there is something to be done, and not before', () => {
		const download = createDownload(3, []);
		download.step({ type: 'up', source: 'a' }, 0);
		expect(download.wakeAt()).toBe(30_000);
		download.step({ type: 'has', source: 'a', chunks: new Set([0, 1, 2]) }, 40_000);
		expect(download.wakeAt()).toBe(50_000);
		download.step({ type: 'piece', source: 'a', chunk: 0 }, 45_000);
		expect(download.wakeAt()).toBe(55_000);
		const cancelled = download.step({ type: 'tick' }, 55_000);
		expect(cancelled).toEqual([{ type: 'cancel', source: 'a', chunk: 0 }]);
		expect(download.wakeAt()).toBe(60_000);
	});

	it('[TR9] asks a source in reserve for what no other can give, and for nothing else', () => {
		const download = createDownload(6, []);
		const asked = (effects: ReturnType<Download['step']>): string[] =>
			effects.flatMap((e) => (e.type === 'request' ? [`${e.source} ${e.chunk}`] : []));
		const all = new Set([0, 1, 2, 3, 4, 5]);
		download.step({ type: 'up', source: 'relay', isReserve: true }, 0);
		download.step({ type: 'up', source: 'device' }, 0);
		const has = download.step({ type: 'has', source: 'device', chunks: new Set([0, 1, 2]) }, 1);
		expect(asked(has)).toEqual(['device 0']);
		const more = download.step({ type: 'has', source: 'relay', chunks: all }, 2);
		expect(asked(more)).toEqual(['relay 3']);
		expect(asked(download.step({ type: 'down', source: 'device' }, 3))).toEqual([]);
		const landed = download.step({ type: 'landed', source: 'relay', chunk: 3 }, 4);
		expect(asked(landed)).toEqual(['relay 0']);
		expect(asked(download.step({ type: 'kept', chunk: 3 }, 5))).toEqual(['relay 1']);
	});

	it('[TR3] asks again for what could not be kept', () => {
		const download = createDownload(1, []);
		download.step({ type: 'up', source: 'a' }, 0);
		download.step({ type: 'has', source: 'a', chunks: new Set([0]) }, 0);
		download.step({ type: 'landed', source: 'a', chunk: 0 }, 1);
		expect(download.step({ type: 'returned', source: 'a', chunk: 0 }, 2)).toEqual([
			{ type: 'request', source: 'a', chunk: 0 },
		]);
	});
});

describe('how fast it goes', () => {
	it('[TR8] is smooth, and says how long the rest takes only once that means something', () => {
		const rate = createRate();
		expect(rate.perSecond(0)).toBe(0);
		expect(rate.timeFor(1000, 0)).toBeNull();
		for (let now = 0; now <= 20_000; now += 100) rate.add(100_000, now);
		expect(rate.perSecond(20_000) / 1e6).toBeCloseTo(1, 1);
		expect((rate.timeFor(10_000_000, 20_000) ?? 0) / 1000).toBeCloseTo(10, 0);
		rate.add(1_000_000, 20_100);
		expect(rate.perSecond(20_100) / 1e6).toBeLessThan(1.3);
		expect(rate.perSecond(60_000)).toBeLessThan(1000);
		expect(createRate().timeFor(5, 9)).toBeNull();
	});
});
