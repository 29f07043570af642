// The seams of the simulated disk.
import { describe, expect, it } from 'vitest';
import { createMemoryDisk, type CommitOutcome } from '#lib/storage/memory.ts';
import { utf8, utf8ToText } from '#lib/util/bytes.ts';

const write = (key: string, value: string) => ({ table: 't', key: [key, 1], value: utf8(value) });
const settled = async (promise: Promise<unknown>): Promise<boolean> =>
	Promise.race([promise.then(() => true), new Promise<false>((r) => setImmediate(() => r(false)))]);

describe('memory disk', () => {
	it('[ST10] is put back to an earlier state under an open handle', async () => {
		const disk = createMemoryDisk();
		const store = disk.open();
		await store.commit([write('a', 'old')]);
		const snapshot = disk.snapshot();
		await store.commit([write('a', 'new'), write('b', 'more')]);
		disk.restore(snapshot);
		expect(await store.get('t', ['a', 1])).toEqual(utf8('old'));
		expect(await store.range('t', ['b'])).toEqual([]);
		await store.commit([write('a', 'again')]);
		disk.restore(snapshot);
		expect(await store.get('t', ['a', 1])).toEqual(utf8('old'));
	});

	it.each([
		['crash-before', undefined],
		['crash-after', 'x'],
	] as const)('[ST10] stops the node at a commit: %s', async (outcome, kept) => {
		const disk = createMemoryDisk();
		const store = disk.open();
		await store.commit([write('before', 'b')]);
		disk.onCommit = () => outcome;
		expect(await settled(store.commit([write('a', 'x')]))).toBe(false);
		disk.onCommit = undefined;
		expect(await settled(store.get('t', ['before', 1]))).toBe(false);
		expect(await settled(store.commit([write('late', 'x')]))).toBe(false);

		const restarted = disk.open();
		const found = await restarted.get('t', ['a', 1]);
		expect(found && utf8ToText(found)).toBe(kept);
		expect(await restarted.get('t', ['before', 1])).toEqual(utf8('b'));
		expect(await restarted.get('t', ['late', 1])).toBeUndefined();
	});

	it('[ST6] keeps nothing of a batch that fails, and goes on', async () => {
		const disk = createMemoryDisk();
		const store = disk.open();
		const outcomes: CommitOutcome[] = [{ type: 'full', detail: 'quota' }, 'apply'];
		disk.onCommit = () => outcomes.shift() ?? 'apply';
		expect(await store.commit([write('a', 'x')])).toEqual({
			ok: false,
			error: { type: 'full', detail: 'quota' },
		});
		expect(disk.rows()).toEqual([]);
		expect((await store.commit([write('b', 'y')])).ok).toBe(true);
		expect(disk.rows()).toEqual([{ table: 't', key: 's1:b;n1;', value: utf8('y') }]);
	});
});
