// The text of an invitation link: what the fragment after `#/join/` carries. [IN1] [IN2]
//
// fragment = base64url( payload · first 4 bytes of a check sum over it )
// payload  = [1, space 32, space name, inviter's name, inviter's Root Hash 32, seed 32, lobby public key 32, expiry, relays,
//            history policy]
import {
	bytes,
	decode,
	encode,
	list,
	literal,
	map,
	text,
	tuple,
	uint,
	type Shape,
} from './cbor.ts';
import { historyShape, type History } from './content.ts';
import { MAX_NAME, MAX_RELAYS } from './limits.ts';
import { relayAddressShape, relayAddressToTuple, type RelayAddress } from './relay-address.ts';
import { concat, equal, fromBase64Url, toBase64Url, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

export interface Invitation {
	readonly space: Bytes;
	readonly spaceName: string;
	readonly inviterName: string;
	readonly inviter: Bytes;
	/** The secret: gives the invite key and the lobby's mailbox and write key. */
	readonly seed: Bytes;
	/** X25519: requests are sealed to it. */
	readonly lobbyKey: Bytes;
	/** Milliseconds since 1970; 0: never. */
	readonly expiry: number;
	readonly relays: readonly RelayAddress[];
	/** What a newcomer is given to read, for people to know before they join. GENESIS decides. */
	readonly history: History;
}

/** not-a-link: nothing like an invitation. mistyped: characters wrong or missing. unsupported: from a newer Aegis. */
export interface InvitationError {
	readonly type: 'not-a-link' | 'mistyped' | 'unsupported';
}

const MAX_PAYLOAD = 4096;
const CHECK_LENGTH = 4;

const shape: Shape<Invitation> = map(
	tuple(
		literal(1),
		bytes(32),
		text(MAX_NAME),
		text(MAX_NAME),
		bytes(32),
		bytes(32),
		bytes(32),
		uint(2 ** 48),
		list(relayAddressShape, MAX_RELAYS),
		historyShape,
	),
	([, space, spaceName, inviterName, inviter, seed, lobbyKey, expiry, relays, history]) => ({
		space,
		spaceName,
		inviterName,
		inviter,
		seed,
		lobbyKey,
		expiry,
		relays,
		history,
	}),
);

/** The fragment's text; `sha256` guards against typing errors only. */
export function encodeInvitation(i: Invitation, sha256: (b: Uint8Array) => Uint8Array): string {
	const payload = encode([
		1,
		i.space,
		i.spaceName,
		i.inviterName,
		i.inviter,
		i.seed,
		i.lobbyKey,
		i.expiry,
		i.relays.map(relayAddressToTuple),
		i.history,
	]);
	return toBase64Url(concat(payload, sha256(payload).subarray(0, CHECK_LENGTH)));
}

/** Reads a fragment, a whole link, or either with white space around and in it, as chat programs leave them. */
export function decodeInvitation(
	input: string,
	sha256: (b: Uint8Array) => Uint8Array,
): Result<Invitation, InvitationError> {
	if (input.length > 4 * MAX_PAYLOAD) return err({ type: 'not-a-link' });
	const compact = input.replaceAll(/\s/g, '');
	const fragment = /(?:#\/join\/|^)([A-Za-z0-9_-]+)$/.exec(compact)?.[1];
	if (fragment === undefined) {
		return err({ type: compact.includes('#/join/') ? 'mistyped' : 'not-a-link' });
	}
	const raw = fromBase64Url(fragment);
	if (raw === undefined || raw.length <= CHECK_LENGTH) return err({ type: 'mistyped' });
	const payload = raw.slice(0, -CHECK_LENGTH);
	if (!equal(sha256(payload).subarray(0, CHECK_LENGTH), raw.subarray(-CHECK_LENGTH))) {
		return err({ type: 'mistyped' });
	}
	const decoded = decode(shape, payload, MAX_PAYLOAD);
	return decoded.ok ? ok(decoded.value) : err({ type: 'unsupported' });
}
