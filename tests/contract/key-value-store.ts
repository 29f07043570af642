// What every store of the device does, whatever is below. Run by each implementation's tests.
import { beforeEach, describe, expect, it } from 'vitest';
import type { KeyValueStore, StoreWrite } from '#lib/ports/store.ts';
import { utf8, type Bytes } from '#lib/util/bytes.ts';

const row = (table: string, key: StoreWrite['key'], value: Bytes | null): StoreWrite => ({
	table,
	key,
	value,
});

export function describeKeyValueStore(name: string, create: () => Promise<KeyValueStore>): void {
	describe(`key-value store: ${name}`, () => {
		let store: KeyValueStore;
		beforeEach(async () => {
			store = await create();
		});

		it('[ST1] keeps what was committed, and nothing where nothing was', async () => {
			const batch = [
				row('t', ['a', 1], utf8('one')),
				row('t', [new Uint8Array([1, 2]), 'b'], utf8('two')),
			];
			expect(await store.commit(batch)).toEqual({ ok: true, value: undefined });
			expect(await store.get('t', ['a', 1])).toEqual(utf8('one'));
			expect(await store.get('t', [new Uint8Array([1, 2]), 'b'])).toEqual(utf8('two'));
			expect(await store.get('t', ['a'])).toBeUndefined();
			expect(await store.get('t', ['a', 1, 1])).toBeUndefined();
			expect(await store.get('other', ['a', 1])).toBeUndefined();
		});

		it('[ST1] takes an empty batch, an empty value and an empty key', async () => {
			expect((await store.commit([])).ok).toBe(true);
			await store.commit([row('t', [], utf8('')), row('t', [''], utf8('x'))]);
			expect(await store.get('t', [])).toEqual(new Uint8Array());
			expect(await store.get('t', [''])).toEqual(utf8('x'));
		});

		it('[ST1] applies nothing of a batch with an impossible key', async () => {
			const bad = [row('t', ['a'], utf8('x')), row('t', [-1], utf8('y'))];
			await expect(Promise.resolve().then(() => store.commit(bad))).rejects.toThrow();
			expect(await store.get('t', ['a'])).toBeUndefined();
			await expect(Promise.resolve().then(() => store.get('t', [0.5]))).rejects.toThrow();
		});

		it('[ST3] lets the later write to a key win, within a batch and across', async () => {
			await store.commit([row('t', ['k'], utf8('1')), row('t', ['k'], utf8('2'))]);
			expect(await store.get('t', ['k'])).toEqual(utf8('2'));
			await store.commit([row('t', ['k'], null)]);
			expect(await store.get('t', ['k'])).toBeUndefined();
			await store.commit([row('t', ['k'], null), row('t', ['k'], utf8('3'))]);
			expect(await store.get('t', ['k'])).toEqual(utf8('3'));
		});

		it('[ST3] applies concurrent batches in the order of the calls', async () => {
			await Promise.all(
				Array.from({ length: 20 }, (_, i) => store.commit([row('t', ['k'], Uint8Array.of(i))])),
			);
			expect(await store.get('t', ['k'])).toEqual(Uint8Array.of(19));
			await Promise.all([
				store.commit([row('t', ['gone'], utf8('x'))]),
				store.clear('t', []),
				store.commit([row('t', ['here'], utf8('y'))]),
			]);
			expect(await store.get('t', ['gone'])).toBeUndefined();
			expect(await store.get('t', ['here'])).toEqual(utf8('y'));
		});

		it('[ST3] tells text, numbers and bytes of the same look apart', async () => {
			await store.commit([
				row('t', ['1'], utf8('text')),
				row('t', [1], utf8('number')),
				row('t', [utf8('1')], utf8('bytes')),
				row('t', ['a', 'b'], utf8('two parts')),
				row('t', ['ab'], utf8('one part')),
			]);
			expect(await store.get('t', ['1'])).toEqual(utf8('text'));
			expect(await store.get('t', [1])).toEqual(utf8('number'));
			expect(await store.get('t', [utf8('1')])).toEqual(utf8('bytes'));
			expect(await store.get('t', ['a', 'b'])).toEqual(utf8('two parts'));
			expect(await store.get('t', ['ab'])).toEqual(utf8('one part'));
		});

		describe('ranges', () => {
			const numbers = [0, 1, 2, 9, 10, 11, 100, Number.MAX_SAFE_INTEGER];
			beforeEach(async () => {
				await store.commit([
					...numbers.map((n) => row('t', ['feed', n], utf8(String(n)))),
					row('t', ['feed'], utf8('shorter')),
					row('t', ['feed', 10, 5], utf8('longer')),
					row('t', ['feed', 10, 'x'], utf8('longer')),
					row('t', ['feed', 'x'], utf8('text')),
					row('t', ['feed', utf8('x')], utf8('bytes')),
					row('t', ['fee', 3], utf8('other prefix')),
					row('t', ['feed2', 3], utf8('other prefix')),
					row('u', ['feed', 3], utf8('other table')),
					row('t', [7], utf8('seven')),
				]);
			});
			const at = async (...args: Parameters<KeyValueStore['range']>): Promise<number[]> =>
				(await store.range(...args)).map((found) => found.at);

			it('[ST4] gives the rows of a prefix in numeric order', async () => {
				expect(await at('t', ['feed'])).toEqual(numbers);
				expect((await store.range('t', ['feed']))[3]?.value).toEqual(utf8('9'));
				expect(await at('t', [])).toEqual([7]);
				expect(await at('t', ['nothing'])).toEqual([]);
				expect(await at('t', ['feed', 10])).toEqual([5]);
			});

			it('[ST4] includes the lower bound and excludes the upper', async () => {
				expect(await at('t', ['feed'], { from: 2, to: 11 })).toEqual([2, 9, 10]);
				expect(await at('t', ['feed'], { from: 3, to: 9 })).toEqual([]);
				expect(await at('t', ['feed'], { from: 10, to: 10 })).toEqual([]);
				expect(await at('t', ['feed'], { from: 11, to: 2 })).toEqual([]);
			});

			it('[ST4] counts the limit from the end that it starts at', async () => {
				expect(await at('t', ['feed'], { limit: 3 })).toEqual([0, 1, 2]);
				expect(await at('t', ['feed'], { limit: 3, reverse: true })).toEqual([
					Number.MAX_SAFE_INTEGER,
					100,
					11,
				]);
				expect(await at('t', ['feed'], { from: 9, to: 11, limit: 1, reverse: true })).toEqual([10]);
				expect(await at('t', ['feed'], { from: 10, limit: 2 })).toEqual([10, 11]);
				expect(await at('t', ['feed'], { limit: 0 })).toEqual([]);
			});

			it('[ST5] clears what a prefix begins, and nothing else', async () => {
				expect((await store.clear('t', ['feed', 10])).ok).toBe(true);
				expect(await at('t', ['feed'])).toEqual(numbers.filter((n) => n !== 10));
				expect(await store.get('t', ['feed', 10, 'x'])).toBeUndefined();
				await store.clear('t', ['feed']);
				expect(await at('t', ['feed'])).toEqual([]);
				for (const key of [['feed'], ['feed', 'x'], ['feed', utf8('x')]]) {
					expect(await store.get('t', key)).toBeUndefined();
				}
				expect(await at('t', ['fee'])).toEqual([3]);
				expect(await at('t', ['feed2'])).toEqual([3]);
				expect(await at('u', ['feed'])).toEqual([3]);
			});

			it('[ST5] clears a whole table when the prefix is empty', async () => {
				await store.clear('t', []);
				expect(await at('t', [])).toEqual([]);
				expect(await at('t', ['feed2'])).toEqual([]);
				expect(await at('u', ['feed'])).toEqual([3]);
			});
		});

		it('[ST7] keeps bytes of its own: later changes to what was given or got do not show', async () => {
			const given = utf8('value').subarray(1, 4);
			const part = Uint8Array.of(1, 2, 3);
			await store.commit([row('t', [part], given)]);
			given.fill(0);
			part.fill(0);
			const got = await store.get('t', [Uint8Array.of(1, 2, 3)]);
			expect(got).toEqual(utf8('alu'));
			expect(got?.buffer.byteLength).toBe(3);
			got?.fill(0);
			expect(await store.get('t', [Uint8Array.of(1, 2, 3)])).toEqual(utf8('alu'));
		});

		it('[ST7] takes its copy at the call, not when the turn of the batch comes', async () => {
			const values = [utf8('first'), utf8('second')] as const;
			const part = Uint8Array.of(1, 2, 3);
			const commits = values.map((value, i) => store.commit([row('t', [part, i], value)]));
			const pooled = Buffer.from('third');
			commits.push(store.commit([row('t', ['pooled'], pooled)]));
			for (const value of [...values, part, pooled]) value.fill(0);
			await Promise.all(commits);
			expect(await store.get('t', [Uint8Array.of(1, 2, 3), 0])).toEqual(utf8('first'));
			expect(await store.get('t', [Uint8Array.of(1, 2, 3), 1])).toEqual(utf8('second'));
			expect(await store.get('t', ['pooled'])).toEqual(utf8('third'));
		});

		it('[ST6] says so after it was closed', async () => {
			store.close();
			expect(await store.commit([row('t', ['k'], utf8('x'))])).toMatchObject({
				ok: false,
				error: { type: 'failed' },
			});
			expect(await store.clear('t', [])).toMatchObject({ ok: false, error: { type: 'failed' } });
			// Whoever reads on is gone, and hears nothing, no error either.
			const settled = (): string => 'settled';
			const reads = [store.get('t', ['k']), store.range('t', ['k'])];
			const silence = new Promise((resolve) => setTimeout(resolve, 100, 'silence'));
			const answers = reads.map((read) => read.then(settled, settled));
			expect(await Promise.race([...answers, silence])).toBe('silence');
		});
	});
}
