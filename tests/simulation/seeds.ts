// Scenarios by seed: the first 200 unless SEED and SEEDS say otherwise. Two files share them, so that both cores have work.
import { expect, it } from 'vitest';
import { drawPlan } from './draw.ts';
import { runScenario } from './scenario.ts';

const FIRST = Number(process.env['SEED'] ?? 1);
const COUNT = Number(process.env['SEEDS'] ?? 200);

/** Tells the seeds whose remainder by two is this. */
export function tellSeeds(remainder: 0 | 1): void {
	for (let seed = FIRST; seed < FIRST + COUNT; seed++) {
		if (seed % 2 !== remainder) continue;
		it(`[SY1] seed ${seed}: all agree in the end, and nothing is lost or doubled`, async () => {
			const outcome = await runScenario(drawPlan(seed));
			expect(outcome.entries).toBeGreaterThan(0);
		});
	}
}
