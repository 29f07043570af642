// Runs a relay as a process: options in, sentences out, signals obeyed. [RV1] [RV8]
import { bannerOf } from './banner.ts';
import { HELP, readOptions } from './options.ts';
import { startRelay } from './relay.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

function fail(sentence: string): never {
	process.stderr.write(`${sentence}\n`);
	process.exit(1);
}

/** Everything ends within this time, even what does not want to. */
const STOP_WITHIN = 1800;

export async function run(args: readonly string[]): Promise<void> {
	process.umask(0o077);
	const options = readOptions(args, process.env);
	if (!options.ok) return fail(options.error);
	if (options.value === 'help') {
		say(HELP);
		return;
	}
	const started = await startRelay(options.value);
	if (!started.ok) return fail(started.error);
	const relay = started.value;
	say(bannerOf(relay, options.value));

	let stopping = false;
	const stop = async (): Promise<void> => {
		// Somebody who asks twice does not want to wait.
		if (stopping) process.exit(1);
		stopping = true;
		setTimeout(() => process.exit(1), STOP_WITHIN).unref();
		await relay.close();
		process.exit(0);
	};
	process.on('SIGINT', () => void stop());
	process.on('SIGTERM', () => void stop());
	// Without its store a relay can promise nothing: end, so that whoever watches it starts it again.
	fail(await relay.broken);
}
