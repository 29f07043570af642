// Plans that once failed, as small as they could be made, each named after what was wrong.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Plan } from './plan.ts';
import { runScenario } from './scenario.ts';

const folder = new URL('./found/', import.meta.url);

for (const file of readdirSync(folder).sort()) {
	it(`[SY1] ${file.replace('.json', '').replaceAll('-', ' ')}`, async () => {
		const plan = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Plan;
		const { entries } = await runScenario(plan);
		expect(entries).toBeGreaterThan(0);
	});
}
