// What has been moderated in a fake space, and its invitations.
import type { ActionView, OpenInvitation } from '#lib/messenger/api.ts';
import { fakeHash, NOW, PEOPLE } from './fake-data.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

/** A year of moderation, newest first; reports only for those who see them. */
export function fakeLog(moderates: boolean): readonly ActionView[] {
	const names = new Map(PEOPLE.map(({ key, name }) => [key as string, name as string]));
	const line = (
		type: ActionView['type'],
		by: string,
		target: string | null,
		ago: number,
		rest: Partial<ActionView> = {},
	): ActionView => ({
		id: `log-${type}-${String(ago)}`,
		type,
		by: fakeHash(by),
		byName: names.get(by) ?? '',
		target: target === null ? null : fakeHash(target),
		targetName: names.get(target ?? '') ?? '',
		reason: '',
		time: NOW - ago,
		verdict: 'valid',
		undone: false,
		mayUndo: false,
		messages: 0,
		message: null,
		...rest,
	});
	const reason = 'Posts the same advertisement in every channel.';
	return [
		...(moderates
			? [
					line('report', 'layla', 'kofi', 20 * MINUTE, {
						reason: 'This is my home address.',
						messages: 1,
						message: 'm372',
					}),
				]
			: []),
		line('purge', 'mina', 'jonas', 50 * MINUTE, {
			reason: 'Somebody’s phone number.',
			messages: 1,
			message: 'm394',
		}),
		...(moderates ? [line('shadow-ban', 'mina', 'ines', 2 * DAY, { reason, mayUndo: true })] : []),
		line('revoke', 'kofi', 'jonas', 3 * DAY, { verdict: 'not-senior' }),
		line('ban', 'kofi', 'layla', 3 * DAY + MINUTE, { verdict: 'not-allowed', reason: 'Because.' }),
		line('fork', 'tomas', 'tomas', 5 * DAY),
		line('recall', 'jonas', null, 9 * DAY),
		line('unban', 'jonas', 'kofi', 11 * DAY, { reason: 'We talked.' }),
		line('ban', 'jonas', 'kofi', 12 * DAY, { reason, undone: true }),
		line('grant', 'mina', 'jonas', 200 * DAY),
	];
}

export function fakeInvitations(me: string): readonly OpenInvitation[] {
	const one = (id: string, byName: string, rest: Partial<OpenInvitation>): OpenInvitation => ({
		id,
		byName,
		uses: 10,
		used: 3,
		expiry: NOW + 5 * DAY,
		state: 'open',
		mayRecall: true,
		link: null,
		...rest,
	});
	return [
		one('spent', 'Jonas Weber', { uses: 5, used: 5, state: 'spent', mayRecall: false }),
		one('mine', 'Alex', { link: `https://aegis.example/#/join/${me}` }),
		one('minas', 'Mina Okafor', { expiry: 0, uses: 100, used: 12 }),
		one('old', 'Mina Okafor', { state: 'expired', mayRecall: false, used: 0 }),
	];
}
