// The side of a copy that has the history: offers it to a device of this person that its person chose, while a direct link
// to that one stands, and tells record after record as that one asks for them. [HC1] [HC2] [HC3]
import { encodeRecordBody, type ArchiveRecord } from '#lib/protocol/archive.ts';
import { bytes, decode, encode, list, tuple } from '#lib/protocol/cbor.ts';
import {
	COPY_END,
	MAX_COPIED_SPACES,
	RECORD_PART,
	type CopyEnd,
	type CopyMessage,
	type CopyPlace,
	type SpaceShare,
} from '#lib/protocol/history-copy.ts';
import { equal, fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';
import { messagesIn, spaceRecordsFrom } from '../archive/export.ts';
import type { Ports } from '../ports.ts';
import { createQueue, type Queue } from '../queue.ts';
import type { Space } from '../space/space-face.ts';
import type { CopyPhase, CopyState, CopyWays } from './copy-ways.ts';

const ROW = { table: 'copy', key: ['out'] } as const;
const MAX_GIVEN = 64;
const shape = list(tuple(bytes(32), bytes(16)), MAX_GIVEN);
/** Whoever asks for more before it has an answer gets none. */
const MAX_ASKED = 4;

/** A space to be copied. */
export interface GivenSpace {
	readonly space: Space;
	/** This installation is no member of it. */
	readonly past: boolean;
}

interface Run {
	readonly name: Bytes;
	number: number;
	readonly records: AsyncGenerator<ArchiveRecord>;
}

interface Given {
	readonly copy: Bytes;
	readonly answering: Queue;
	phase: CopyPhase;
	linked: boolean;
	asked: number;
	done: number;
	of: number;
	run: Run | undefined;
}

export interface Giving {
	load(): Promise<void>;
	/** The person wants everything that is here to be on this device (hex) too. */
	begin(device: string): Promise<boolean>;
	end(device: string): Promise<void>;
	/** No longer shown. */
	dismiss(device: string): void;
	onMessage(from: string, message: CopyMessage): void;
	/** Links came or went, or devices did. */
	look(): void;
	states(): readonly CopyState[];
	stop(): void;
}

export function createGiving(
	ports: Ports,
	ways: CopyWays,
	spaces: () => readonly GivenSpace[],
): Giving {
	const { random, store } = ports;
	const given = new Map<string, Given>();
	let stopped = false;

	const begun = (copy: Bytes): Given => ({
		copy,
		answering: createQueue(),
		phase: 'open',
		linked: false,
		asked: 0,
		done: 0,
		of: 0,
		run: undefined,
	});

	async function keep(): Promise<boolean> {
		const rows = [...given].flatMap(([device, { copy, phase }]) => {
			const key = fromHex(device);
			return phase === 'open' && key !== undefined ? [[key, copy]] : [];
		});
		return (await store.commit([{ ...ROW, value: encode(rows.slice(-MAX_GIVEN)) }])).ok;
	}

	function endRun(each: Given): void {
		void each.run?.records.return(undefined);
		each.run = undefined;
	}

	async function finish(each: Given, phase: CopyPhase): Promise<void> {
		if (each.phase !== 'open') return;
		each.phase = phase;
		endRun(each);
		if (phase === 'done') each.done = each.of;
		await keep();
		ways.onChange();
	}

	async function shares(): Promise<SpaceShare[]> {
		const all: SpaceShare[] = [];
		for (const { space, past } of spaces().slice(0, MAX_COPIED_SPACES)) {
			all.push({ space: space.id, messages: await messagesIn(ports, space), past });
		}
		return all;
	}

	/** What is read may be closed meanwhile. */
	function unlessStopped(work: Promise<void>): Promise<void> {
		return work.catch((cause: unknown) => {
			if (!stopped) throw cause;
		});
	}

	async function offer(device: string, each: Given): Promise<void> {
		const offered = await shares();
		if (stopped || each.phase !== 'open') return;
		each.of = offered.reduce((sum, { messages }) => sum + messages, 0);
		ways.say(device, { step: 'offer', copy: each.copy, spaces: offered });
		ways.onChange();
	}

	function recordsOf(id: Bytes, from: CopyPlace | null): AsyncGenerator<ArchiveRecord> {
		const found = spaces().find(({ space }) => equal(space.id, id));
		return found === undefined ? nothing() : spaceRecordsFrom(ports, found.space, from);
	}

	async function answer(
		device: string,
		each: Given,
		ask: Extract<CopyMessage, { step: 'ask' }>,
	): Promise<void> {
		if (each.run === undefined || !equal(each.run.name, ask.run)) {
			if (ask.number !== 0) return;
			endRun(each);
			each.run = { name: ask.run, number: -1, records: recordsOf(ask.space, ask.from) };
		}
		const { run } = each;
		if (ask.number !== run.number + 1) return;
		run.number = ask.number;
		each.done = Math.min(ask.done, each.of);
		ways.onChange();
		const next = await run.records.next();
		if (stopped || each.run !== run) return;
		const record: ArchiveRecord =
			next.done === true ? { type: 'end', records: ask.number } : next.value;
		const body = encodeRecordBody(record);
		const parts = Math.max(1, Math.ceil(body.length / RECORD_PART));
		for (let index = 0; index < parts; index++) {
			ways.say(device, {
				step: 'record',
				copy: each.copy,
				run: run.name,
				number: run.number,
				index,
				parts,
				bytes: body.slice(index * RECORD_PART, (index + 1) * RECORD_PART),
			});
		}
	}

	const phases: Record<CopyEnd, CopyPhase> = {
		[COPY_END.done]: 'done',
		[COPY_END.cancelled]: 'stopped',
		[COPY_END.failed]: 'failed',
		[COPY_END.partial]: 'partial',
	};

	function look(): void {
		const others = ways.others();
		for (const [device, each] of given) {
			if (each.phase !== 'open') continue;
			// One that has ended gets nothing more.
			if (!others.includes(device)) {
				given.delete(device);
				void finish(each, 'stopped');
				continue;
			}
			const linked = ways.linked(device);
			if (linked === each.linked) continue;
			each.linked = linked;
			endRun(each);
			if (linked) void unlessStopped(offer(device, each));
			else ways.onChange();
		}
	}

	return {
		async load() {
			const row = await store.get(ROW.table, ROW.key);
			const decoded = row && decode(shape, row, 128 * MAX_GIVEN);
			if (!decoded?.ok) return;
			for (const [device, copy] of decoded.value) given.set(toHex(device), begun(copy));
		},
		async begin(device) {
			if (given.get(device)?.phase === 'open') return true;
			if (!ways.others().includes(device)) return false;
			given.set(device, begun(random.bytes(16)));
			const kept = await keep();
			if (!kept) given.delete(device);
			look();
			ways.onChange();
			return kept;
		},
		async end(device) {
			const each = given.get(device);
			if (each?.phase !== 'open') return;
			ways.say(device, { step: 'stop', copy: each.copy, end: COPY_END.cancelled });
			await finish(each, 'stopped');
		},
		dismiss(device) {
			if (given.get(device)?.phase !== 'open') given.delete(device);
			ways.onChange();
		},
		onMessage(from, message) {
			const each = given.get(from);
			const isKnown = each?.phase === 'open' && equal(each.copy, message.copy);
			if (message.step === 'want' || message.step === 'ask') {
				if (!isKnown) {
					const end = COPY_END.cancelled;
					ways.say(from, { step: 'stop', copy: message.copy, end });
				} else if (message.step === 'want') void unlessStopped(offer(from, each));
				else if (each.asked < MAX_ASKED) {
					each.asked += 1;
					const answered = each.answering(() => answer(from, each, message));
					void unlessStopped(answered.finally(() => (each.asked -= 1)));
				}
			} else if (message.step === 'stop' && isKnown) void finish(each, phases[message.end]);
		},
		look,
		states: () =>
			[...given].map(([device, { phase, linked, done, of, run }]) => ({
				device,
				gives: true,
				phase,
				linked,
				done,
				of,
				// What is not asked for waits until the other one is let in.
				arriving: linked && run === undefined,
			})),
		stop() {
			stopped = true;
			for (const each of given.values()) endRun(each);
		},
	};
}

async function* nothing(): AsyncGenerator<ArchiveRecord> {
	yield* [];
}
