// Runs the process: a relay, or a command for one. Options in, sentences out, signals obeyed. [RV1] [RV8] [RV9]
import { serveAdmin } from './admin-server.ts';
import { bannerOf } from './banner.ts';
import { commandOf, HELP } from './commands/index.ts';
import { settingsTable } from './commands/config-check.ts';
import { gather, type ExtraFlags } from './config/gather.ts';
import { createLog } from './log.ts';
import { readOptions, type Options } from './options.ts';
import { systemClock } from './platform.ts';
import { startRelay } from './relay.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

function fail(...sentences: readonly string[]): never {
	process.stderr.write(`${sentences.join('\n')}\n`);
	process.exit(1);
}

/** Everything ends within this time, even what does not want to. */
const STOP_WITHIN = 1800;

export async function run(args: readonly string[]): Promise<void> {
	process.umask(0o077);
	const flags = flagsOf(args);
	const gathered = gather(args, process.env, flags);
	if (gathered.help) {
		say(HELP);
		return;
	}
	const chosen = commandOf(gathered.words);
	if (chosen === undefined) {
		return fail(`There is no command "${gathered.words.join(' ')}". Try --help.`);
	}
	const options = readOptions(gathered);
	const { command, words } = chosen;
	if (!options.ok) {
		if (command?.usage === 'config check') say(`${settingsTable(gathered.sources)}\n`);
		return fail(...options.error);
	}
	if (command === undefined) return runRelay(options.value);
	const { sources, extra } = gathered;
	const done = await command.run({ options: options.value, sources, words, flags: extra });
	if (!done.ok) return fail(done.error);
	say(done.value);
}

/** The flags that only the command takes which the arguments name. */
const flagsOf = (args: readonly string[]): ExtraFlags => {
	const { words } = gather(args, {}, {});
	return commandOf(words)?.command?.flags ?? {};
};

async function runRelay(options: Options): Promise<void> {
	const log = createLog(options.log, systemClock.now, say);
	const started = await startRelay(options, log);
	if (!started.ok) return fail(started.error);
	const relay = started.value;
	const admin = await serveAdmin(options.adminSocket, relay.care);
	if (!admin.ok) {
		await relay.close();
		return fail(admin.error);
	}
	if (options.log === 'plain') say(bannerOf(relay, options));
	const { urls, link } = relay.description;
	if (options.log === 'json') {
		log('started', { urls, link, stun: relay.stunPort, metrics: relay.metricsPort ?? 0 });
	}

	let stopping = false;
	const stop = async (): Promise<void> => {
		// Somebody who asks twice does not want to wait.
		if (stopping) process.exit(1);
		stopping = true;
		setTimeout(() => process.exit(1), STOP_WITHIN).unref();
		log('stopping');
		admin.value.close();
		await relay.close();
		process.exit(0);
	};
	process.on('SIGINT', () => void stop());
	process.on('SIGTERM', () => void stop());
	void relay.care.emptied.then(stop);
	// Without its store a relay can promise nothing: end, so that whoever watches it starts it again.
	const broken = await relay.broken;
	log('broken');
	fail(broken);
}
