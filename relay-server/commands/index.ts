// The commands of `aegis-relay` by name, and its help. [RV1]
import { backup, drain, quota, status } from './administer.ts';
import type { Command } from './command.ts';
import { configCheck } from './config-check.ts';
import { invite, invites, revoke } from './invitations.ts';
import { migrate } from './migrate.ts';
import { restore } from './restore.ts';
import { settingsHelp } from '../config/settings.ts';

const COMMANDS: Readonly<Record<string, Command>> = {
	'config check': configCheck,
	status,
	quota,
	drain,
	invite,
	invites,
	revoke,
	backup,
	restore,
	migrate,
};

export interface Chosen {
	/** Undefined: run a relay. */
	readonly command: Command | undefined;
	readonly words: readonly string[];
}

/** The command that the words begin with; undefined when there is none of that name. */
export function commandOf(words: readonly string[]): Chosen | undefined {
	if (words.length === 0 || (words.length === 1 && words[0] === 'start')) {
		return { command: undefined, words: [] };
	}
	const [name = '', second = ''] = words;
	const two = COMMANDS[`${name} ${second}`];
	if (two !== undefined) return { command: two, words: words.slice(2) };
	const one = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
	return one === undefined ? undefined : { command: one, words: words.slice(1) };
}

const line = ({ usage, help }: Pick<Command, 'usage' | 'help'>): string =>
	`  ${usage.padEnd(25)} ${help}`;

export const HELP = `Usage: aegis-relay [command] [options]

An Aegis relay: keeps sealed packets for devices that are away, answers STUN, and can serve the app.

Commands
${[{ usage: 'start', help: 'run a relay (also without a command)' }, ...Object.values(COMMANDS)].map(line).join('\n')}

Settings: as options here, in the environment, or in a TOML file (port = 8080). Options go first, then the environment.
${settingsHelp()}
  --help                    this text
`;
