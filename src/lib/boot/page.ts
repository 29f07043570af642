// The page as the messenger knows it: where it is, what its browser can do, and which relay served it.
import type { Page } from '#lib/messenger/ports.ts';
import type { Clock } from '#lib/ports/clock.ts';

const ANSWER_WITHIN = 1500;

/** The address of the relay that served this page, if one did. Asks nobody but the page's own origin. */
export async function offeredRelay(clock: Clock): Promise<string | null> {
	const patience = new AbortController();
	const cancel = clock.after(ANSWER_WITHIN, () => {
		patience.abort();
	});
	try {
		const answer = await fetch('/relay.json', { signal: patience.signal, cache: 'no-store' });
		const type = answer.headers.get('content-type') ?? '';
		if (!answer.ok || !type.startsWith('application/json')) return null;
		return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/relay`;
	} catch {
		return null;
	} finally {
		cancel();
	}
}

export const createPage = (offered: string | null): Page => ({
	origin: location.origin,
	secure: location.protocol === 'https:',
	offeredRelay: offered,
	direct: typeof RTCPeerConnection === 'function',
	isOnline: () => navigator.onLine,
	onOnline(listener) {
		addEventListener('online', listener);
		addEventListener('offline', listener);
		return () => {
			removeEventListener('online', listener);
			removeEventListener('offline', listener);
		};
	},
});
