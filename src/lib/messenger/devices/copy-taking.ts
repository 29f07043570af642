// The side of a copy that gets the history: asks for record after record, the next once the one before is durable, and
// goes on where it was after whatever came in between. Nothing is taken on trust: it goes the way of an archive. [HC3] [HC4]
import { decodeRecordBody, type ArchiveRecord } from '#lib/protocol/archive.ts';
import {
	COPY_END,
	type CopyEnd,
	type CopyMessage,
	type SpaceShare,
} from '#lib/protocol/history-copy.ts';
import { DAY, MAX_RECORD } from '#lib/protocol/limits.ts';
import { concat, equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Archive } from '../archive-api.ts';
import type { Ports } from '../ports.ts';
import {
	advance,
	belongsIn,
	createCopyNotes,
	type NotedCopy,
	type Standing,
} from './copy-notes.ts';
import type { CopyPhase, CopyState, CopyWays } from './copy-ways.ts';

/** How long the other side may be silent in the middle of a copy. */
const PATIENCE = 30_000;
/** How long until what was silent is asked again. */
const ASK_AGAIN = 5000;
/** How long it waits to be let into the spaces that are left. */
const WAIT = 7 * DAY;

export interface TakingParts {
	readonly archive: Pick<Archive, 'takeIn'>;
	/**
	 * here: its past can be taken in. coming: this device is about to be let in. barred: it is not to come back.
	 * `past`: nobody lets this device in.
	 */
	standing(space: string, past: boolean): 'here' | 'coming' | 'barred';
}

interface Pending {
	readonly run: Bytes;
	readonly number: number;
	readonly parts: Bytes[];
	settle(record: ArchiveRecord | 'lost' | 'broken'): void;
	heard(): void;
}

interface Taken {
	copy: Bytes;
	phase: CopyPhase;
	shares: readonly SpaceShare[];
	waitingSince: number | null;
	/** By space (hex). */
	readonly standings: Map<string, Standing>;
	/** Of what was ended before this start nothing is shown. */
	shown: boolean;
	linked: boolean;
	running: boolean;
	pending: Pending | undefined;
	cancelAgain: (() => void) | undefined;
	cancelWait: (() => void) | undefined;
}

const beginning = (noted: NotedCopy, isNew: boolean): Taken => ({
	...noted,
	standings: new Map(),
	shown: isNew || noted.phase === 'open',
	linked: isNew,
	running: false,
	pending: undefined,
	cancelAgain: undefined,
	cancelWait: undefined,
});

export interface Taking {
	load(): Promise<void>;
	end(device: string): Promise<void>;
	dismiss(device: string): void;
	onMessage(from: string, message: CopyMessage): void;
	look(): void;
	states(): readonly CopyState[];
	stop(): void;
}

const PHASES: Record<CopyEnd, CopyPhase> = {
	[COPY_END.done]: 'done',
	[COPY_END.cancelled]: 'stopped',
	[COPY_END.failed]: 'failed',
	[COPY_END.partial]: 'partial',
};

export function createTaking(ports: Ports, ways: CopyWays, parts: TakingParts): Taking {
	const { clock, random, store } = ports;
	const notes = createCopyNotes(store);
	const taken = new Map<string, Taken>();
	let stopped = false;
	const now = (): number => Math.max(0, Math.floor(clock.now()));

	const keep = (): Promise<boolean> => notes.write(taken);

	async function standingOf(
		device: string,
		each: Taken,
		{ space }: Pick<SpaceShare, 'space'>,
	): Promise<Standing> {
		const key = toHex(space);
		const known = each.standings.get(key);
		if (known !== undefined) return known;
		const standing = await notes.standing(device, space);
		each.standings.set(key, standing);
		return standing;
	}

	const total = (each: Taken): number =>
		each.shares.reduce((sum, { messages }) => sum + messages, 0);
	/** A space that has come to more than was said counts as what was said. */
	const doneOf = (each: Taken): number =>
		each.shares.reduce((sum, { space, messages }) => {
			const { done = 0, finished = false } = each.standings.get(toHex(space)) ?? {};
			return sum + (finished ? messages : Math.min(done, messages));
		}, 0);

	async function finish(device: string, each: Taken, phase: CopyPhase): Promise<void> {
		if (each.phase !== 'open') return;
		each.phase = phase;
		each.waitingSince = null;
		each.cancelAgain?.();
		each.cancelWait?.();
		each.pending?.settle('lost');
		if (phase === 'done') await notes.clear(device);
		await keep();
		ways.onChange();
	}

	/** Ends a copy and says so. */
	async function finishBoth(device: string, each: Taken, end: CopyEnd): Promise<void> {
		ways.say(device, { step: 'stop', copy: each.copy, end });
		await finish(device, each, PHASES[end]);
	}

	async function onOffer(
		device: string,
		{ copy, spaces }: Extract<CopyMessage, { step: 'offer' }>,
	): Promise<void> {
		let each = taken.get(device);
		if (each !== undefined && equal(each.copy, copy) && each.phase !== 'open') {
			const { phase } = each;
			const ends = Object.values(COPY_END).filter((end) => PHASES[end] === phase);
			const [end = COPY_END.cancelled] = phase === 'failed' ? [] : ends;
			ways.say(device, { step: 'stop', copy, end });
			return;
		}
		if (each === undefined) {
			each = beginning({ copy, phase: 'open', shares: spaces, waitingSince: null }, true);
			taken.set(device, each);
		}
		if (!equal(each.copy, copy)) {
			each.pending?.settle('lost');
			// After one that was done, everything anew; after one that was not, on from there.
			each.standings.clear();
			each.copy = copy;
		}
		Object.assign(each, { shares: spaces, phase: 'open', shown: true, linked: true });
		for (const share of spaces) await standingOf(device, each, share);
		await keep();
		begin(device, each);
	}

	/** The next space that is not copied yet and can be. */
	async function nextSpace(device: string, each: Taken): Promise<SpaceShare | undefined> {
		for (const share of each.shares) {
			const standing = await standingOf(device, each, share);
			if (standing.finished) continue;
			const where = parts.standing(toHex(share.space), share.past);
			if (where === 'here') return share;
			if (where === 'barred') standing.finished = true;
		}
		return undefined;
	}

	const isOn = (device: string, each: Taken): boolean =>
		!stopped && each.phase === 'open' && taken.get(device) === each && ways.linked(device);

	/** What it reads and writes may be closed under it. */
	function begin(device: string, each: Taken): void {
		void run(device, each).catch((cause: unknown) => {
			if (!stopped) throw cause;
		});
	}

	function later(device: string, each: Taken): void {
		each.cancelAgain?.();
		each.cancelAgain = clock.after(ASK_AGAIN, () => {
			begin(device, each);
		});
	}

	async function run(device: string, each: Taken): Promise<void> {
		if (each.running) return;
		each.running = true;
		let outcome: 'done' | 'lost' | 'failed' = 'done';
		while (isOn(device, each) && outcome === 'done') {
			const share = await nextSpace(device, each);
			ways.onChange();
			if (share === undefined) break;
			outcome = await takeSpace(device, each, share);
		}
		each.running = false;
		if (!isOn(device, each)) return;
		if (outcome === 'failed') await finishBoth(device, each, COPY_END.failed);
		else if (outcome === 'lost') {
			later(device, each);
		} else if (each.shares.every(({ space }) => each.standings.get(toHex(space))?.finished)) {
			await finishBoth(device, each, COPY_END.done);
		} else await wait(device, each);
	}

	/** All that is left is of spaces that nobody has let this device into: after a while it ends so. [HC4] */
	async function wait(device: string, each: Taken): Promise<void> {
		const isNew = each.waitingSince === null;
		each.waitingSince ??= now();
		const left = each.waitingSince + WAIT - now();
		if (left <= 0) {
			await finishBoth(device, each, COPY_END.partial);
			return;
		}
		each.cancelWait?.();
		each.cancelWait = clock.after(left, look);
		if (isNew) await keep();
		ways.onChange();
	}

	async function takeSpace(
		device: string,
		each: Taken,
		{ space }: SpaceShare,
	): Promise<'done' | 'lost' | 'failed'> {
		const standing = await standingOf(device, each, { space });
		each.waitingSince = null;
		const importing = parts.archive.takeIn();
		const name = random.bytes(16);
		const ask = (number: number): Promise<ArchiveRecord | 'lost' | 'broken'> => {
			const { copy } = each;
			const { from } = standing;
			return answerTo(device, each, {
				...{ step: 'ask' as const, copy, run: name, number, space, from },
				done: doneOf(each),
			});
		};
		let coming = ask(0);
		for (let number = 0; ; number++) {
			const record = await coming;
			if (record === 'lost' || record === 'broken' || !belongsIn(record, number, space)) {
				// What has come is there to be read.
				if (!stopped) await importing.take({ type: 'end', records: number });
				return record === 'lost' ? 'lost' : 'failed';
			}
			const isLast = record.type === 'end';
			if (!isLast) coming = ask(number + 1);
			if (!(await importing.take(record)).ok) {
				each.pending?.settle('lost');
				return 'failed';
			}
			if (record.type === 'entries') advance(standing, record);
			standing.finished = isLast;
			if (isLast || record.type === 'entries') {
				if (!(await notes.writeStanding(device, space, standing))) return 'failed';
			}
			ways.onChange();
			if (isLast) return 'done';
		}
	}

	/** Asks, and waits for the whole record. */
	function answerTo(
		device: string,
		each: Taken,
		ask: Extract<CopyMessage, { step: 'ask' }>,
	): Promise<ArchiveRecord | 'lost' | 'broken'> {
		return new Promise((resolve) => {
			let cancel = (): void => undefined;
			const pending: Pending = {
				run: ask.run,
				number: ask.number,
				parts: [],
				settle(record) {
					cancel();
					if (each.pending === pending) each.pending = undefined;
					resolve(record);
				},
				heard() {
					cancel();
					cancel = clock.after(PATIENCE, () => {
						pending.settle('lost');
					});
				},
			};
			each.pending?.settle('lost');
			each.pending = pending;
			pending.heard();
			if (isOn(device, each)) ways.say(device, ask);
			else pending.settle('lost');
		});
	}

	function onRecord(each: Taken, part: Extract<CopyMessage, { step: 'record' }>): void {
		const { pending } = each;
		if (pending === undefined || !equal(pending.run, part.run)) return;
		if (pending.number !== part.number || pending.parts.length !== part.index) return;
		pending.heard();
		pending.parts.push(part.bytes);
		if (pending.parts.length < part.parts) return;
		const body = concat(...pending.parts);
		const record = body.length > MAX_RECORD ? undefined : decodeRecordBody(body);
		pending.settle(record?.ok === true ? record.value : 'broken');
	}

	function look(): void {
		const others = ways.others();
		for (const [device, each] of taken) {
			if (each.phase !== 'open') continue;
			if (!others.includes(device)) {
				void finish(device, each, 'stopped');
				continue;
			}
			const linked = ways.linked(device);
			if (linked !== each.linked) {
				each.linked = linked;
				each.cancelAgain?.();
				if (!linked) each.pending?.settle('lost');
				else {
					ways.say(device, { step: 'want', copy: each.copy });
					// The other side may not have known yet who speaks on this link.
					later(device, each);
				}
			} else if (linked && !each.running) begin(device, each);
		}
	}

	return {
		async load() {
			for (const [device, noted] of await notes.read()) {
				const each = beginning(noted, false);
				taken.set(device, each);
				if (each.phase !== 'open') continue;
				for (const share of each.shares) await standingOf(device, each, share);
			}
		},
		async end(device) {
			const each = taken.get(device);
			if (each?.phase === 'open') await finishBoth(device, each, COPY_END.cancelled);
		},
		dismiss(device) {
			const each = taken.get(device);
			if (each !== undefined && each.phase !== 'open') each.shown = false;
			ways.onChange();
		},
		onMessage(from, message) {
			if (message.step === 'offer') {
				void onOffer(from, message);
				return;
			}
			const each = taken.get(from);
			if (each === undefined || !equal(each.copy, message.copy)) return;
			if (message.step === 'record') onRecord(each, message);
			else if (message.step === 'stop') void finish(from, each, 'stopped');
		},
		look,
		states: () =>
			[...taken]
				.filter(([, { shown }]) => shown)
				.map(([device, each]) => ({
					device,
					gives: false,
					phase: each.phase,
					linked: each.linked,
					arriving: each.linked && !each.running,
					done: doneOf(each),
					of: total(each),
				})),
		stop() {
			stopped = true;
			for (const each of taken.values()) {
				each.cancelAgain?.();
				each.cancelWait?.();
				each.pending?.settle('lost');
			}
		},
	};
}
