// `npm run test:netlab`: real browsers behind simulated routers. Needs root: it makes network namespaces. With --short what
// fits into six minutes; with --count its tests count in the sum of the suites that ran before.
import { ensureBrowser } from './lib/browser.mjs';
import { ensureBuilt } from './lib/build.mjs';
import { generate } from './lib/generate.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { main, onPath, Refusal, run, say } from './lib/run.mjs';
import { countIn, line, runSuite } from './lib/suites.mjs';

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

/** Some containers don't allow it, whoever one is. */
async function mayMakeNetworks() {
	const probe = 'aegis-netlab-probe';
	if ((await run('ip', ['netns', 'add', probe], { quiet: true })).code !== 0) return false;
	await run('ip', ['netns', 'del', probe], { quiet: true });
	return true;
}

await main(async (args) => {
	await ensureInstalled();
	await ensureTools();
	if (!(await mayMakeNetworks())) {
		if (!args.includes('--count')) throw new Refusal('No network namespaces can be made here.');
		say('The network lab is left out: no network namespaces can be made here.');
		return 0;
	}
	const browser = await ensureBrowser();
	await generate();
	await ensureBuilt();
	const own = ['--short', '--count'];
	const suite = {
		name: 'netlab',
		config: 'tests/netlab/vitest.config.ts',
		args: args.filter((each) => !own.includes(each)),
	};
	const short = args.includes('--short') ? { NETLAB_SHORT: '1' } : {};
	const total = await runSuite(suite, { AEGIS_CHROMIUM: browser, ...short });
	say(line(total));
	if (args.includes('--count')) say(countIn(total));
	return total.failed > 0 ? 1 : 0;
});
