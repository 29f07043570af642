// A Chromium for the tests: the one named, the machine's, Playwright's, or a new one.
import { existsSync } from 'node:fs';
import { onPath, projectNode, Refusal, run, runTool, say } from './run.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const places = [
	'/usr/bin/chromium',
	'/Applications/Chromium.app/Contents/MacOS/Chromium',
	'/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Is it there, and does it start? (Some systems ship a stub that only asks for another package.) */
async function works(path) {
	if (path === undefined || path === '' || !existsSync(path)) return false;
	return (await run(path, ['--version'], { quiet: true })).code === 0;
}

async function playwrightPath() {
	const ask = "import('playwright-core').then((p) => console.log(p.chromium.executablePath()))";
	const { code, output } = await run(projectNode, ['-e', ask], { quiet: true });
	return code === 0 ? output.trim() : undefined;
}

async function find() {
	for (const path of [...places, ...names.map(onPath)]) if (await works(path)) return path;
	const path = await playwrightPath();
	return (await works(path)) ? path : undefined;
}

async function installWithApt() {
	if (process.getuid?.() !== 0 || onPath('apt-get') === undefined) return;
	say('Installing Chromium for the browser tests…');
	const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
	await run('apt-get', ['update'], { quiet: true, env });
	await run('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], {
		quiet: true,
		env,
	});
}

async function installWithPlaywright() {
	say('Downloading Chromium for the browser tests…');
	await runTool('playwright-core', ['install', 'chromium'], { quiet: true });
}

/** Path of a Chromium that starts. AEGIS_CHROMIUM names one; otherwise found or installed. */
export async function ensureBrowser() {
	const named = process.env.AEGIS_CHROMIUM;
	if (named !== undefined && named !== '') {
		if (await works(named)) return named;
		throw new Refusal(`AEGIS_CHROMIUM names ${named}, which doesn't start.`);
	}
	for (const attempt of [() => undefined, installWithApt, installWithPlaywright]) {
		await attempt();
		const path = await find();
		if (path !== undefined) return path;
	}
	throw new Refusal(
		'The browser tests need Chromium: install it, or name its program in AEGIS_CHROMIUM.',
	);
}
