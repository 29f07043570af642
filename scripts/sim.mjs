// `npm run test:sim -- --runs N --seed S`: the deterministic simulation, seeds S to S + N - 1, on every core. A run that
// fails is printed with its seed and the smallest scenario found that still fails. The last line is JSON.
import { spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { createInterface } from 'node:readline';
import { ensureInstalled } from './lib/install.mjs';
import { main, projectNode, Refusal, root, say } from './lib/run.mjs';

/** How long one failing plan is made smaller. */
const SHRINK_SECONDS = 60;
/** Failures shrunk by each process: after that only their seeds and reasons are of interest. */
const SHRUNK = 5;

function options(args) {
	const chosen = { runs: 1000, seed: 1 };
	for (let n = 0; n < args.length; n += 2) {
		const name = /^--(runs|seed)$/.exec(args[n] ?? '')?.[1];
		const value = Number(args[n + 1]);
		if (name === undefined || !Number.isSafeInteger(value) || value < 1) {
			throw new Refusal('Options are --runs N and --seed S, whole numbers from 1.');
		}
		chosen[name] = value;
	}
	return chosen;
}

/** Runs every `step`th seed in a process of its own; resolves to whether it came to its end. */
function runSeeds(seed, step, runs, onRun) {
	return new Promise((done) => {
		const args = [seed, step, runs, SHRINK_SECONDS, SHRUNK].map(String);
		const child = spawn(projectNode, ['tests/simulation/run.ts', ...args], {
			cwd: root,
			stdio: ['ignore', 'pipe', 'inherit'],
		});
		createInterface({ input: child.stdout }).on('line', (line) => onRun(JSON.parse(line)));
		child.on('error', () => done(false));
		child.on('close', (code) => done(code === 0));
	});
}

function report({ seed, scenario, reason }) {
	say(`\nSeed ${seed} fails. ${reason.split('\n\n').at(-1)}\n\n${scenario}`);
}

await main(async (args) => {
	const { runs, seed } = options(args);
	await ensureInstalled();
	const start = performance.now();
	const total = { runs: 0, failures: 0, entries: 0 };
	const onRun = (run) => {
		total.runs += 1;
		total.entries += run.entries ?? 0;
		if (!run.failed) return;
		total.failures += 1;
		report(run);
	};
	const processes = Math.min(cpus().length, runs);
	const ended = await Promise.all(
		Array.from({ length: processes }, (_, n) => {
			const count = Math.ceil((runs - n) / processes);
			return runSeeds(seed + n, processes, count, onRun);
		}),
	);
	const seconds = Math.round((performance.now() - start) / 100) / 10;
	say(JSON.stringify({ bench: 'sim', ...total, seconds }));
	return total.failures === 0 && total.runs === runs && ended.every(Boolean) ? 0 : 1;
});
