// What one person's devices share: the same on all of them in whatever order it comes, and safe from any bytes.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { extended, openAccountDocument } from '#lib/crdt/account-document.ts';
import { BLOCKED, READ, SPACES } from '#lib/messenger/devices/sections.ts';
import { utf8, type Bytes } from '#lib/util/bytes.ts';

const value = (text: string): Bytes => utf8(text);
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
						expect(device.merge(update)).toBe(true);
					}
				}
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
		b.merge(first);
		expect(b.since(extended(new Map(), first, b.extent()))).toBeNull();
		b.set(new Map([['x', null]]));
		const second = b.since(extended(new Map(), first, b.extent()));
		if (second === null) throw new Error('a cleared value is not told');
		a.merge(second);
		expect(a.get('x')).toBeUndefined();
		expect(openAccountDocument(a.state(), 3).get('x')).toBeUndefined();
	});

	it('[AC2] takes no bytes that are no change, and is as before then', () => {
		const document = openAccountDocument(undefined, 1);
		document.set(new Map([['x', value('kept')]]));
		const genuine = document.state();
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
				document.merge(new Uint8Array(noise));
				expect(document.get('x')).toEqual(value('kept'));
			}),
		);
		fc.assert(
			fc.property(fc.nat(genuine.length - 1), fc.nat(255), (at, byte) => {
				const damaged = genuine.slice();
				damaged[at] = byte;
				const fresh = openAccountDocument(undefined, 2);
				fresh.merge(damaged);
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
		expect(document.merge(Y.encodeStateAsUpdate(big) as Bytes)).toBe(false);
		expect(document.state().length).toBeLessThan(100);
		expect(document.set(new Map([['x', new Uint8Array(16_385)]]))).toBe(false);
	});

	it('[AC3] reads what has not the shape of its kind as absent', () => {
		const hostile = new Y.Doc();
		const map = hostile.getMap('values');
		map.set('block/aa', 'no bytes');
		map.set('read/aa/bb', new Uint8Array([1, 2, 3]));
		map.set('space/aa', new Y.Map());
		map.set('block/bb', BLOCKED.encode(7));
		const document = openAccountDocument(undefined, 1);
		expect(document.merge(Y.encodeStateAsUpdate(hostile) as Bytes)).toBe(true);
		expect(BLOCKED.decode(document.get('block/aa'))).toBeUndefined();
		expect(READ.decode(document.get('read/aa/bb'))).toBeUndefined();
		expect(SPACES.decode(document.get('space/aa'))).toBeUndefined();
		expect(BLOCKED.decode(document.get('block/bb'))).toBe(7);
		expect(document.list('block/')).toHaveLength(1);
	});
});
