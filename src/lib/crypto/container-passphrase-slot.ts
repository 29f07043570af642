// The slot that a passphrase opens, stretched by Argon2id. Its cost is kept with it and is part of what its key is made
// from; a cost below the least is refused before anything is typed into it, one above the most would be a trap. [AT7] [AT8]
//
// parameters  [1, memory (KiB), passes, lanes, salt 16, nonce 24]
// wrapped     secretbox( data key ) under HKDF( stretched passphrase, info = the slot's context )
import {
	bytes,
	decode,
	encode,
	literal,
	map,
	tuple,
	uint,
	type Shape,
} from '#lib/protocol/cbor.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { KeyStretcher, StretchCost, StretchError } from '#lib/ports/key-stretcher.ts';
import type { Random } from '#lib/ports/random.ts';
import { utf8, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import { SLOT_KIND, slotContext, type Slot } from './container-format.ts';
import type { ContainerError, SlotOpener } from './container-slots.ts';

/** 64 MiB, three passes, one lane: what a phone can do in about a second (RFC 9106, section 4, second choice). */
export const LEAST_COST: StretchCost = { memory: 65_536, passes: 3, lanes: 1 };
const MOST_COST: StretchCost = { memory: 262_144, passes: 16, lanes: 4 };
/** What is typed beyond this counts for nothing and would only take time. */
export const MAX_PASSPHRASE = 1024;

const NO_SALT = new Uint8Array();

interface Parameters {
	readonly cost: StretchCost;
	readonly salt: Bytes;
	readonly nonce: Bytes;
}

const parametersShape: Shape<Parameters> = map(
	tuple(literal(1), uint(), uint(), uint(), bytes(16), bytes(24)),
	([, memory, passes, lanes, salt, nonce]) => ({ cost: { memory, passes, lanes }, salt, nonce }),
);

const COSTS = ['memory', 'passes', 'lanes'] as const;

/** The same words give the same bytes whatever keyboard they were typed on. */
const toBytes = (passphrase: string): Bytes =>
	utf8(passphrase.normalize('NFKC').slice(0, MAX_PASSPHRASE));

function readParameters(slot: Slot): Result<Parameters, ContainerError> {
	const read = decode(parametersShape, slot.parameters, 512);
	if (!read.ok) return err({ type: 'damaged', detail: read.error.detail });
	const { cost } = read.value;
	if (COSTS.some((part) => cost[part] < LEAST_COST[part])) {
		return err({ type: 'weakened', detail: 'the cost of guessing was lowered' });
	}
	if (COSTS.some((part) => cost[part] > MOST_COST[part])) {
		return err({ type: 'damaged', detail: 'the cost is beyond all measure' });
	}
	return read;
}

export interface PassphraseParts {
	readonly crypto: CryptoProvider;
	readonly random: Random;
	readonly stretcher: KeyStretcher;
}

/** Wraps the data key under a passphrase. */
export async function sealPassphraseSlot(
	{ crypto, random, stretcher }: PassphraseParts,
	passphrase: string,
	dataKey: Bytes,
): Promise<Result<Slot, StretchError>> {
	const [salt, nonce] = [random.bytes(16), random.bytes(24)];
	const { memory, passes, lanes } = LEAST_COST;
	const slot = {
		kind: SLOT_KIND.passphrase,
		id: random.bytes(16),
		parameters: encode([1, memory, passes, lanes, salt, nonce]),
	};
	const stretched = await stretcher.stretch(toBytes(passphrase), salt, LEAST_COST);
	if (!stretched.ok) return stretched;
	const key = crypto.hkdf(stretched.value, NO_SALT, slotContext(slot), 32);
	return ok({ ...slot, wrapped: crypto.seal(key, nonce, dataKey) });
}

/** Opens the passphrase slot; wrong: it is there, and this isn't its passphrase (or its bytes were changed). */
export const byPassphrase =
	(
		{ crypto, stretcher }: Pick<PassphraseParts, 'crypto' | 'stretcher'>,
		passphrase: string,
	): SlotOpener =>
	async ({ slots }) => {
		const slot = slots.find(({ kind }) => kind === SLOT_KIND.passphrase);
		if (slot === undefined) return err({ type: 'no-slot', detail: 'no slot for a passphrase' });
		const parameters = readParameters(slot);
		if (!parameters.ok) return parameters;
		const { cost, salt, nonce } = parameters.value;
		const stretched = await stretcher.stretch(toBytes(passphrase), salt, cost);
		if (!stretched.ok) return stretched;
		const key = crypto.hkdf(stretched.value, NO_SALT, slotContext(slot), 32);
		const dataKey = crypto.open(key, nonce, slot.wrapped);
		if (dataKey?.length !== 32) return err({ type: 'wrong', detail: 'not its passphrase' });
		return ok(dataKey);
	};
