// Commands for a relay that runs: status, quota, drain, backup. [RV12] [RV14]
import { resolve } from 'node:path';
import { askRelay } from './ask.ts';
import type { Command } from './command.ts';
import { inBytes, inSeconds, table } from './words.ts';
import type { RelayStatus } from '../care.ts';
import { count, size } from '../config/kinds.ts';
import type { LiveQuota } from '../options.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

const statusWords = (status: RelayStatus): string =>
	table([
		['State', status.draining ? 'draining' : (status.problem ?? 'well')],
		['Version', status.version],
		['Up for', inSeconds(status.uptime)],
		['Connections', String(status.connections)],
		['Mailboxes', String(status.mailboxes)],
		['Packets', `${String(status.packets)} (${inBytes(status.bytes)})`],
		['Store', status.store],
		['Memory', inBytes(status.memory)],
	]);

export const status: Command = {
	usage: 'status [--json]',
	help: 'how the running relay is',
	flags: { json: { type: 'boolean' } },
	run: async ({ options, flags }) => {
		const told = await askRelay<RelayStatus>(options.adminSocket, 'GET', '/status');
		if (!told.ok) return told;
		return ok(flags.has('json') ? JSON.stringify(told.value) : statusWords(told.value));
	},
};

const quotaWords = (quota: LiveQuota): string =>
	table([
		['max-connections', String(quota.connections)],
		['max-mailboxes', String(quota.mailboxes)],
		['max-bytes', `${String(quota.bytes)} (${inBytes(quota.bytes)})`],
	]);

const QUOTAS = {
	'max-connections': ['connections', count],
	'max-mailboxes': ['mailboxes', count],
	'max-bytes': ['bytes', size],
} as const;

function quotaChange(words: readonly string[]): Result<Partial<LiveQuota>, string> {
	const change: Partial<Record<keyof LiveQuota, number>> = {};
	for (const word of words) {
		const [name = '', text = ''] = word.split('=', 2);
		if (!Object.hasOwn(QUOTAS, name)) {
			return err(`Say it like max-bytes=20G; there are ${Object.keys(QUOTAS).join(', ')}.`);
		}
		const [key, parse] = QUOTAS[name as keyof typeof QUOTAS];
		const value = parse(text);
		if (!value.ok) return err(`${name} ${value.error}, not "${text}".`);
		change[key] = value.value;
	}
	return ok(change);
}

export const quota: Command = {
	usage: 'quota [NAME=VALUE …]',
	help: 'show what the running relay holds at most, or change it until it ends',
	run: async ({ options, words }) => {
		const change = quotaChange(words);
		if (!change.ok) return change;
		const told =
			words.length === 0
				? await askRelay<LiveQuota>(options.adminSocket, 'GET', '/quota')
				: await askRelay<LiveQuota>(options.adminSocket, 'PUT', '/quota', change.value);
		if (!told.ok) return told;
		const stays =
			words.length === 0 ? '' : '\nTo keep it after a restart, put it into the settings.';
		return ok(quotaWords(told.value) + stays);
	},
};

const HOUR = 3_600_000;
const UNITS: Record<string, number> = { m: 60_000, h: HOUR, d: 24 * HOUR };

export const drain: Command = {
	usage: 'drain [--within TIME]',
	help: 'take nothing new; end when nothing waits, or after 30m, 24h, 14d (default 14d)',
	flags: { within: { type: 'string' } },
	run: async ({ options, flags }) => {
		const text = flags.get('within') ?? '14d';
		const found = /^([0-9]{1,4})([mhd])$/.exec(text);
		if (found === null)
			return err(`--within must be a time such as 30m, 24h or 14d, not "${text}".`);
		const within = Number(found[1]) * (UNITS[found[2] ?? ''] ?? 0);
		const told = await askRelay<RelayStatus>(options.adminSocket, 'POST', '/drain', { within });
		if (!told.ok) return told;
		const { packets } = told.value;
		return ok(
			`The relay takes nothing new. It ends when the ${String(packets)} packets that wait are gone, or after ${text}.`,
		);
	},
};

export const backup: Command = {
	usage: 'backup DIR',
	help: 'copy key and mailboxes of the running relay into a new folder',
	run: async ({ options, words }) => {
		const [folder, ...more] = words;
		if (folder === undefined || more.length > 0) return err('Say into which folder: backup DIR.');
		const to = resolve(folder);
		const told = await askRelay<object>(options.adminSocket, 'POST', '/backup', { to });
		return told.ok
			? ok(`${to} holds the relay's key and mailboxes: keep it as safe as the relay.`)
			: told;
	},
};
