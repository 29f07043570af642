// People who meet, talk, vanish and come back while networks and relays fail, drawn from seeds.
import { expect, it } from 'vitest';
import { drawPlan } from './plan.ts';
import { runScenario } from './scenario.ts';

const FIRST = Number(process.env['SEED'] ?? 1);
const COUNT = Number(process.env['SEEDS'] ?? 200);

for (let seed = FIRST; seed < FIRST + COUNT; seed++) {
	it(`[SY1] seed ${seed}: all agree in the end, and nothing is lost or doubled`, async () => {
		const outcome = await runScenario(drawPlan(seed));
		expect(outcome.members).toBeGreaterThan(1);
	}, 60_000);
}
