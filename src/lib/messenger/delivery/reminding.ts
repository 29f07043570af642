// Asks devices for the word that they hold what this one has written, as long as it is missing: what was lost on its way,
// an entry or the word that it came, is made good by that. [OB1] [OB5]
import type { Clock } from '#lib/ports/clock.ts';
import type { Outbox } from './outbox.ts';
import type { Post } from './post-face.ts';
import type { SpaceSync } from './space-sync.ts';

/** How often devices whose acknowledgement is missing are asked for it, as long as they can be reached. */
const ASK_EVERY = 10_000;
/** Where nobody knows who is there, so many are asked at once, each less and less often. */
const AT_ONCE = 16;
const SELDOM = 3_600_000;

interface Asked {
	readonly at: number;
	readonly wait: number;
}

/** Returns the end of it. */
export function startReminding(
	clock: Clock,
	outbox: Pick<Outbox, 'overdue'>,
	post: Pick<Post, 'route' | 'isLarge'>,
	sync: Pick<SpaceSync, 'hello' | 'ask'>,
): () => void {
	let asked = new Map<string, Asked>();
	let cancel = (): void => undefined;

	function askSome(overdue: readonly string[]): void {
		const now = clock.now();
		const late = new Set(overdue);
		asked = new Map([...asked].filter(([device]) => late.has(device)));
		const due = overdue.filter((device) => {
			const last = asked.get(device);
			return last === undefined || last.at + last.wait <= now;
		});
		for (const device of due.slice(0, AT_ONCE)) {
			const wait = Math.min(SELDOM, (asked.get(device)?.wait ?? ASK_EVERY / 2) * 2);
			asked.set(device, { at: now, wait });
			void sync.ask(device);
		}
	}

	function ask(): void {
		cancel = clock.after(ASK_EVERY, ask);
		const overdue = outbox.overdue();
		const reached = overdue.filter((device) => post.route(device) !== null);
		for (const device of reached) sync.hello(device);
		if (post.isLarge()) askSome(overdue.filter((device) => post.route(device) === null));
	}
	ask();
	return () => {
		cancel();
	};
}
