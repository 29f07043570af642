// `npm run bench -- NAME`: runs tests/bench/NAME.ts, on the built app where it is about that; further arguments go to it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBrowser } from './lib/browser.mjs';
import { ensureBuilt } from './lib/build.mjs';
import { generate } from './lib/generate.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { filesBelow, main, Refusal, root, runFile } from './lib/run.mjs';

/** About the relay or the core alone: neither app nor browser. */
const WITHOUT_APP = ['relay', 'idle', 'mesh'];

const benches = () =>
	filesBelow('tests/bench')
		.map((file) => /^tests\/bench\/([a-z0-9-]+)\.ts$/.exec(file)?.[1])
		.filter((name) => name !== undefined);

await main(async ([name, ...args]) => {
	const file = `tests/bench/${name}.ts`;
	if (name === undefined || !/^[a-z0-9-]+$/.test(name) || !existsSync(join(root, file))) {
		throw new Refusal(`Name a bench: ${benches().join(', ') || 'there is none yet'}.`);
	}
	await ensureInstalled();
	await generate();
	const env = {};
	if (!WITHOUT_APP.includes(name)) {
		env.AEGIS_CHROMIUM = await ensureBrowser();
		await ensureBuilt();
	}
	const { code } = await runFile(file, args, { env });
	return code;
});
