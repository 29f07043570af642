// Runs scenarios by seed, in a process of its own; scripts/sim.mjs starts one for each core. It reads seeds, one a line, and
// answers each with a line of JSON: a run that went well, or one that failed, with the smallest plan found that still fails.
import { createInterface } from 'node:readline';
import { drawPlan } from './draw.ts';
import { describePlan } from './plan.ts';
import { runScenario } from './scenario.ts';
import { shrink } from './shrink.ts';

/** How long one failing plan is made smaller, and how many of them are. */
const [seconds = 60, shrunk = 5] = process.argv.slice(2).map(Number);

let broken: unknown;
process.on('unhandledRejection', (reason) => {
	broken ??= reason;
});

/** Why a plan fails; undefined when all is well. */
async function failure(plan: Parameters<typeof runScenario>[0]): Promise<string | undefined> {
	broken = undefined;
	try {
		const { entries } = await runScenario(plan);
		if (broken === undefined) {
			lastEntries = entries;
			return undefined;
		}
	} catch (error) {
		broken ??= error;
	}
	return broken instanceof Error ? (broken.stack ?? broken.message) : String(broken);
}
let lastEntries = 0;

const tell = (line: unknown): void => {
	process.stdout.write(`${JSON.stringify(line)}\n`);
};

let failures = 0;
for await (const line of createInterface({ input: process.stdin })) {
	const seed = Number(line);
	const plan = drawPlan(seed);
	const why = await failure(plan);
	if (why === undefined) {
		tell({ seed, entries: lastEntries });
		continue;
	}
	const time = failures++ < shrunk ? seconds : 0;
	const smallest = await shrink(plan, async (each) => (await failure(each)) !== undefined, time);
	const reason = (await failure(smallest)) ?? why;
	tell({ seed, failed: true, scenario: describePlan(smallest), plan: smallest, reason });
}
