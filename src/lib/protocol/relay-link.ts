// The link by which people pass a relay on: it opens the app, and the app reads the relay from it. [RL2]
//
// link = origin · "/#/relay/" · base64url( [1, key 32, [url …≤4]] or [2, key 32, [url …≤4], invitation 32] )
// invitation: the seed of a key that a relay for invited people knows; whoever has it has its rights there. [MB29]
import { bytes, decode, encode, literal, map, tuple, variants, type Shape } from './cbor.ts';
import { MAX_RELAY_URLS, MAX_URL } from './limits.ts';
import { relayAddressToTuple, relayUrlsShape, type RelayAddress } from './relay-address.ts';
import { fromBase64Url, toBase64Url, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

/** not-a-link: nothing like one. mistyped: characters wrong or missing. unsupported: from a newer Aegis. */
export interface RelayLinkError {
	readonly type: 'not-a-link' | 'mistyped' | 'unsupported';
}

const MARK = '#/relay/';
const MAX_PAYLOAD = MAX_RELAY_URLS * (MAX_URL + 8) + 64;
const MAX_LINK = 2048;

export interface NamedRelay {
	readonly relay: RelayAddress;
	readonly invitation: Bytes | null;
}

const shape: Shape<NamedRelay> = variants<NamedRelay>(
	map(tuple(literal(1), bytes(32), relayUrlsShape), ([, key, urls]) => ({
		relay: { key, urls },
		invitation: null,
	})),
	map(tuple(literal(2), bytes(32), relayUrlsShape, bytes(32)), ([, key, urls, invitation]) => ({
		relay: { key, urls },
		invitation,
	})),
);

/** `origin` is where the app is served, such as `https://relay.example:8080`. */
export function encodeRelayLink(
	origin: string,
	relay: RelayAddress,
	invitation: Bytes | null = null,
): string {
	const named = relayAddressToTuple(relay);
	const payload = invitation === null ? [1, ...named] : [2, ...named, invitation];
	return `${origin}/${MARK}${toBase64Url(encode(payload))}`;
}

/** Reads a whole link or its fragment, with white space around and in it, as chat programs leave them. */
export function decodeRelayLink(input: string): Result<NamedRelay, RelayLinkError> {
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
	return decoded.value.relay.urls.length > 0 ? ok(decoded.value) : err({ type: 'mistyped' });
}
