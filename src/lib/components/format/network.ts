// The network's state in a word and in a sentence that says what to do.
import { m } from '#lib/paraglide/messages.js';
import type { NetworkState, NetworkView } from '#lib/state/views.ts';

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
