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

/** Most of what a run makes is soon forgotten: room for it saves the collector half of its work. */
const NODE_OPTIONS = ['--max-semi-space-size=64'];

/** Runs one seed after the other in a process of its own, for as long as `next` gives one; whether it came to its end. */
function runSeeds(next, onRun) {
	return new Promise((done) => {
		const args = [SHRINK_SECONDS, SHRUNK].map(String);
		const child = spawn(projectNode, [...NODE_OPTIONS, 'tests/simulation/run.ts', ...args], {
			cwd: root,
			stdio: ['pipe', 'pipe', 'inherit'],
		});
		const feed = () => {
			const seed = next();
			if (seed === undefined) child.stdin.end();
			else child.stdin.write(`${seed}\n`);
		};
		createInterface({ input: child.stdout }).on('line', (line) => {
			onRun(JSON.parse(line));
			feed();
		});
		child.stdin.on('error', () => undefined);
		child.on('error', () => done(false));
		child.on('close', (code) => done(code === 0));
		feed();
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
	// Whoever is done takes the next: one long run holds up nobody.
	let given = 0;
	const next = () => (given < runs ? seed + given++ : undefined);
	const processes = Math.min(cpus().length, runs);
	const ended = await Promise.all(Array.from({ length: processes }, () => runSeeds(next, onRun)));
	const seconds = Math.round((performance.now() - start) / 100) / 10;
	say(JSON.stringify({ bench: 'sim', ...total, seconds }));
	return total.failures === 0 && total.runs === runs && ended.every(Boolean) ? 0 : 1;
});
