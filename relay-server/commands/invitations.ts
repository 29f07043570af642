// Commands for the invitations of a relay that runs: invite, invites, revoke. [RV19]
import { renderUnicodeCompact } from 'uqr';
import { askRelay } from './ask.ts';
import type { Command } from './command.ts';
import { table } from './words.ts';
import type { Invited, Invitations } from '../care.ts';
import { count, shortText } from '../config/kinds.ts';
import { err, ok } from '#lib/util/result.ts';

const OPEN =
	'This relay is open to everybody: invitations count once it runs with --access invited.';

export const invite: Command = {
	usage: 'invite [--for NAME]',
	help: 'make an invitation, for a relay with --access invited',
	flags: { for: { type: 'string' } },
	run: async ({ options, words, flags }) => {
		if (words.length > 0) return err('Say for whom like this: invite --for "Ada".');
		const name = shortText(flags.get('for') ?? '');
		if (!name.ok) return err(`The name ${name.error}.`);
		const body = { name: name.value };
		const told = await askRelay<Invited>(options.adminSocket, 'POST', '/invites', body);
		if (!told.ok) return told;
		const { number, link, open } = told.value;
		return ok(
			[
				`Invitation ${String(number)}, which only this link holds: pass it on safely.`,
				...(open ? [OPEN] : []),
				'',
				link,
				'',
				renderUnicodeCompact(link, { border: 2 }),
			].join('\n'),
		);
	},
};

export const invites: Command = {
	usage: 'invites',
	help: 'list the invitations that hold',
	run: async ({ options }) => {
		const told = await askRelay<Invitations>(options.adminSocket, 'GET', '/invites');
		if (!told.ok) return told;
		const { open, invitations } = told.value;
		const rows = invitations.map(({ number, name, made }) => [
			String(number),
			name === '' ? '-' : name,
			new Date(made * 1000).toISOString().slice(0, 10),
		]);
		const list = rows.length === 0 ? 'None.' : table([['Number', 'For', 'Made'], ...rows]);
		return ok(open ? `${list}\n\n${OPEN}` : list);
	},
};

export const revoke: Command = {
	usage: 'revoke NUMBER',
	help: 'end an invitation: nothing new begins by it, from this moment on',
	run: async ({ options, words: [word = '', ...more] }) => {
		const number = count(word);
		if (!number.ok || more.length > 0) return err('Say which one: revoke NUMBER (see invites).');
		const told = await askRelay<{ readonly revoked: boolean }>(
			options.adminSocket,
			'POST',
			'/revoke',
			{ number: number.value },
		);
		if (!told.ok) return told;
		if (!told.value.revoked) return err(`There is no invitation ${word}.`);
		return ok(
			`Invitation ${word} holds no longer. What was made by it goes on until it is unused.`,
		);
	},
};
