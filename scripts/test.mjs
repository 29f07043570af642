// `npm test`: every suite, one after the other; the last line is the sum.
// `npm test -- unit` runs the one named.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBrowser } from './lib/browser.mjs';
import { ensureBuilt } from './lib/build.mjs';
import { generate } from './lib/generate.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { cache, main, Refusal, say } from './lib/run.mjs';
import { failureLines, line, runSuite, sum } from './lib/suites.mjs';

const suites = [
	{ name: 'unit' },
	{ name: 'vectors', config: 'tests/vectors/vitest.config.ts' },
	{ name: 'p2p', config: 'tests/p2p/vitest.config.ts' },
	{ name: 'e2e', config: 'tests/e2e/vitest.config.ts' },
];

const totalsFile = join(cache, 'tests', 'totals');

await main(async (names) => {
	const wanted = suites.filter(({ name }) => names.length === 0 || names.includes(name));
	if (wanted.length === 0) {
		throw new Refusal(`Suites are ${suites.map(({ name }) => name).join(', ')}.`);
	}
	rmSync(totalsFile, { force: true });
	await ensureInstalled();
	const browser = await ensureBrowser();
	await generate();
	await ensureBuilt();
	const totals = [];
	for (const suite of wanted) totals.push(await runSuite(suite, { AEGIS_CHROMIUM: browser }));
	const total = sum(totals);
	mkdirSync(join(cache, 'tests'), { recursive: true });
	const verdict = `${failureLines(totals).join('')}${line(total)}`;
	writeFileSync(totalsFile, `${verdict}\n`);
	say(verdict);
	return total.failed > 0 ? 1 : 0;
});
