// The keys of a space's epochs that this device holds. [EP4] [EP5]
// Control keys reach back to the first epoch; everything else only to the epochs this device has taken part in.
import { decodeFrame, encode, list, optional, tuple, bytes, blob } from '#lib/protocol/cbor.ts';
import { decodeGrant, encodeGrant, type Grant } from '#lib/protocol/lobby.ts';
import { epochId, stepForward } from '#lib/crypto/epoch.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';

export interface EpochKeys {
	/** Name of the epoch, 16 bytes. */
	readonly id: Bytes;
	readonly controlKey: Bytes;
	readonly grant: Grant | null;
	/** This device's tokens: several when more than one member let it in. */
	readonly tokens: readonly Bytes[];
}

export interface KeyRing {
	get(epoch: Bytes): EpochKeys | undefined;
	all(): readonly EpochKeys[];
	/** Adds what a grant gives; false when it was known. */
	addGrant(grant: Grant): boolean;
	/** Steps the group key of an epoch forward, once for each step; those before are gone. */
	advance(epoch: Bytes, step: number): void;
	/** Adds an earlier epoch's control key; false when it was known. */
	addControlKey(controlKey: Bytes): boolean;
}

export function createKeyRing(crypto: CryptoProvider, stored: readonly EpochKeys[] = []): KeyRing {
	const keys = new Map<string, EpochKeys>(stored.map((each) => [toHex(each.id), each]));
	return {
		get: (epoch) => keys.get(toHex(epoch)),
		all: () => [...keys.values()],
		addGrant(grant) {
			const id = epochId(crypto, grant.controlKey);
			const known = keys.get(toHex(id));
			const tokens = known?.tokens ?? [];
			if (tokens.some((token) => toHex(token) === toHex(grant.token))) return false;
			keys.set(toHex(id), {
				id,
				controlKey: grant.controlKey,
				grant: known?.grant ?? grant,
				tokens: [...tokens, grant.token],
			});
			return true;
		},
		advance(epoch, step) {
			const known = keys.get(toHex(epoch));
			if (!known?.grant) return;
			let { groupKey } = known.grant;
			for (let at = known.grant.step; at < step; at++) groupKey = stepForward(crypto, groupKey);
			const grant = { ...known.grant, groupKey, step: Math.max(step, known.grant.step) };
			keys.set(toHex(epoch), { ...known, grant });
		},
		addControlKey(controlKey) {
			const id = epochId(crypto, controlKey);
			if (keys.has(toHex(id))) return false;
			keys.set(toHex(id), { id, controlKey, grant: null, tokens: [] });
			return true;
		},
	};
}

const shape = list(tuple(bytes(16), bytes(32), optional(blob(512)), list(bytes(32), 16)), 100_000);

export const encodeKeyRing = (ring: KeyRing): Bytes =>
	encode(
		ring
			.all()
			.map((each) => [
				each.id,
				each.controlKey,
				each.grant && encodeGrant(each.grant),
				each.tokens,
			]),
	);

/** The keys kept, or undefined when they cannot be read. */
export function decodeKeyRing(encoded: Uint8Array): readonly EpochKeys[] | undefined {
	const decoded = decodeFrame(shape, encoded, Number.MAX_SAFE_INTEGER);
	if (!decoded.ok) return undefined;
	return decoded.value.map(([id, controlKey, granted, tokens]) => {
		const grant = granted && decodeGrant(granted);
		return { id, controlKey, grant: grant?.ok ? grant.value : null, tokens };
	});
}
