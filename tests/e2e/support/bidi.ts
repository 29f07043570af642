// A browser of any make, driven by WebDriver BiDi: opens pages and runs scripts in them, and nothing more.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';

export interface BidiPage {
	goto(url: string): Promise<void>;
	/** Runs an expression in the page and gives back its value, by way of JSON. */
	evaluate(expression: string): Promise<unknown>;
}

export interface BidiBrowser {
	page(): Promise<BidiPage>;
	close(): Promise<void>;
}

interface Answer {
	readonly id?: number;
	readonly type: string;
	readonly result?: unknown;
	readonly error?: string;
	readonly message?: string;
}

const READY = /WebDriver BiDi listening on (ws:\/\/\S+)/;

/** The address at which it listens; rejects when it ends before. */
function untilReady(browser: ChildProcess): Promise<string> {
	return new Promise((resolve, reject) => {
		let said = '';
		const look = (text: Buffer): void => {
			said += text.toString();
			const address = READY.exec(said)?.[1];
			if (address !== undefined) resolve(address);
		};
		browser.stdout?.on('data', look);
		browser.stderr?.on('data', look);
		browser.once('exit', () => {
			reject(new Error(`it ended: ${said}`));
		});
		browser.once('error', reject);
	});
}

/** Firefox at this path, with preferences of its own over a fresh profile. */
export async function openFirefox(
	path: string,
	preferences: Readonly<Record<string, boolean | number | string>>,
): Promise<BidiBrowser> {
	const profile = await mkdtemp(join(tmpdir(), 'aegis-firefox-'));
	const lines = Object.entries(preferences).map(
		([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
	);
	await writeFile(join(profile, 'user.js'), lines.join('\n'));
	const browser = spawn(
		path,
		['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port=0'],
		{ stdio: ['ignore', 'pipe', 'pipe'] },
	);
	const ended = once(browser, 'exit');
	const socket = new WebSocket(`${await untilReady(browser)}/session`);
	await once(socket, 'open');
	const waiting = new Map<number, (answer: Answer) => void>();
	let sent = 0;
	socket.on('message', (data: Buffer) => {
		const answer = JSON.parse(data.toString()) as Answer;
		if (answer.id !== undefined) waiting.get(answer.id)?.(answer);
	});
	async function ask<T>(method: string, params: object): Promise<T> {
		const id = ++sent;
		const answered = new Promise<Answer>((resolve) => waiting.set(id, resolve));
		socket.send(JSON.stringify({ id, method, params }));
		const { type, result, error, message } = await answered;
		waiting.delete(id);
		if (type !== 'success') throw new Error(`${method}: ${error ?? ''} ${message ?? ''}`);
		return result as T;
	}
	await ask('session.new', { capabilities: {} });

	return {
		async page() {
			const { context } = await ask<{ context: string }>('browsingContext.create', { type: 'tab' });
			return {
				async goto(url) {
					await ask('browsingContext.navigate', { context, url, wait: 'complete' });
				},
				async evaluate(expression) {
					const answer = await ask<{ type: string; result?: { value?: string } }>(
						'script.evaluate',
						{
							expression: `(async () => JSON.stringify(await (${expression})))()`,
							target: { context },
							awaitPromise: true,
						},
					);
					if (answer.type !== 'success') throw new Error(JSON.stringify(answer));
					const { value } = answer.result ?? {};
					return value === undefined ? undefined : (JSON.parse(value) as unknown);
				},
			};
		},
		async close() {
			socket.close();
			browser.kill('SIGTERM');
			await ended;
			await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
		},
	};
}
