// `npm run prepare:messages`: writes the generated files that editors and tools want to see.
import { generate } from './lib/generate.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { main } from './lib/run.mjs';

await main(async () => {
	await ensureInstalled();
	await generate();
});
