// What a page's direct connections look like from inside: which came about, and over which addresses.
import type { Page } from 'playwright-core';

interface Watched {
	readonly connections: RTCPeerConnection[];
	everConnected: boolean;
}

declare global {
	interface Window {
		watched: Watched;
	}
}

/** Runs in the page, before its own scripts. */
export function watchConnections(): void {
	const watched: Watched = { connections: [], everConnected: false };
	window.watched = watched;
	globalThis.RTCPeerConnection = class extends RTCPeerConnection {
		constructor(configuration?: RTCConfiguration) {
			super(configuration);
			watched.connections.push(this);
			this.addEventListener('connectionstatechange', () => {
				watched.everConnected ||= this.connectionState === 'connected';
			});
		}
	};
}

/** Runs in the page. */
async function readPaths(): Promise<string[]> {
	const paths: string[] = [];
	for (const connection of window.watched.connections) {
		if (connection.connectionState !== 'connected') continue;
		const stats = new Map<string, Record<string, string>>();
		(await connection.getStats()).forEach((entry: Record<string, string>) => {
			stats.set(entry['id'] ?? '', entry);
		});
		const transport = [...stats.values()].find((entry) => entry['type'] === 'transport');
		const pair = stats.get(transport?.['selectedCandidatePairId'] ?? '');
		const end = (id = '') => stats.get(id)?.['candidateType'] ?? '?';
		paths.push(`${end(pair?.['localCandidateId'])} > ${end(pair?.['remoteCandidateId'])}`);
	}
	return paths;
}

/** Kinds of both ends of each connection that stands, such as `host > host`. */
export const pathsOf = (page: Page): Promise<string[]> => page.evaluate(readPaths);

/** Waits until a direct connection has been tried, and given up. */
export async function triedInVain(page: Page): Promise<void> {
	await page.waitForFunction(() =>
		window.watched.connections.some(({ connectionState }) => connectionState === 'closed'),
	);
}

/** Whether any direct connection ever came about. */
export const everConnected = (page: Page): Promise<boolean> =>
	page.evaluate(() => window.watched.everConnected);
