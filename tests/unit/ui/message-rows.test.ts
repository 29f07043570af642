import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MessageView } from '#lib/messenger/api.ts';
import type { NoticeView } from '#lib/messenger/notices.ts';
import { CHUNK_SIZE, chunkRows, lastNotices, messageRows } from '#lib/state/message-rows.ts';

const MINUTE = 60_000;
const NOON = new Date(2026, 4, 12, 12).getTime();

const message = (id: string, author: string, time: number): MessageView => ({
	id,
	author,
	authorName: author,
	mine: false,
	text: id,
	time,
	late: false,
	expiry: null,
	replyTo: null,
	delivery: null,
	gone: null,
	blocked: false,
	may: { purge: false, delete: false, report: false },
});

describe('rows of messages', () => {
	it('groups what one author writes within five minutes', () => {
		const rows = messageRows([
			message('a', 'Alice', NOON),
			message('b', 'Alice', NOON + 4 * MINUTE),
			message('c', 'Alice', NOON + 9 * MINUTE),
			message('d', 'Bob', NOON + 9 * MINUTE),
		]);
		expect(rows.map(({ startsGroup }) => startsGroup)).toEqual([true, false, true, true]);
		expect(rows.map(({ endsGroup }) => endsGroup)).toEqual([false, true, true, true]);
	});

	it('starts a day, and with it a group, at midnight', () => {
		const midnight = new Date(2026, 4, 13).getTime();
		const rows = messageRows([
			message('a', 'Alice', midnight - MINUTE),
			message('b', 'Alice', midnight + MINUTE),
		]);
		expect(rows.map(({ startsDay }) => startsDay)).toEqual([true, true]);
		expect(rows[1]?.startsGroup).toBe(true);
	});

	it('[DM1] puts what is said between messages where it belongs, once each', () => {
		const notice = (id: string, time: number): NoticeView => ({
			id,
			time,
			what: { type: 'timer', seconds: 60 },
			who: 'a',
			name: 'Alice',
			mine: false,
		});
		const messages = [message('a', 'Alice', NOON), message('b', 'Bob', NOON + 10 * MINUTE)];
		const notices = [-5, 2, 3, 10, 12].map((at) => notice(`n${at}`, NOON + at * MINUTE));
		const rows = messageRows(messages, notices);
		expect(rows.map((row) => row.notices.map(({ id }) => id))).toEqual([['n-5'], ['n2', 'n3']]);
		expect(lastNotices(messages, notices).map(({ id }) => id)).toEqual(['n10', 'n12']);
		expect(lastNotices([], notices)).toHaveLength(5);
	});

	it('folds messages of blocked people that follow each other, day by day', () => {
		const midnight = new Date(2026, 4, 13).getTime();
		const blocked = (id: string, time: number) => ({ ...message(id, 'Bob', time), blocked: true });
		const rows = messageRows([
			blocked('a', NOON),
			blocked('b', NOON + 60 * MINUTE),
			message('c', 'Alice', NOON + 61 * MINUTE),
			blocked('d', NOON + 62 * MINUTE),
			blocked('e', midnight),
		]);
		expect(rows.map(({ fold }) => fold && [fold.first, fold.count])).toEqual([
			['a', 2],
			['a', 2],
			null,
			['d', 1],
			['e', 1],
		]);
	});

	it('keeps every message once and in order, whatever the chunks', () => {
		fc.assert(
			fc.property(fc.nat(400), fc.nat(400), (older, newer) => {
				const all = Array.from({ length: older + newer }, (_, at) =>
					message(String(at), 'Alice', NOON + at),
				);
				const breaks = new Set<string>();
				chunkRows(messageRows(all.slice(older)), breaks);
				const chunks = chunkRows(messageRows(all), breaks);
				const shown = chunks.flatMap(({ rows }) => rows.map((row) => row.message.id));
				expect(shown).toEqual(all.map(({ id }) => id));
				expect(chunks.every(({ rows }) => rows.length <= CHUNK_SIZE)).toBe(true);
			}),
		);
	});

	it('leaves the chunks on screen as they are when older messages come in above', () => {
		const all = Array.from({ length: 300 }, (_, at) => message(String(at), 'Alice', NOON + at));
		const breaks = new Set<string>();
		const before = chunkRows(messageRows(all.slice(130)), breaks);
		const after = chunkRows(messageRows(all), breaks);
		expect(after.slice(-before.length).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
	});
});
