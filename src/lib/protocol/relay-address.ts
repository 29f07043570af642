// How a relay is named in entries, invitations and links: its key and the addresses it answers at. [RL1]
//
// relay  [Ed25519 public key 32, [url …≤4]]
// url    ws or wss, or /ip4|ip6/ADDRESS/udp/PORT/webrtc-direct/certhash/HASH/p2p/KEY
import { MAX_RELAY_URLS, MAX_URL } from './limits.ts';
import { bytes, list, map, text, tuple, where, type Shape } from './cbor.ts';
import type { Bytes } from '#lib/util/bytes.ts';

export interface RelayAddress {
	/** The relay's identity: signs its receipts. */
	readonly key: Bytes;
	/** `ws:` or `wss:` URLs and webrtc-direct addresses, best first. */
	readonly urls: readonly string[];
}

/** The libp2p protocol under which a relay's mailboxes are spoken to where no WebSocket reaches. */
export const MAILBOX_PROTOCOL = '/aegis/mailbox/1';

const DIRECT =
	/^\/(?:ip4\/(\d{1,3}(?:\.\d{1,3}){3})|ip6\/([0-9a-f:]{2,39}))\/udp\/[1-9]\d{0,4}\/webrtc-direct\/certhash\/u[\w-]{40,60}\/p2p\/[1-9A-HJ-NP-Za-km-z]{40,64}$/;

/** An IP address where the relay answers by WebRTC; its certificate's hash and its key stand in the address itself. */
export const isDirectRelay = (url: string): boolean => DIRECT.test(url);

export const isRelayUrl = (url: string): boolean =>
	/^wss?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/.test(url) || isDirectRelay(url);

/** Host name or IP address, without a port; IPv6 in brackets, as in URLs. */
export function relayHost(url: string): string {
	const [, ip4, ip6] = DIRECT.exec(url) ?? [];
	if (ip6 !== undefined) return `[${ip6}]`;
	return ip4 ?? /^wss?:\/\/(\[[^\]]*\]|[^:/]*)/.exec(url)?.[1] ?? '';
}

/** What people know a relay by: its host, with the port where there is one in a URL. */
export const relayHostAndPort = (url: string): string =>
	isDirectRelay(url) ? relayHost(url) : (/^wss?:\/\/([^/]*)/.exec(url)?.[1] ?? '');

export const relayUrlsShape: Shape<string[]> = list(
	where(text(MAX_URL), isRelayUrl, 'not an address of a relay'),
	MAX_RELAY_URLS,
);

export const relayAddressShape: Shape<RelayAddress> = map(
	tuple(bytes(32), relayUrlsShape),
	([key, urls]) => ({ key, urls }),
);

export const relayAddressToTuple = (relay: RelayAddress): unknown[] => [relay.key, relay.urls];
