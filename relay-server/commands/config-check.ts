// `config check`: the settings in force, where each came from, and all that is wrong with them. [RV1]
import type { Command } from './command.ts';
import { table } from './words.ts';
import { SETTING_NAMES, SETTINGS } from '../config/settings.ts';
import type { Sources } from '../config/gather.ts';
import { checkFiles } from '../options.ts';
import { err, ok } from '#lib/util/result.ts';

const shown = (name: keyof Sources, text: string): string => {
	if (text === '') return '-';
	return 'secret' in SETTINGS[name] ? '(secret)' : text;
};

export const settingsTable = (sources: Sources): string =>
	table([
		['Setting', 'Value', 'From'],
		...SETTING_NAMES.map((name) => {
			const { text, from } = sources[name];
			return [name, shown(name, text), from];
		}),
	]);

export const configCheck: Command = {
	usage: 'config check',
	help: 'show the settings in force and where each came from',
	run: ({ options, sources }) => {
		const errors = checkFiles(options);
		const said = settingsTable(sources);
		return Promise.resolve(
			errors.length === 0
				? ok(`${said}\n\nThe settings are sound.`)
				: err(`${said}\n\n${errors.join('\n')}`),
		);
	},
};
