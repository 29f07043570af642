// The bytes of a crypto-container. [AT1] [AT2]
//
// container  [1, [slot …≤8], box]      box = nonce 24 ‖ secretbox( secrets ) under a key derived from the data key
// slot       [kind, id 16, parameters, wrapped data key]
// secrets    [1, root seed 32, device seed 32, [[prekey seed 32, time (ms)] …≤64]]
//
// kind 1 browser: parameters = AES-GCM nonce 12. Kinds 2 (passphrase) and 3 (passkey): see their files. A slot of a kind
// that this version can't use is kept as it is.
import {
	blob,
	bytes,
	decode,
	encode,
	list,
	literal,
	map,
	tuple,
	uint,
	where,
	type DecodeError,
	type Shape,
} from '#lib/protocol/cbor.ts';
import { label } from '#lib/protocol/labels.ts';
import { concat, type Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';
import type { IdentitySecrets } from './identity.ts';

export const SLOT_KIND = { browser: 1, passphrase: 2, passkey: 3 } as const;

export interface Slot {
	readonly kind: number;
	readonly id: Bytes;
	/** What opening it takes besides the secret; its form depends on the kind. */
	readonly parameters: Bytes;
	readonly wrapped: Bytes;
}

export interface ContainerRecord {
	readonly slots: readonly Slot[];
	readonly box: Bytes;
}

/** Prekeys are rotated daily and kept for a month after. */
export const MAX_PREKEYS = 64;
export const MAX_SLOTS = 8;
export const MAX_PARAMETERS = 1200;
const MAX_BOX = 4096;
const MAX_CONTAINER = 16_384;

const containerShape: Shape<ContainerRecord> = map(
	tuple(
		literal(1),
		list(
			map(
				tuple(uint(255), bytes(16), blob(MAX_PARAMETERS), blob(128)),
				([kind, id, parameters, wrapped]) => ({
					kind,
					id,
					parameters,
					wrapped,
				}),
			),
			MAX_SLOTS,
		),
		blob(MAX_BOX),
	),
	([, slots, box]) => ({ slots, box }),
);

export const encodeContainer = (c: ContainerRecord): Bytes =>
	encode([1, c.slots.map((s) => [s.kind, s.id, s.parameters, s.wrapped]), c.box]);

export const decodeContainer = (encoded: Uint8Array): Result<ContainerRecord, DecodeError> =>
	decode(containerShape, encoded, MAX_CONTAINER);

/** What a slot's wrapping authenticates: nobody can weaken its parameters unseen. */
export const slotContext = (slot: Omit<Slot, 'wrapped'>): Bytes =>
	concat(label('container-slot'), encode([slot.kind, slot.id, slot.parameters]));

const secretsShape: Shape<IdentitySecrets> = map(
	tuple(
		literal(1),
		bytes(32),
		bytes(32),
		where(
			list(
				map(tuple(bytes(32), uint()), ([seed, time]) => ({ seed, time })),
				MAX_PREKEYS,
			),
			(prekeys) => prekeys.length > 0,
			'no prekey',
		),
	),
	([, rootSeed, deviceSeed, prekeySeeds]) => ({ rootSeed, deviceSeed, prekeySeeds }),
);

export const encodeSecrets = (s: IdentitySecrets): Bytes =>
	encode([1, s.rootSeed, s.deviceSeed, s.prekeySeeds.map((prekey) => [prekey.seed, prekey.time])]);

export const decodeSecrets = (encoded: Uint8Array): Result<IdentitySecrets, DecodeError> =>
	decode(secretsShape, encoded, MAX_BOX);
