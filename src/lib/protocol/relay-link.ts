// The link by which people pass a relay on: it opens the app, and the app reads the relay from it. [RL2]
//
// link = origin · "/#/relay/" · base64url( [1, key 32, [url …≤4]] )
import { bytes, decode, encode, literal, map, tuple } from './cbor.ts';
import { MAX_RELAY_URLS, MAX_URL } from './limits.ts';
import { relayAddressToTuple, relayUrlsShape, type RelayAddress } from './relay-address.ts';
import { fromBase64Url, toBase64Url } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

/** not-a-link: nothing like one. mistyped: characters wrong or missing. unsupported: from a newer Aegis. */
export interface RelayLinkError {
	readonly type: 'not-a-link' | 'mistyped' | 'unsupported';
}

const MARK = '#/relay/';
const MAX_PAYLOAD = MAX_RELAY_URLS * (MAX_URL + 8) + 64;
const MAX_LINK = 2048;

const shape = map(tuple(literal(1), bytes(32), relayUrlsShape), ([, key, urls]) => ({ key, urls }));

/** `origin` is where the app is served, such as `https://relay.example:8080`. */
export const encodeRelayLink = (origin: string, relay: RelayAddress): string =>
	`${origin}/${MARK}${toBase64Url(encode([1, ...relayAddressToTuple(relay)]))}`;

/** Reads a whole link or its fragment, with white space around and in it, as chat programs leave them. */
export function decodeRelayLink(input: string): Result<RelayAddress, RelayLinkError> {
	if (input.length > MAX_LINK) return err({ type: 'not-a-link' });
	const compact = input.replaceAll(/\s/g, '');
	const at = compact.indexOf(MARK);
	if (at < 0) return err({ type: 'not-a-link' });
	const payload = fromBase64Url(compact.slice(at + MARK.length));
	if (payload === undefined) return err({ type: 'mistyped' });
	const decoded = decode(shape, payload, MAX_PAYLOAD);
	if (!decoded.ok) {
		return err({ type: decoded.error.type === 'shape' ? 'unsupported' : 'mistyped' });
	}
	return decoded.value.urls.length > 0 ? ok(decoded.value) : err({ type: 'mistyped' });
}
