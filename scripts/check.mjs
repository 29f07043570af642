// `npm run check`: format, lint, types, layers and dead code. All of them run, also after a failure.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from './lib/generate.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { main, root, runTool, say } from './lib/run.mjs';

const rooms = ['src', 'relay-server', 'tests', 'scripts'];

const checks = [
	{ name: 'format', tool: 'prettier', args: ['--check', '--log-level', 'warn', '.'] },
	{ name: 'lint', tool: 'eslint', args: ['--max-warnings', '0', '.'] },
	{
		name: 'types',
		tool: 'svelte-check',
		args: ['--tsconfig', './tsconfig.json', '--fail-on-warnings', '--output', 'human'],
	},
	{ name: 'types of the relay', tool: 'tsc', args: ['-p', 'relay-server'] },
	{ name: 'types of the service worker', tool: 'tsc', args: ['-p', 'src/service-worker'] },
	{
		name: 'layers',
		tool: 'depcruise',
		args: [
			'--config',
			'.dependency-cruiser.js',
			...rooms.filter((room) => existsSync(join(root, room))),
		],
	},
	{ name: 'dead code', tool: 'knip', args: ['--no-progress'] },
];

await main(async () => {
	await ensureInstalled();
	await generate();
	const failed = [];
	for (const { name, tool, args } of checks) {
		say(`— ${name}`);
		if ((await runTool(tool, args)).code !== 0) failed.push(name);
	}
	say(failed.length === 0 ? 'All checks passed.' : `Failed: ${failed.join(', ')}.`);
	return failed.length === 0 ? 0 : 1;
});
