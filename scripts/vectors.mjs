// `npm run test:vectors`: the known answers of others, put to every backend, in Node and in a real browser.
import { ensureBrowser } from './lib/browser.mjs';
import { generate } from './lib/generate.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { main, say } from './lib/run.mjs';
import { line, runSuite } from './lib/suites.mjs';

await main(async (args) => {
	await ensureInstalled();
	const browser = await ensureBrowser();
	await generate();
	const suite = { name: 'vectors', config: 'tests/vectors/vitest.config.ts', args };
	const total = await runSuite(suite, { AEGIS_CHROMIUM: browser });
	say(line(total));
	return total.failed > 0 ? 1 : 0;
});
