// Lets work that waits for its turn be done together: what is asked for while others are at it becomes one piece of work,
// up to a number, and each who asked gets an answer of their own.
import type { Queue } from './queue.ts';

export interface Grouping<T, R> {
	add(item: T): Promise<R>;
	/** What is added from now on comes after what is put into the queue now. */
	end(): void;
}

export function createGrouping<T, R>(
	queue: Queue,
	most: number,
	/** One answer for each item, in their order. */
	work: (items: readonly T[]) => Promise<readonly R[]>,
): Grouping<T, R> {
	let open: { readonly items: T[]; readonly answers: Promise<readonly R[]> } | null = null;

	function begin(): { readonly items: T[]; readonly answers: Promise<readonly R[]> } {
		const items: T[] = [];
		const answers = queue(() => {
			if (open?.items === items) open = null;
			return work(items);
		});
		return { items, answers };
	}

	return {
		async add(item) {
			if (open === null || open.items.length >= most) open = begin();
			const { items, answers } = open;
			const at = items.push(item) - 1;
			const answer = (await answers)[at];
			if (answer === undefined) throw new Error('no answer');
			return answer;
		},
		end() {
			open = null;
		},
	};
}
