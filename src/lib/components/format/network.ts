// The network's state in a word and in a sentence that says what to do.
import { m } from '#lib/paraglide/messages.js';
import type { NetworkState, NetworkView, Traffic } from '#lib/state/views.ts';
import { sizeText } from './numbers.ts';

const words: Record<NetworkState, () => string> = {
	offline: m.net_offline,
	'no-relay': m.net_no_relay,
	alone: m.net_alone,
	bridged: m.net_bridged,
	direct: m.net_direct,
};

const sentences: Record<NetworkState, () => string> = {
	offline: m.net_offline_text,
	'no-relay': m.net_no_relay_text,
	alone: m.net_alone_text,
	bridged: m.net_bridged_text,
	direct: m.net_direct_text,
};

export const networkWord = (state: NetworkState): string => words[state]();

export function networkSentence({ state, relays, direct }: NetworkView): string {
	const sentence =
		state === 'no-relay' && relays.length > 0 ? m.net_no_relay_waiting() : sentences[state]();
	return direct ? sentence : `${sentence} ${m.net_no_webrtc()}`;
}

export const trafficWords = ({ sent, received }: Traffic): string =>
	m.traffic({ sent: sizeText(sent), received: sizeText(received) });

/** How a direct link's packets travel, by the route of the link; null where that says nothing. */
export function pathWords(path: string | null): string | null {
	const [kind = '', protocol = ''] = path?.split('/') ?? [];
	if (kind === 'host') return m.path_local({ protocol: protocol.toUpperCase() });
	if (kind === 'srflx' || kind === 'prflx')
		return m.path_outside({ protocol: protocol.toUpperCase() });
	return null;
}
