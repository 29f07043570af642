// How a run of messages is laid out: days, groups of one author, and chunks that the browser may skip drawing.
import type { MessageView } from '#lib/messenger/api.ts';
import type { NoticeView } from '#lib/messenger/notices.ts';

export interface MessageRow {
	readonly message: MessageView;
	/** First of its calendar day, in the reader's time zone. */
	readonly startsDay: boolean;
	/** First and last of a group: one author, each within 5 minutes of the one before, one day. */
	readonly startsGroup: boolean;
	readonly endsGroup: boolean;
	/** Messages in a row, on one day, whose authors are blocked fold away together: their first and their number. */
	readonly fold: Fold | null;
	/** What is said right before it. */
	readonly notices: readonly NoticeView[];
}

interface Fold {
	/** Message id. */
	readonly first: string;
	readonly count: number;
}

export interface MessageChunk {
	/** Id of its first message. */
	readonly id: string;
	readonly rows: readonly MessageRow[];
}

const GROUP_GAP = 5 * 60_000;
export const CHUNK_SIZE = 30;
const NONE: readonly NoticeView[] = [];

const sameDay = (a: number, b: number): boolean =>
	new Date(a).toDateString() === new Date(b).toDateString();

const sameGroup = (a: MessageView, b: MessageView): boolean =>
	a.author === b.author && Math.abs(b.time - a.time) < GROUP_GAP;

function folds(messages: readonly MessageView[], startsDay: readonly boolean[]): (Fold | null)[] {
	const runs: MessageView[][] = [];
	const runOf = messages.map((message, at) => {
		if (!message.blocked) return null;
		const goes = messages[at - 1]?.blocked === true && startsDay[at] !== true;
		const run = (goes ? runs.at(-1) : undefined) ?? [];
		if (run.length === 0) runs.push(run);
		run.push(message);
		return run;
	});
	return runOf.map((run) => run && { first: run[0]?.id ?? '', count: run.length });
}

/** What is said after the last message. */
export const lastNotices = (
	messages: readonly MessageView[],
	notices: readonly NoticeView[],
): readonly NoticeView[] => {
	const last = messages.at(-1)?.time ?? -Infinity;
	return notices.filter(({ time }) => time >= last);
};

/** `notices`: oldest first; those from before the first message stand before it. */
export function messageRows(
	messages: readonly MessageView[],
	notices: readonly NoticeView[] = [],
): MessageRow[] {
	let told = 0;
	const before = messages.map(({ time }) => {
		const from = told;
		while ((notices[told]?.time ?? Infinity) < time) told += 1;
		return from === told ? NONE : notices.slice(from, told);
	});
	const startsDay = messages.map((message, at) => {
		const before = messages[at - 1];
		return !before || !sameDay(before.time, message.time);
	});
	const startsGroup = messages.map((message, at) => {
		const before = messages[at - 1];
		return startsDay[at] === true || !before || !sameGroup(before, message);
	});
	const folded = folds(messages, startsDay);
	return messages.map((message, at) => ({
		message,
		startsDay: startsDay[at] === true,
		startsGroup: startsGroup[at] === true,
		endsGroup: startsGroup[at + 1] ?? true,
		fold: folded[at] ?? null,
		notices: before[at] ?? NONE,
	}));
}

/**
 * Cuts rows into chunks. Where a chunk once began, one begins for good (`breaks` remembers, by message id),
 * so that older messages arriving above leave what is on screen untouched.
 */
export function chunkRows(rows: readonly MessageRow[], breaks: Set<string>): MessageChunk[] {
	const chunks: { id: string; rows: MessageRow[] }[] = [];
	for (const row of rows) {
		const { id } = row.message;
		const last = chunks.at(-1);
		if (!last || last.rows.length >= CHUNK_SIZE || breaks.has(id)) {
			breaks.add(id);
			chunks.push({ id, rows: [row] });
		} else {
			last.rows.push(row);
		}
	}
	return chunks;
}
