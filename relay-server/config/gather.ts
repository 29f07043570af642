// Finds the text of every setting: flags first, then the environment, then the file, then the defaults; and turns it
// into values. Tells everything that is wrong at once. [RV1]
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parse as parseToml, TomlError } from 'smol-toml';
import {
	environmentName,
	isSettingName,
	SETTING_NAMES,
	SETTINGS,
	type SettingName,
	type Values,
} from './settings.ts';
import type { Result } from '#lib/util/result.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A setting's text and who gave it, in words: `--port`, `AEGIS_PORT`, the file's path, `default`. */
export interface Given {
	readonly text: string;
	readonly from: string;
}
export type Sources = Readonly<Record<SettingName, Given>>;

export interface Gathered {
	readonly sources: Sources;
	/** What was said on the command line besides settings. */
	readonly words: readonly string[];
	readonly help: boolean;
	/** Sentences. */
	readonly errors: readonly string[];
}

export const textOf = (cause: unknown): string =>
	cause instanceof Error ? (cause.message.split('\n', 1)[0] ?? '') : 'unknown';

type Flag = { readonly type: 'boolean' | 'string' };

interface Line {
	readonly flags: ReadonlyMap<string, string>;
	readonly words: readonly string[];
	readonly errors: readonly string[];
}

/** Flags that a command takes besides the settings. */
export type ExtraFlags = Readonly<Record<string, Flag>>;

function readLine(args: readonly string[], extra: ExtraFlags): Line {
	const options: Record<string, Flag> = { ...extra, help: { type: 'boolean' } };
	for (const name of SETTING_NAMES) {
		options[name] = { type: SETTINGS[name].takes === '' ? 'boolean' : 'string' };
	}
	const { tokens } = parseArgs({
		args: [...args],
		options,
		allowPositionals: true,
		strict: false,
		tokens: true,
	});
	const flags = new Map<string, string>();
	const words: string[] = [];
	const errors: string[] = [];
	for (const token of tokens) {
		if (token.kind === 'positional') words.push(token.value);
		if (token.kind !== 'option') continue;
		const known = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
		if (known === undefined) {
			errors.push(`There is no option "${token.rawName}". Try --help.`);
		} else if (known.type === 'boolean') {
			if (token.value === undefined) flags.set(token.name, 'yes');
			else errors.push(`${token.rawName} takes no value.`);
		} else if (token.value === undefined || (!token.inlineValue && token.value.startsWith('--'))) {
			errors.push(`${token.rawName} needs a value.`);
		} else {
			flags.set(token.name, token.value);
		}
	}
	return { flags, words, errors };
}

interface FileSettings {
	readonly texts: ReadonlyMap<SettingName, string>;
	readonly errors: readonly string[];
}

function readConfigFile(path: string): FileSettings {
	const texts = new Map<SettingName, string>();
	let table: Readonly<Record<string, unknown>>;
	try {
		table = parseToml(readFileSync(path, 'utf8'));
	} catch (cause) {
		const where = cause instanceof TomlError ? ` in line ${String(cause.line)}` : '';
		return { texts, errors: [`${path} can't be read${where}: ${textOf(cause)}`] };
	}
	const errors: string[] = [];
	for (const [name, value] of Object.entries(table)) {
		if (!isSettingName(name) || name === 'config') {
			errors.push(`${path} names "${name}", which is no setting. Try --help.`);
		} else if (['string', 'number', 'boolean'].includes(typeof value)) {
			texts.set(name, String(value));
		} else {
			errors.push(`${path}: ${name} must be text, a number, true or false.`);
		}
	}
	return { texts, errors };
}

export interface Asked extends Gathered {
	/** Values of a command's own flags. */
	readonly extra: ReadonlyMap<string, string>;
}

export function gather(
	args: readonly string[],
	environment: Environment,
	extra: ExtraFlags = {},
): Asked {
	const line = readLine(args, extra);
	const fromEnvironment = (name: SettingName): string | undefined => {
		const text = environment[environmentName(name)];
		return text === '' ? undefined : text;
	};
	const path = line.flags.get('config') ?? fromEnvironment('config');
	const file: FileSettings =
		path === undefined ? { texts: new Map(), errors: [] } : readConfigFile(path);
	const given = (name: SettingName): Given => {
		const flag = line.flags.get(name);
		if (flag !== undefined) return { text: flag, from: `--${name}` };
		const set = fromEnvironment(name);
		if (set !== undefined) return { text: set, from: environmentName(name) };
		const written = file.texts.get(name);
		if (written !== undefined) return { text: written, from: path ?? '' };
		return { text: SETTINGS[name].fallback, from: 'default' };
	};
	return {
		sources: Object.fromEntries(SETTING_NAMES.map((name) => [name, given(name)])) as Sources,
		words: line.words,
		help: line.flags.has('help'),
		errors: [...line.errors, ...file.errors],
		extra: new Map([...line.flags].filter(([name]) => Object.hasOwn(extra, name))),
	};
}

/** All values, and a sentence for each that can't be one; such a value is null. */
export function valuesOf(sources: Sources): {
	readonly values: Values;
	readonly errors: readonly string[];
} {
	const errors: string[] = [];
	const values = SETTING_NAMES.map((name) => {
		const { text, from } = sources[name];
		const parsed: Result<unknown, string> = SETTINGS[name].parse(text);
		if (parsed.ok) return [name, parsed.value];
		const said = 'secret' in SETTINGS[name] ? '' : `, not "${text}"`;
		errors.push(`The ${name.replaceAll('-', ' ')} ${parsed.error}${said} (${from}).`);
		return [name, null];
	});
	return { values: Object.fromEntries(values) as Values, errors };
}
