// `npm start`: the relay with the app, installed and built as far as needed. Arguments go to the relay.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { ensureBuilt } from './lib/build.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { main, projectNode, Refusal, root } from './lib/run.mjs';

function serve(args) {
	return new Promise((done, refuse) => {
		const command = ['--max-semi-space-size=8', 'relay-server/main.ts', '--serve', 'dist'];
		const relay = spawn(projectNode, [...command, ...args], {
			cwd: root,
			stdio: 'inherit',
		});
		// A terminal sends Ctrl-C to both of us; passing it on would make it two.
		process.on('SIGINT', () => process.stdin.isTTY || relay.kill('SIGINT'));
		process.on('SIGTERM', () => relay.kill('SIGTERM'));
		process.on('SIGHUP', () => relay.kill('SIGHUP'));
		relay.on('error', () => refuse(new Refusal('The relay could not be started.')));
		relay.on('exit', (code, signal) => done(code ?? 128 + constants.signals[signal]));
	});
}

await main(async (args) => {
	await ensureInstalled();
	await ensureBuilt();
	return serve(args);
});
