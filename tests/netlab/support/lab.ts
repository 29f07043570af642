// The lab's commands, and programs that run in its nodes. Knows nothing of what they do there.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export type Node =
	| 'relay'
	| 'stun'
	| 'alice'
	| 'anna'
	| 'bob'
	| 'carl'
	| 'carol'
	| 'sym1'
	| 'sym2'
	| 'corp'
	| 'cory'
	| 'off1'
	| 'off2';

/** `npm run test:netlab -- --short`: what fits into six minutes. */
export const isShort = process.env['NETLAB_SHORT'] === '1';

const LAB = fileURLToPath(new URL('../lab/', import.meta.url));
const environment = { ...process.env, NETLAB_PREFIX: process.env['NETLAB_PREFIX'] ?? 'aegis' };

/** `lab('fault', 'home1', 'unplug')`; `lab/netlab help` lists what there is. Throws what the lab complains about. */
export function lab(...args: readonly string[]): string {
	return execFileSync(`${LAB}netlab`, args, { encoding: 'utf8', env: environment });
}

/** For Playwright: a Chromium that runs inside the node. */
export const chromiumIn = (node: Node) => ({
	executablePath: `${LAB}chromium-in`,
	env: { ...environment, NETLAB_NODE: node },
});

export interface Program {
	/** What it has printed. */
	output(): string;
	/** Ends it without a chance to say goodbye, and waits for that. */
	kill(): Promise<void>;
}

/** Starts a program in a node; resolves once what it prints matches, rejects if it ends before. */
export function start(node: Node, ready: RegExp, command: readonly string[]): Promise<Program> {
	const child = spawn(`${LAB}netlab`, ['exec', node, ...command], {
		env: environment,
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	const ended = once(child, 'close');
	let output = '';
	return new Promise((resolve, reject) => {
		const look = (text: Buffer): void => {
			output += text.toString();
			if (!ready.test(output)) return;
			resolve({
				output: () => output,
				kill: async () => {
					child.kill('SIGKILL');
					await ended;
				},
			});
		};
		child.stdout.on('data', look);
		child.stderr.on('data', look);
		ended.then(
			() => {
				reject(new Error(`it ended: ${output}`));
			},
			(cause: unknown) => {
				reject(cause instanceof Error ? cause : new Error(String(cause)));
			},
		);
	});
}
