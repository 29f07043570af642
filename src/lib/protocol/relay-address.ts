// How a relay is named in entries, invitations and links: its key and the addresses it answers at. [RL1]
//
// relay  [Ed25519 public key 32, [url …≤4]]
import { MAX_RELAY_URLS, MAX_URL } from './limits.ts';
import { bytes, list, map, text, tuple, where, type Shape } from './cbor.ts';
import type { Bytes } from '#lib/util/bytes.ts';

export interface RelayAddress {
	/** The relay's identity: signs its receipts. */
	readonly key: Bytes;
	/** `ws:` or `wss:` URLs, best first. */
	readonly urls: readonly string[];
}

export const isRelayUrl = (url: string): boolean => /^wss?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/.test(url);

export const relayUrlsShape: Shape<string[]> = list(
	where(text(MAX_URL), isRelayUrl, 'not a ws or wss URL'),
	MAX_RELAY_URLS,
);

export const relayAddressShape: Shape<RelayAddress> = map(
	tuple(bytes(32), relayUrlsShape),
	([key, urls]) => ({ key, urls }),
);

export const relayAddressToTuple = (relay: RelayAddress): unknown[] => [relay.key, relay.urls];
