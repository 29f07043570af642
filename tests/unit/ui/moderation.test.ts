import { describe, expect, it } from 'vitest';
import { goneDetail, goneText, quotedText, shownText } from '#lib/components/format/gone.ts';
import { moderationProblem } from '#lib/components/format/problems.ts';
import { inTime } from '#lib/components/format/time.ts';
import { actWords, personOf } from '#lib/components/moderation/act-words.ts';
import { messageActs, perform, personActs, type Act } from '#lib/components/moderation/acts.ts';
import {
	actionSentence,
	filterLog,
	groupOptions,
	personOptions,
	verdictSentence,
} from '#lib/components/moderation/log-words.ts';
import { graveLast } from '#lib/components/moderation/menu-entries.ts';
import type { ActionView, MemberView, MessageView } from '#lib/messenger/api.ts';
import { listedChannels } from '#lib/state/channel-order.ts';
import { reasonRoom } from '#lib/state/reason.ts';
import { openReports } from '#lib/state/reports.ts';
import { createFakeMessenger } from '../../support/fake-messenger.ts';
import { fakeHash } from '../../support/fake-data.ts';

const ME = 'me';

const action = (type: ActionView['type'], rest: Partial<ActionView> = {}): ActionView => ({
	id: type,
	type,
	by: 'mina',
	byName: 'Mina',
	target: 'kofi',
	targetName: 'Kofi',
	reason: '',
	time: 0,
	verdict: 'valid',
	undone: false,
	mayUndo: false,
	messages: 1,
	message: null,
	...rest,
});

const message: MessageView = {
	id: 'm',
	author: 'kofi',
	authorName: 'Kofi',
	mine: false,
	text: 'hello',
	time: 0,
	late: false,
	expiry: null,
	replyTo: null,
	delivery: null,
	gone: null,
	blocked: false,
	may: { purge: false, delete: false, report: true },
};

const kofi: MemberView = {
	rootHash: 'kofi',
	name: 'Kofi',
	isMe: false,
	role: 'member',
	shadowBanned: false,
	forked: false,
	blocked: false,
	verified: false,
	namesake: false,
	may: { ban: false, shadowBan: false, grant: false, revoke: false },
	devices: 1,
	online: true,
};

describe('a moderation log in words', () => {
	it('says who did what to whom', () => {
		expect(actionSentence(action('ban'), ME)).toBe('Mina banned Kofi');
		expect(actionSentence(action('purge', { messages: 3 }), ME)).toBe(
			'Mina purged 3 messages by Kofi',
		);
		expect(actionSentence(action('recall', { target: null, targetName: '' }), ME)).toBe(
			'Mina recalled an invitation',
		);
	});

	it('calls the reader “you”, whichever side they were on', () => {
		expect(actionSentence(action('ban', { by: ME }), ME)).toBe('You banned Kofi');
		expect(actionSentence(action('ban', { target: ME }), ME)).toBe('Mina banned you');
		expect(actionSentence(action('fork', { target: ME }), ME)).toContain('your devices');
		expect(actionSentence(action('purge', { by: ME, target: ME }), ME)).toBe(
			'You deleted your own message',
		);
	});

	it('names whose invitation was recalled, and nobody where no name is known', () => {
		expect(actionSentence(action('recall'), ME)).toBe('Mina recalled an invitation by Kofi');
		expect(actionSentence(action('recall', { target: 'mina' }), ME)).toBe(
			'Mina recalled an invitation',
		);
		expect(actionSentence(action('unban', { target: null, targetName: '' }), ME)).toBe(
			'Mina undid the ban of somebody',
		);
	});

	it('tells a purge from somebody deleting what they wrote', () => {
		expect(actionSentence(action('purge', { target: 'mina' }), ME)).toBe(
			'Mina deleted their own message',
		);
	});

	it('says why an action has no effect', () => {
		expect(verdictSentence(action('ban'), ME)).toBe('Verified');
		expect(verdictSentence(action('ban', { verdict: 'not-senior' }), ME)).toMatch(
			/^No effect: .*Kofi/,
		);
		expect(verdictSentence(action('ban', { verdict: 'not-allowed' }), ME)).toContain('Mina');
	});

	it('is sifted by kind and by person on either side', () => {
		const log = [
			action('ban'),
			action('unban', { by: 'jonas', byName: 'Jonas' }),
			action('purge', { target: 'mina' }),
		];
		const types = (group: '' | 'bans', person: string) =>
			filterLog(log, { group, person }).map(({ type }) => type);
		expect(types('', '')).toEqual(['ban', 'unban', 'purge']);
		expect(types('bans', '')).toEqual(['ban', 'unban']);
		expect(types('', 'kofi')).toEqual(['ban', 'unban']);
		expect(types('bans', 'mina')).toEqual(['ban']);
	});

	it('offers the kinds and people that occur, once each', () => {
		const log = [action('ban', { target: ME, targetName: 'Alex' }), action('unban')];
		expect(groupOptions(log).map(({ value }) => value)).toEqual(['', 'bans']);
		expect(personOptions(log, ME).map(({ label }) => label)).toEqual([
			'Everybody',
			'Kofi',
			'Mina',
			'You',
		]);
	});

	it('keeps a report open until its message is purged by somebody who may', () => {
		const report = action('report', { message: 'm' });
		const purge = (verdict: ActionView['verdict']) => action('purge', { message: 'm', verdict });
		expect(openReports([report])).toEqual([report]);
		expect(openReports([purge('not-allowed'), report])).toEqual([report]);
		expect(openReports([purge('valid'), report])).toEqual([]);
		expect(openReports([action('purge'), report])).toEqual([report]);
		expect(openReports([action('report', { verdict: 'void' })])).toEqual([]);
	});
});

describe('what may be done', () => {
	it('offers what the messenger allows and nothing else', () => {
		expect(personActs(kofi)).toEqual([]);
		expect(personActs({ ...kofi, may: { ...kofi.may, ban: true, grant: true } })).toEqual([
			'grant',
			'ban',
		]);
		expect(messageActs(message)).toEqual(['report']);
	});

	it('names the person it is about, and nobody for a message of one’s own', () => {
		expect(personOf({ kind: 'purge', message })).toEqual({ rootHash: 'kofi', name: 'Kofi' });
		expect(personOf({ kind: 'delete', message: { ...message, mine: true } })).toBeNull();
		expect(personOf({ kind: 'undo', action: action('ban') })?.name).toBe('Kofi');
	});

	it('says what it does in words that fit the act', () => {
		const ban = actWords({ kind: 'ban', person: kofi });
		expect(ban.text).toMatch(/Kofi.*24 hours/);
		expect(ban.grave && ban.asksReason).toBe(true);
		expect(actWords({ kind: 'purge', message }).text).toContain('[Purged by Powernode]');
		expect(actWords({ kind: 'grant', person: kofi }).asksReason).toBe(false);
		const undo = (type: 'ban' | 'shadow-ban') =>
			actWords({ kind: 'undo', action: action(type) }).title;
		expect(undo('ban')).not.toBe(undo('shadow-ban'));
	});

	it('says truly who reads the reason', () => {
		const readers = (act: Act): string => actWords(act).readers;
		expect(readers({ kind: 'ban', person: kofi })).toContain('Everybody');
		expect(readers({ kind: 'report', message })).toContain('Only the Powernodes');
		expect(readers({ kind: 'shadow-ban', person: kofi })).toContain('Kofi');
		expect(readers({ kind: 'undo', action: action('shadow-ban') })).toContain('Kofi');
	});

	it('puts what is grave at the end of a menu', () => {
		const entry = (label: string, tone?: 'danger') => ({
			label,
			icon: () => ({}),
			run: () => undefined,
			...(tone ? { tone } : {}),
		});
		const entries = [entry('ban', 'danger'), entry('copy'), entry('purge', 'danger')];
		expect(graveLast(entries).map(({ label }) => label)).toEqual(['copy', 'ban', 'purge']);
	});

	it('counts the room for a reason in bytes', () => {
		expect(reasonRoom('')).toBe(280);
		expect(reasonRoom('x'.repeat(281))).toBe(-1);
		expect(reasonRoom('é'.repeat(100))).toBe(80);
		expect(reasonRoom('  x  ')).toBe(279);
	});

	it('has a sentence for each failure', () => {
		expect(moderationProblem({ type: 'gone' })).toContain('no longer there');
	});
});

describe('a message that is gone', () => {
	const purged = { how: 'purged', byName: 'Mina', reason: 'spam' } as const;

	it('says so, by whom and why', () => {
		expect(goneText(purged)).toBe('[Purged by Powernode]');
		expect(goneDetail(purged)).toMatch(/Mina.*spam/);
		expect(goneDetail({ ...purged, reason: '' })).toContain('No reason');
		expect(goneDetail({ ...purged, how: 'deleted' })).toBeNull();
	});

	it('says so in quotes of it and where it is announced', () => {
		const gone = { ...message, text: '', gone: purged };
		expect(shownText(gone)).toBe('[Purged by Powernode]');
		expect(shownText(message)).toBe('hello');
		expect(quotedText(gone)).toBe('[Purged by Powernode]');
		expect(quotedText(undefined)).toBe('The message is not here.');
	});
});

it('lists archived channels last, the others as they came', () => {
	const channel = (id: string, archived: boolean) => ({
		id,
		name: id,
		unread: 0,
		archived,
		readOnly: false,
		timer: 0,
		mayWrite: true,
	});
	const order = [channel('a', true), channel('b', false), channel('c', true), channel('d', false)];
	expect(listedChannels(order).map(({ id }) => id)).toEqual(['b', 'd', 'a', 'c']);
});

it('tells how long until something without promising more than there is', () => {
	const hour = 3_600_000;
	expect(inTime(24 * hour - 1, 0)).toBe('in 23 hours');
	expect(inTime(hour - 1, 0)).toBe('in 59 minutes');
	expect(inTime(0, hour)).toBe('in 1 minute');
});

describe('acts reach the messenger', () => {
	it('each its own, with the reason', async () => {
		const fake = createFakeMessenger('Alex', { role: 'founder' });
		const moderation = fake.moderation(fakeHash('harbour'));
		const choices = { reason: 'because', voidInvites: false };
		const person = { rootHash: fakeHash('kofi'), name: 'Kofi' };
		for (const kind of ['grant', 'revoke', 'shadow-ban', 'ban'] as const) {
			expect((await perform(moderation, { kind, person }, choices)).ok).toBe(true);
		}
		const done = moderation.log.get().map(({ type, reason }) => [type, reason]);
		expect(done).toEqual([
			['ban', 'because'],
			['shadow-ban', 'because'],
			['revoke', 'because'],
			['grant', ''],
		]);
		const [ban] = moderation.log.get();
		if (!ban) throw new Error('nothing in the log');
		await perform(moderation, { kind: 'undo', action: ban }, choices);
		expect(moderation.log.get()[0]?.type).toBe('unban');
	});
});
