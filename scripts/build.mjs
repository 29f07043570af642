// `npm run build`: the app in dist/, always made anew.
import { ensureBuilt } from './lib/build.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { main, say } from './lib/run.mjs';

await main(async () => {
	await ensureInstalled();
	await ensureBuilt({ force: true });
	say('The app is in dist/.');
});
