// `npm test`: every suite, one after the other; the last line is the sum.
// `npm test -- unit` runs the one named.
import { rmSync } from 'node:fs';
import { ensureBrowser } from './lib/browser.mjs';
import { ensureBuilt } from './lib/build.mjs';
import { generate } from './lib/generate.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { main, Refusal, say } from './lib/run.mjs';
import { keepVerdict, runSuite, sum, totalsFile } from './lib/suites.mjs';

const suites = [
	{ name: 'unit' },
	{ name: 'vectors', config: 'tests/vectors/vitest.config.ts' },
	{ name: 'p2p', config: 'tests/p2p/vitest.config.ts' },
	{ name: 'e2e', config: 'tests/e2e/vitest.config.ts' },
];

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
	say(keepVerdict(totals));
	return sum(totals).failed > 0 ? 1 : 0;
});
