// Mailboxes with somebody connected here, and how far each was pushed: packets that other processes stored are read from
// the store and pushed in order of their numbers, before those that come after them. [MB7] [RS7]
import type { Neighbours, News } from '#lib/ports/neighbours.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';

interface Followed {
	readonly mailbox: Bytes;
	/** Everything up to this number was pushed here. */
	told: number;
	/** What is being done, one after the other. */
	last: Promise<unknown>;
	/** A look that has not begun covers what is asked for until then. */
	asked: number;
}

export interface Following {
	/** Somebody is connected for this mailbox now; up to `highest` it is known what waits. */
	begin(mailbox: Bytes, highest: number): void;
	end(mailbox: Bytes): void;
	/** Pushes what was stored elsewhere up to `number`. */
	catchUp(mailbox: Bytes, number: number): void;
	/**
	 * A packet was stored here under `number`: resolves when everything before it was pushed, with false when it was
	 * itself.
	 */
	mine(mailbox: Bytes, number: number): Promise<boolean>;
	/** Looks at some of the mailboxes, in turn; true when that was the last of them. */
	look(limit: number): Promise<boolean>;
}

/** Packets read from the store at once. */
const STEP = 32;

export function createFollowing(
	neighbours: Pick<Neighbours, 'news' | 'highest'>,
	/** Tokens connected here. */
	tokensOf: (mailbox: Bytes) => readonly Bytes[],
	push: (mailbox: Bytes, news: News) => void,
): Following {
	const followed = new Map<string, Followed>();
	let turn: string[] = [];

	const inTurn = <T>(one: Followed, work: () => Promise<T>): Promise<T> => {
		const done = one.last.then(work, work);
		one.last = done.catch(() => undefined);
		return done;
	};
	const readUpTo = async (one: Followed, number: number): Promise<void> => {
		while (one.told < number) {
			const tokens = tokensOf(one.mailbox);
			const { mailbox, told } = one;
			const news =
				tokens.length === 0 ? [] : await neighbours.news(mailbox, told, number, tokens, STEP);
			for (const packet of news) {
				push(mailbox, packet);
				one.told = packet.number;
			}
			if (news.length < STEP) one.told = Math.max(one.told, number);
		}
	};
	const catchUp = (mailbox: Bytes, number: number): void => {
		const one = followed.get(toHex(mailbox));
		if (one === undefined || number <= Math.max(one.told, one.asked)) return;
		one.asked = number;
		void inTurn(one, async () => {
			const upTo = one.asked;
			one.asked = 0;
			await readUpTo(one, upTo);
			// A store that can't be read: the next look finds it.
		}).catch(() => undefined);
	};

	return {
		begin: (mailbox, highest) => {
			const key = toHex(mailbox);
			if (followed.has(key)) return;
			followed.set(key, { mailbox, told: highest, last: Promise.resolve(), asked: 0 });
		},
		end: (mailbox) => {
			followed.delete(toHex(mailbox));
		},
		catchUp,
		mine: async (mailbox, number) => {
			const one = followed.get(toHex(mailbox));
			if (one === undefined) return true;
			return inTurn(one, async () => {
				if (number <= one.told) return false;
				await readUpTo(one, number - 1).catch(() => undefined);
				one.told = Math.max(one.told, number);
				return true;
			});
		},
		look: async (limit) => {
			if (turn.length === 0) turn = [...followed.keys()];
			const keys = turn.splice(0, limit);
			const mailboxes = keys.flatMap((key) => followed.get(key)?.mailbox ?? []);
			if (mailboxes.length > 0) {
				for (const { mailbox, highest } of await neighbours.highest(mailboxes)) {
					catchUp(mailbox, highest);
				}
			}
			return turn.length === 0;
		},
	};
}
