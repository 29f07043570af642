// What a command of `aegis-relay` is: it ends with words for the operator, or with a sentence that says why not.
import type { ExtraFlags, Sources } from '../config/gather.ts';
import type { Options } from '../options.ts';
import type { Result } from '#lib/util/result.ts';

export interface Asked {
	readonly options: Options;
	readonly sources: Sources;
	/** What follows the command's name. */
	readonly words: readonly string[];
	/** Values of the command's own flags. */
	readonly flags: ReadonlyMap<string, string>;
}

export interface Command {
	readonly usage: string;
	readonly help: string;
	readonly flags?: ExtraFlags;
	run(asked: Asked): Promise<Result<string, string>>;
}
