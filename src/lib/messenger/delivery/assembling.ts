// Puts together what came in parts, in whatever order and by whatever way they come. Bounded: what is begun and not
// finished is given up, the oldest first; nothing is lost by that, because nobody was told that it had come. [PT2] [PT3]
import { isGenuine, wholeName, type Part } from '#lib/protocol/part.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import { concat, toHex, type Bytes } from '#lib/util/bytes.ts';

/** Things in assembly: of all senders, and those that one of them began. */
export const MAX_BEGUN = 32;
export const MAX_BEGUN_BY_ONE = 8;
/** How long nothing may come of one. */
export const GIVE_UP_AFTER = 5 * 60_000;
/** Names of whole things remembered, so that parts that come again begin nothing. */
const MAX_DONE = 256;

export interface Assembling {
	/** `from`: who brought it. Resolves once it is known what became of the whole; false: it must come again. */
	take(from: string, part: Part): Promise<boolean>;
	stop(): void;
}

interface Begun {
	readonly from: string;
	readonly pieces: (Bytes | undefined)[];
	missing: number;
	readonly outcome: Promise<boolean>;
	settle(taken: boolean): void;
	cancel(): void;
}

/** `onWhole`: true once the whole is dealt with for good. */
export function createAssembling(
	crypto: CryptoProvider,
	clock: Clock,
	onWhole: (from: string, whole: Bytes) => Promise<boolean>,
): Assembling {
	/** By name (hex), the one that a part came of last at the end. */
	const begun = new Map<string, Begun>();
	const done = new Set<string>();

	function end(name: string, taken: boolean): void {
		const found = begun.get(name);
		if (found === undefined) return;
		begun.delete(name);
		found.cancel();
		found.settle(taken);
	}

	function makeRoom(from: string): void {
		const own = [...begun].filter(([, each]) => each.from === from);
		const [oldest] = own.length >= MAX_BEGUN_BY_ONE ? own : begun.size >= MAX_BEGUN ? begun : [];
		if (oldest !== undefined) end(oldest[0], false);
	}

	function begin(name: string, from: string, count: number): Begun {
		makeRoom(from);
		let settle = (_: boolean): void => undefined;
		const outcome = new Promise<boolean>((resolve) => {
			settle = resolve;
		});
		const pieces = Array.from({ length: count }, (): Bytes | undefined => undefined);
		return { from, pieces, missing: count, outcome, settle, cancel: () => undefined };
	}

	async function finish(name: string, { from, pieces }: Begun): Promise<void> {
		const taken = await onWhole(from, concat(...pieces.filter((piece) => piece !== undefined)));
		if (taken) done.add(name);
		for (const oldest of done) {
			if (done.size <= MAX_DONE) break;
			done.delete(oldest);
		}
		end(name, taken);
	}

	return {
		take(from, part) {
			// What isn't what it says it is, nobody needs again.
			if (!isGenuine(crypto, part)) return Promise.resolve(true);
			const name = toHex(wholeName(crypto, part));
			if (done.has(name)) return Promise.resolve(true);
			const found = begun.get(name) ?? begin(name, from, part.hashes.length);
			if (found.missing === 0) return found.outcome;
			found.cancel();
			begun.delete(name);
			begun.set(name, found);
			found.cancel = clock.after(GIVE_UP_AFTER, () => {
				end(name, false);
			});
			if (found.pieces[part.index] === undefined) {
				found.pieces[part.index] = part.bytes;
				found.missing -= 1;
			}
			if (found.missing === 0) void finish(name, found);
			return found.outcome;
		},
		stop() {
			for (const name of begun.keys()) end(name, false);
		},
	};
}
