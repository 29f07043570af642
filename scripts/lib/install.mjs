// The installation: node_modules is what package-lock.json says, or becomes it.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onPath, outerEnvironment, projectNode, Refusal, root, run, say } from './run.mjs';

const stamp = join(root, 'node_modules', '.aegis-lock');

function lockHash() {
	const lock = readFileSync(join(root, 'package-lock.json'));
	return createHash('sha256')
		.update(`${process.platform} ${process.arch}\n`)
		.update(lock)
		.digest('hex');
}

function isCurrent(hash) {
	return (
		existsSync(projectNode) && existsSync(stamp) && readFileSync(stamp, 'utf8').trim() === hash
	);
}

/** Installs the dependencies when they are missing or not those of the lockfile. */
export async function ensureInstalled() {
	const hash = lockHash();
	if (isCurrent(hash)) return;
	say('Installing the dependencies, about a minute the first time…');
	// npm replaces node_modules, and with it the Node this script may be running on: use the machine's.
	const node = onPath('node') ?? process.execPath;
	const npm = process.env.npm_execpath;
	const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
	const [command, rest] = npm?.endsWith('.js') === true ? [node, [npm, ...args]] : ['npm', args];
	const { code, output } = await run(command, rest, { quiet: true, env: outerEnvironment() });
	if (code !== 0 || !existsSync(projectNode)) {
		process.stderr.write(output);
		throw new Refusal(
			'The dependencies could not be installed: look at the lines above, check the network and try again.',
		);
	}
	stampInstallation();
}

/** Notes which lockfile node_modules follows; npm calls it after each installation of its own, too. */
export function stampInstallation() {
	if (existsSync(projectNode)) writeFileSync(stamp, `${lockHash()}\n`);
}
