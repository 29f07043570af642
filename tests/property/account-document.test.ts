// What one person's devices share: the same on all of them in whatever order it comes, and safe from any bytes.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import {
	extended,
	openAccountDocument,
	type AccountDocument,
	type DocumentUpdate,
} from '#lib/crdt/account-document.ts';
import { BLOCKED, READ, SPACES } from '#lib/messenger/devices/sections.ts';
import { concat, utf8, type Bytes } from '#lib/util/bytes.ts';

const value = (text: string): Bytes => utf8(text);
const change = (bytes: Bytes, generation = 0): DocumentUpdate => ({
	generation,
	isWhole: false,
	bytes,
});
const whole = (document: AccountDocument): DocumentUpdate => ({
	generation: document.generation(),
	isWhole: true,
	bytes: document.state(),
});
const names = fc.constantFrom('a', 'b', 'c', 'd');
/** Who sets what, and when everybody hears of it. */
const acts = fc.array(
	fc.oneof(
		fc.record({ who: fc.nat(2), name: names, text: fc.option(fc.string({ maxLength: 9 })) }),
		fc.constant('tell' as const),
	),
	{ maxLength: 30 },
);

describe('the account document', () => {
	it('[AC4] is the same on every device, in whatever order and however often changes come', () => {
		fc.assert(
			fc.property(acts, fc.infiniteStream(fc.nat()), (steps, order) => {
				const devices = [11, 22, 33].map((client) => openAccountDocument(undefined, client));
				const told = devices.map(() => new Map<number, number>());
				const updates: Bytes[] = [];
				const tell = (): void => {
					devices.forEach((device, at) => {
						const update = device.since(told[at] ?? new Map());
						if (update === null) return;
						told[at] = new Map(device.extent());
						updates.push(update);
					});
				};
				for (const step of steps) {
					if (step === 'tell') tell();
					else {
						const set = step.text === null || step.text === '' ? null : value(step.text);
						devices[step.who]?.set(new Map([[step.name, set]]));
					}
				}
				tell();
				for (const device of devices) {
					const shuffled = updates
						.map((update) => ({ update, at: Number(order.next().value) }))
						.sort((a, b) => a.at - b.at);
					for (const { update } of [...shuffled, ...shuffled.slice(0, 2)]) {
						expect(device.merge(change(update))).toBe('merged');
					}
				}
				// What had to be set again is told like any other change.
				for (const one of devices) for (const other of devices) other.merge(whole(one));
				for (const one of devices) for (const other of devices) other.merge(whole(one));
				const [first, ...others] = devices.map((device) =>
					['a', 'b', 'c', 'd'].map((name) => device.get(name)),
				);
				for (const other of others) expect(other).toEqual(first);
			}),
			{ numRuns: 60 },
		);
	});

	it('[AC5] says what is new beyond what was told, and nothing where nothing is', () => {
		const [a, b] = [openAccountDocument(undefined, 1), openAccountDocument(undefined, 2)];
		a.set(new Map([['x', value('one')]]));
		const first = a.since(new Map());
		if (first === null) throw new Error('nothing new');
		b.merge(change(first));
		expect(b.since(extended(new Map(), first, b.extent()))).toBeNull();
		b.set(new Map([['x', null]]));
		const second = b.since(extended(new Map(), first, b.extent()));
		if (second === null) throw new Error('a cleared value is not told');
		a.merge(change(second));
		expect(a.get('x')).toBeUndefined();
		expect(openAccountDocument(a.state(), 3).get('x')).toBeUndefined();
	});

	it('[AC2] takes no bytes that are no change, and is as before then', () => {
		const document = openAccountDocument(undefined, 1);
		document.set(new Map([['x', value('kept')]]));
		const genuine = document.state();
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
				document.merge(change(new Uint8Array(noise)));
				expect(document.get('x')).toEqual(value('kept'));
			}),
		);
		fc.assert(
			fc.property(fc.nat(genuine.length - 1), fc.nat(255), (at, byte) => {
				const damaged = genuine.slice();
				damaged[at] = byte;
				const fresh = openAccountDocument(undefined, 2);
				fresh.merge(change(damaged));
				// Whatever came in, it is read as what it must be or not at all, and what is written next is there.
				expect(fresh.set(new Map([['y', value('later')]]))).toBe(true);
				expect(fresh.get('y')).toEqual(value('later'));
			}),
		);
	});

	it('[AC2] takes nothing that would make it larger than its bound', () => {
		const big = new Y.Doc();
		big.getMap('values').set('big', new Uint8Array(1_100_000));
		const document = openAccountDocument(undefined, 1);
		expect(document.merge(change(Y.encodeStateAsUpdate(big) as Bytes))).toBe('none');
		expect(
			document.merge({ ...change(Y.encodeStateAsUpdate(big) as Bytes, 1), isWhole: true }),
		).toBe('none');
		expect(document.state().length).toBeLessThan(100);
		expect(document.set(new Map([['x', new Uint8Array(16_385)]]))).toBe(false);
	});

	it('[AC3] reads what has not the shape of its kind as absent', () => {
		const hostile = new Y.Doc();
		const map = hostile.getMap('values');
		map.set('block/aa', 'no bytes');
		map.set('read/aa/bb', new Uint8Array([1, 2, 3]));
		map.set('space/aa', new Y.Map());
		map.set('block/bb', concat(new Uint8Array(6), BLOCKED.encode(7)));
		map.set('block/cc', new Uint8Array(5));
		const document = openAccountDocument(undefined, 1);
		expect(document.merge(change(Y.encodeStateAsUpdate(hostile) as Bytes))).toBe('merged');
		expect(BLOCKED.decode(document.get('block/aa'))).toBeUndefined();
		expect(READ.decode(document.get('read/aa/bb'))).toBeUndefined();
		expect(SPACES.decode(document.get('space/aa'))).toBeUndefined();
		expect(BLOCKED.decode(document.get('block/bb'))).toBe(7);
		expect(document.list('block/')).toHaveLength(1);
	});

	/** Overwrites things until a generation ends. */
	function wearOut(document: AccountDocument): void {
		const before = document.generation();
		for (let n = 0; document.generation() === before; n++) {
			if (n > 5000) throw new Error('it never ends');
			document.set(new Map([[n % 2 === 0 ? 'worn' : 'torn', value(`${n}`)]]));
			document.renew(0);
		}
	}

	it('[AC9] stays as small as what it says, however often that changes', () => {
		const document = openAccountDocument(undefined, 1);
		const others = new Map(Array.from({ length: 100 }, (_, n) => [`name ${n}`, value(`${n}`)]));
		document.set(others);
		let largest = 0;
		for (let n = 0; n < 2000; n++) {
			document.set(new Map([[`name ${n % 100}`, value(`${n}`)]]));
			document.set(new Map([['draft', value(`draft ${n}`)]]));
			document.renew();
			largest = Math.max(largest, document.state().length);
		}
		expect(document.generation()).toBeGreaterThan(0);
		expect(largest).toBeLessThan(24_000);
		expect(document.list('name ')).toHaveLength(100);
		expect(document.get('draft')).toEqual(value('draft 1999'));
	});

	it('[AC9] keeps what a device changed that was away when the next generation began', () => {
		const [here, away] = [openAccountDocument(undefined, 1), openAccountDocument(undefined, 2)];
		here.set(
			new Map([
				['both', value('before')],
				['theirs', value('before')],
			]),
		);
		away.merge(whole(here));
		away.set(
			new Map([
				['only', value('away')],
				['theirs', value('away')],
				['gone', null],
			]),
		);
		wearOut(here);
		here.set(new Map([['both', value('after')]]));
		away.merge(whole(here));
		here.merge(whole(away));
		for (const device of [here, away]) {
			expect(device.generation()).toBe(here.generation());
			expect(device.get('only')).toEqual(value('away'));
			expect(device.get('both')).toEqual(value('after'));
			expect(device.get('theirs')).toEqual(value('away'));
			expect(device.wasSet('gone')).toBe(true);
		}
		expect(openAccountDocument(away.state(), 3, away.generation()).get('only')).toEqual(
			value('away'),
		);
	});

	it('[AC9] takes a change of a later generation only once the whole of it is there', () => {
		const [here, other] = [openAccountDocument(undefined, 1), openAccountDocument(undefined, 2)];
		here.set(new Map([['x', value('one')]]));
		wearOut(here);
		const told = here.extent();
		here.set(new Map([['x', value('two')]]));
		const news = here.since(told);
		if (news === null) throw new Error('nothing new');
		expect(other.merge(change(news, here.generation()))).toBe('early');
		expect(other.generation()).toBe(0);
		expect(other.merge(whole(here))).toBe('merged');
		expect(other.merge(change(news, here.generation()))).toBe('merged');
		expect(other.get('x')).toEqual(value('two'));
	});

	const lives = fc.array(
		fc.oneof(
			{ weight: 5, arbitrary: fc.record({ who: fc.nat(2), name: names }) },
			{ weight: 2, arbitrary: fc.record({ who: fc.nat(2), to: fc.nat(2) }) },
			{ weight: 1, arbitrary: fc.record({ renews: fc.nat(2) }) },
		),
		{ maxLength: 40 },
	);
	it('[AC9] loses nothing that was set last, whoever renews it and whoever hears of whom', () => {
		fc.assert(
			fc.property(lives, (steps) => {
				const devices = [11, 22, 33].map((client) => openAccountDocument(undefined, client));
				/** By device and name: what it set last, that it had not heard otherwise of since. */
				const set = new Map<string, { by: number; text: string; seen: string | undefined }[]>();
				let n = 0;
				const told = (from: number, to: number): void => {
					const [one, other] = [devices[from], devices[to]];
					if (one !== undefined && other !== undefined && one !== other) other.merge(whole(one));
				};
				for (const step of steps) {
					if ('to' in step) told(step.who, step.to);
					else if ('renews' in step) wearOut(devices[step.renews] as AccountDocument);
					else {
						const device = devices[step.who] as AccountDocument;
						const seen = device.get(step.name);
						const text = `${n++}`;
						device.set(new Map([[step.name, value(text)]]));
						const all = set.get(step.name) ?? [];
						const before = seen && Buffer.from(seen).toString();
						set.set(step.name, [...all, { by: step.who, text, seen: before }]);
					}
				}
				for (let round = 0; round < 3; round++) {
					for (const from of [0, 1, 2]) for (const to of [0, 1, 2]) told(from, to);
				}
				for (const [name, all] of set) {
					const [first, ...others] = devices.map((device) => {
						const there = device.get(name);
						return there && Buffer.from(there).toString();
					});
					expect(others).toEqual([first, first]);
					// What nobody knew of when they set something else.
					const known = new Set(all.map(({ seen }) => seen));
					const open = all.map(({ text }) => text).filter((text) => !known.has(text));
					expect(open).toContain(first);
				}
				const generations = devices.map((device) => device.generation());
				expect(new Set(generations).size).toBe(1);
			}),
			{ numRuns: 100 },
		);
	});
});
