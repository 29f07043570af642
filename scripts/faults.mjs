// `npm run test:faults -- NAME …`: relays that are killed, cut off from power and disk, and served by a PostgreSQL that
// is. Needs root: it mounts disks. The last line is JSON. With --count each scenario counts as a test in the sum of the
// suites that ran before.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from './lib/generate.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { cache, main, onPath, Refusal, run, runFile, say } from './lib/run.mjs';
import { countIn } from './lib/suites.mjs';

const POSTGRES = '/usr/lib/postgresql';

async function ensurePostgres() {
	if (existsSync(POSTGRES)) return;
	if (onPath('apt-get') !== undefined) {
		say('Installing postgresql…');
		const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
		await run('apt-get', ['update'], { quiet: true, env });
		await run('apt-get', ['install', '-y', '--no-install-recommends', 'postgresql'], {
			quiet: true,
			env,
		});
	}
	if (!existsSync(POSTGRES)) throw new Refusal("The faults need Debian's PostgreSQL.");
}

const report = join(cache, 'tests', 'faults.json');

/** What the scenarios that ran came to, as totals of a suite. */
function totalsOfFaults() {
	let scenarios;
	try {
		({ scenarios } = JSON.parse(readFileSync(report, 'utf8')));
	} catch {
		return { passed: 0, failed: 1, skipped: 0, failures: ['the faults ended without a report'] };
	}
	const whyBad = ({ failed, lost, duplicated, left }) =>
		failed ??
		(lost + duplicated + left > 0
			? `${lost} lost, ${duplicated} duplicated, ${left} left`
			: undefined);
	const all = Object.entries(scenarios);
	const failures = all.flatMap(([name, outcome]) => {
		const why = whyBad(outcome);
		return why === undefined ? [] : [`faults > ${name}: ${why}`];
	});
	const skipped = all.filter(([, outcome]) => 'skipped' in outcome).length;
	const passed = all.length - failures.length - skipped;
	return { passed, failed: failures.length, skipped, failures };
}

await main(async (args) => {
	const names = args.filter((name) => name !== '--count');
	if (process.getuid?.() !== 0) throw new Refusal('The faults mount disks: run them as root.');
	await ensureInstalled();
	await ensurePostgres();
	await generate();
	rmSync(report, { force: true });
	mkdirSync(join(cache, 'tests'), { recursive: true });
	const { code } = await runFile('tests/faults/run.ts', names, { env: { FAULTS_REPORT: report } });
	if (args.includes('--count')) say(countIn(totalsOfFaults()));
	return code;
});
