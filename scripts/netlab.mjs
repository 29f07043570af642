// `npm run test:netlab`: real browsers behind simulated routers. Needs root: it makes network namespaces.
import { ensureBrowser } from './lib/browser.mjs';
import { ensureBuilt } from './lib/build.mjs';
import { generate } from './lib/generate.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { main, onPath, Refusal, run, say } from './lib/run.mjs';
import { line, runSuite } from './lib/suites.mjs';

/** Program → Debian package. */
const tools = {
	ip: 'iproute2',
	iptables: 'iptables',
	conntrack: 'conntrack',
	sysctl: 'procps',
	python3: 'python3',
	openssl: 'openssl',
};

async function ensureTools() {
	if (process.getuid?.() !== 0) {
		throw new Refusal('The network lab makes network namespaces: run it as root.');
	}
	const missing = () => Object.keys(tools).filter((tool) => onPath(tool) === undefined);
	if (missing().length === 0) return;
	const packages = missing().map((tool) => tools[tool]);
	if (onPath('apt-get') !== undefined) {
		say(`Installing ${packages.join(', ')}…`);
		const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
		await run('apt-get', ['update'], { quiet: true, env });
		await run('apt-get', ['install', '-y', '--no-install-recommends', ...packages], {
			quiet: true,
			env,
		});
	}
	if (missing().length > 0) throw new Refusal(`The network lab needs ${missing().join(', ')}.`);
}

await main(async (args) => {
	await ensureInstalled();
	await ensureTools();
	const browser = await ensureBrowser();
	await generate();
	await ensureBuilt();
	const suite = { name: 'netlab', config: 'tests/netlab/vitest.config.ts', args };
	const total = await runSuite(suite, { AEGIS_CHROMIUM: browser });
	say(line(total));
	return total.failed > 0 ? 1 : 0;
});
