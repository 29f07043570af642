// The built app in dist/, made anew only when its sources have changed.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cache, filesBelow, Refusal, root, runTool, say } from './run.mjs';

const stamp = join(cache, 'build');

/** Everything the built bytes depend on; what the build generates itself is left out. */
const sources = [
	'src',
	'static',
	'messages',
	'project.inlang/settings.json',
	'svelte.config.js',
	'vite.config.ts',
	'tsconfig.json',
	'package.json',
	'package-lock.json',
];

const isSource = (file) => !file.startsWith('src/lib/paraglide/') && !file.endsWith('.test.ts');

/** Fingerprint of the sources: hexadecimal SHA-256 over names and contents. */
export function fingerprint() {
	const hash = createHash('sha256');
	for (const file of sources.flatMap((source) => filesBelow(source)).filter(isSource)) {
		const content = readFileSync(join(root, file));
		hash.update(`${file}\0${content.length}\0`).update(content);
	}
	return hash.digest('hex');
}

function isCurrent(print) {
	return (
		existsSync(join(root, 'dist', '200.html')) &&
		existsSync(stamp) &&
		readFileSync(stamp, 'utf8').trim() === print
	);
}

/** Builds the app when dist/ is missing or older than its sources; `force` builds in any case. */
export async function ensureBuilt({ force = false } = {}) {
	const print = fingerprint();
	if (!force && isCurrent(print)) return;
	say('Building the app…');
	rmSync(stamp, { force: true });
	const env = { AEGIS_BUILD: print.slice(0, 16), NODE_ENV: 'production' };
	const { code, output } = await runTool('vite', ['build'], { quiet: true, env });
	if (code !== 0) {
		process.stderr.write(output);
		throw new Refusal('The app could not be built: the reason is in the lines above.');
	}
	mkdirSync(cache, { recursive: true });
	writeFileSync(stamp, `${print}\n`);
}
