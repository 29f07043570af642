// Work that waits for its turn is done together.
import { describe, expect, it } from 'vitest';
import { createGrouping } from '#lib/messenger/grouping.ts';
import { createQueue } from '#lib/messenger/queue.ts';

describe('work that waits', () => {
	function start(most: number) {
		const queue = createQueue();
		const done: (readonly number[])[] = [];
		let go = (): void => undefined;
		const gate = new Promise<void>((resolve) => (go = resolve));
		const busy = queue(() => gate);
		const grouping = createGrouping<number, string>(queue, most, (items) => {
			done.push(items);
			return Promise.resolve(items.map((n) => `done ${n}`));
		});
		return { queue, done, grouping, free: () => (go(), busy) };
	}

	it('becomes one piece of work, with an answer for each, in order', async () => {
		const { done, grouping, free } = start(64);
		const answers = Promise.all([1, 2, 3].map((n) => grouping.add(n)));
		expect(done).toEqual([]);
		await free();
		expect(await answers).toEqual(['done 1', 'done 2', 'done 3']);
		expect(done).toEqual([[1, 2, 3]]);
		expect(await grouping.add(4)).toBe('done 4');
	});

	it('is no more than so many at once', async () => {
		const { done, grouping, free } = start(2);
		const answers = Promise.all([1, 2, 3].map((n) => grouping.add(n)));
		await free();
		await answers;
		expect(done).toEqual([[1, 2], [3]]);
	});

	it('is not put before what was asked for in between', async () => {
		const { queue, done, grouping, free } = start(64);
		const first = grouping.add(1);
		grouping.end();
		const between = queue(() => Promise.resolve(void done.push([])));
		const last = grouping.add(2);
		await free();
		await Promise.all([first, between, last]);
		expect(done).toEqual([[1], [], [2]]);
	});

	it('fails for all of a group, and the next is done all the same', async () => {
		let isBroken = true;
		const grouping = createGrouping<number, number>(createQueue(), 64, (items) =>
			isBroken ? Promise.reject(new Error('broken')) : Promise.resolve(items),
		);
		const both = await Promise.allSettled([grouping.add(1), grouping.add(2)]);
		expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
		isBroken = false;
		expect(await grouping.add(3)).toBe(3);
	});
});
