// `npm run test:faults -- NAME …`: relays that are killed, cut off from power and disk, and served by a PostgreSQL that
// is. Needs root: it mounts disks. The last line is JSON.
import { existsSync } from 'node:fs';
import { generate } from './lib/generate.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { main, onPath, Refusal, run, runFile, say } from './lib/run.mjs';

const POSTGRES = '/usr/lib/postgresql';

async function ensurePostgres() {
	if (existsSync(POSTGRES)) return;
	if (onPath('apt-get') !== undefined) {
		say('Installing postgresql…');
		const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
		await run('apt-get', ['update'], { quiet: true, env });
		await run('apt-get', ['install', '-y', '--no-install-recommends', 'postgresql'], {
			quiet: true,
			env,
		});
	}
	if (!existsSync(POSTGRES)) throw new Refusal("The faults need Debian's PostgreSQL.");
}

await main(async (names) => {
	if (process.getuid?.() !== 0) throw new Refusal('The faults mount disks: run them as root.');
	await ensureInstalled();
	await ensurePostgres();
	await generate();
	const { code } = await runFile('tests/faults/run.ts', names);
	return code;
});
