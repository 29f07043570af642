// The page as the messenger knows it: where it is, what its browser can do, and which relay served it.
import type { Page } from '#lib/messenger/ports.ts';
import { createSystemClock } from '#lib/platform/clock.ts';
import { watchWakefulness } from '#lib/platform/wakefulness.ts';
import type { Clock } from '#lib/ports/clock.ts';
import { MAX_URL } from '#lib/protocol/limits.ts';
import { isRelayUrl } from '#lib/protocol/relay-address.ts';
import { fromBase64Url, toHex } from '#lib/util/bytes.ts';

interface RelayFile {
	readonly key?: unknown;
	readonly publicRelay?: unknown;
}

const ANSWER_WITHIN = 1500;

/** What the page's own origin says of relays; undefined where it says nothing. Asks nobody else. */
async function relayFile(clock: Clock): Promise<RelayFile | undefined> {
	const patience = new AbortController();
	const cancel = clock.after(ANSWER_WITHIN, () => {
		patience.abort();
	});
	try {
		const answer = await fetch('/relay.json', { signal: patience.signal, cache: 'no-store' });
		const type = answer.headers.get('content-type') ?? '';
		if (!answer.ok || !type.startsWith('application/json')) return undefined;
		const file: unknown = await answer.json();
		return typeof file === 'object' && file !== null ? file : undefined;
	} catch {
		return undefined;
	} finally {
		cancel();
	}
}

/** The relay that served this page, if one did. A file without a relay's key is a web server's. */
export async function offeredRelay(clock: Clock): Promise<Page['offeredRelay']> {
	const { key } = (await relayFile(clock)) ?? {};
	const known = typeof key === 'string' ? fromBase64Url(key) : undefined;
	if (known === undefined) return null;
	const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
	return { address: `${scheme}://${location.host}/relay`, key: toHex(known) };
}

/** The address of a relay that anybody may use, if whoever hosts the page names one: for people, to be copied. */
export async function publicRelay(clock: Clock = createSystemClock()): Promise<string | null> {
	const { publicRelay: address } = (await relayFile(clock)) ?? {};
	return typeof address === 'string' && address.length <= MAX_URL && isRelayUrl(address)
		? address
		: null;
}

/** Some browsers have no WebRTC, or have it switched off. */
export const linksDirectly = typeof RTCPeerConnection === 'function';

/** What is offered may come late: where the page's own origin can't be reached, nobody waits for it to be silent. */
export function createPage(offered: Promise<Page['offeredRelay']>): Page {
	let offeredRelay: Page['offeredRelay'] = null;
	void offered.then((relay) => (offeredRelay = relay));
	return {
		origin: location.origin,
		secure: location.protocol === 'https:',
		get offeredRelay() {
			return offeredRelay;
		},
		direct: linksDirectly,
		isOnline: () => navigator.onLine,
		isInSight: () => !document.hidden,
		onChange(listener) {
			let ended = false;
			void offered.then((relay) => {
				if (relay !== null && !ended) listener('offer');
			});
			const stopWatching = watchWakefulness(listener);
			return () => {
				ended = true;
				stopWatching();
			};
		},
	};
}
