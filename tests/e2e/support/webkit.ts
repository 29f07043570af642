// WebKitGTK's MiniBrowser, driven by its WebDriver. Needs a display.
import { spawn } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { vi } from 'vitest';
import type { ScriptedPage } from './hands.ts';

export interface WebKitBrowser {
	readonly page: ScriptedPage;
	close(): Promise<void>;
}

/** Milliseconds; a page that is asked waits for nothing itself. */
const ANSWER_WITHIN = 30_000;

export async function openWebKit(driver: string, binary: string): Promise<WebKitBrowser> {
	const port = await freePort();
	const running = spawn(driver, [`--port=${String(port)}`], { stdio: 'ignore' });
	const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
		const answer = await fetch(`http://127.0.0.1:${String(port)}/session${path}`, {
			method,
			signal: AbortSignal.timeout(ANSWER_WITHIN),
			...(body && { body: JSON.stringify(body) }),
		});
		const { value } = (await answer.json()) as { readonly value: unknown };
		if (!answer.ok) throw new Error(JSON.stringify(value));
		return value;
	};
	const browserOptions = { binary, args: ['--automation'] };
	const { sessionId } = await vi.waitFor(
		async () =>
			(await ask('POST', '', {
				capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': browserOptions } },
			})) as { readonly sessionId: string },
		{ timeout: ANSWER_WITHIN, interval: 200 },
	);
	return {
		page: {
			async goto(url) {
				await ask('POST', `/${sessionId}/url`, { url });
			},
			evaluate: (expression) =>
				ask('POST', `/${sessionId}/execute/sync`, { script: `return ${expression};`, args: [] }),
		},
		async close() {
			await ask('DELETE', `/${sessionId}`).catch(() => undefined);
			running.kill();
		},
	};
}

const freePort = (): Promise<number> =>
	new Promise((resolve) => {
		const server = createServer().listen(0, '127.0.0.1', () => {
			const { port } = server.address() as AddressInfo;
			server.close(() => {
				resolve(port);
			});
		});
	});
