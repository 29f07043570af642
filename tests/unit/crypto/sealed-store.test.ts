// A store as somebody with the disk sees it.
import { describe, expect, it, vi } from 'vitest';
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import { createSealedStore } from '#lib/crypto/sealed-store.ts';
import { createMemoryDisk } from '#lib/storage/memory.ts';
import { toHex, utf8 } from '#lib/util/bytes.ts';
import type { Random } from '#lib/ports/random.ts';

const random: Random = { bytes: (n) => globalThis.crypto.getRandomValues(new Uint8Array(n)) };
const crypto = createSyncCryptoProvider();
const dataKey = new Uint8Array(32).fill(5);

function setUp() {
	const disk = createMemoryDisk();
	const below = disk.open();
	const onCorrupt = vi.fn();
	return {
		disk,
		below,
		onCorrupt,
		store: createSealedStore(below, crypto, random, dataKey, { onCorrupt }),
	};
}

describe('sealed store', () => {
	it('[AT3] [AT4] leaves no plain text, name or id below', async () => {
		const { disk, store } = setUp();
		const id = utf8('CANARY-ID-CANARY-ID-CANARY-ID-32');
		await store.commit([
			{
				table: 'messages',
				key: ['CANARY-KEY', id, 7],
				value: utf8('CANARY-VALUE is long enough to show'),
			},
		]);
		expect(disk.rows()).toHaveLength(1);
		for (const row of disk.rows()) {
			const everything = `${row.key}|${Buffer.from(row.value).toString('latin1')}`;
			expect(everything).not.toContain('CANARY');
			expect(everything).not.toContain(toHex(id));
			expect(row.key).toMatch(/^b[0-9a-f]{32};b[0-9a-f]{32};n7;$/);
		}
		expect(await store.get('messages', ['CANARY-KEY', id, 7])).toEqual(
			utf8('CANARY-VALUE is long enough to show'),
		);
	});

	it('[AT3] names the same part differently in another table, as another type, and under another key', async () => {
		const { disk, below, store } = setUp();
		const other = createSealedStore(below, crypto, random, new Uint8Array(32).fill(6));
		await store.commit([
			{ table: 'a', key: ['x'], value: utf8('1') },
			{ table: 'b', key: ['x'], value: utf8('1') },
			{ table: 'a', key: [utf8('x')], value: utf8('1') },
		]);
		await other.commit([{ table: 'a', key: ['x'], value: utf8('1') }]);
		expect(new Set(disk.rows().map((row) => row.key)).size).toBe(4);
	});

	it('[AT4] seals the same value differently each time', async () => {
		const { disk, store } = setUp();
		const write = { table: 'a', key: ['x'], value: utf8('same') };
		await store.commit([write]);
		const before = disk.rows()[0]?.value;
		await store.commit([write]);
		expect(disk.rows()[0]?.value).not.toEqual(before);
	});

	it('[AT5] reads a tampered value as one of no bytes and reports it', async () => {
		const { disk, below, store, onCorrupt } = setUp();
		await store.commit([{ table: 'a', key: ['x', 1], value: utf8('value') }]);
		const [row] = disk.rows();
		if (row === undefined) throw new Error('no row');
		const name = row.key.split(';')[0]?.slice(1) ?? '';
		const key = [Uint8Array.from(Buffer.from(name, 'hex')), 1];
		for (let i = 0; i < row.value.length; i++) {
			const tampered = row.value.slice();
			tampered[i] = (tampered[i] ?? 0) ^ 1;
			await below.commit([{ table: 'a', key, value: tampered }]);
			expect(await store.get('a', ['x', 1])).toEqual(new Uint8Array());
			expect(await store.range('a', ['x'])).toEqual([{ at: 1, value: new Uint8Array() }]);
			expect(onCorrupt).toHaveBeenCalledTimes(2 * (i + 1));
		}
		await below.commit([{ table: 'a', key, value: new Uint8Array() }]);
		expect(await store.get('a', ['x', 1])).toEqual(new Uint8Array());
		expect(await store.get('a', ['x', 2])).toBeUndefined();
		await below.commit([{ table: 'a', key, value: row.value }]);
		expect(await store.get('a', ['x', 1])).toEqual(utf8('value'));
	});

	it('[AT4] does not open a value that was moved to another row or table', async () => {
		const { disk, below, store, onCorrupt } = setUp();
		await store.commit([
			{ table: 'a', key: [1], value: utf8('one') },
			{ table: 'a', key: [2], value: utf8('two') },
		]);
		const one = disk.rows().find((row) => row.key === 'n1;');
		if (one === undefined) throw new Error('no row');
		await below.commit([
			{ table: 'a', key: [2], value: one.value },
			{ table: 'b', key: [1], value: one.value },
		]);
		expect(await store.get('a', [1])).toEqual(utf8('one'));
		expect(await store.get('a', [2])).toEqual(new Uint8Array());
		expect(await store.get('b', [1])).toEqual(new Uint8Array());
		expect(onCorrupt.mock.calls).toEqual([['a'], ['b']]);
	});
});
