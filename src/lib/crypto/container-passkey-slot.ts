// The slot that a passkey opens: the secret it gives for the slot's salt (WebAuthn, PRF extension) unwraps the data key.
// It is never the only way in, since passkeys get lost with accounts and devices. [AT9]
//
// parameters  [1, credential ≤1023, salt 32, nonce 24]
// wrapped     secretbox( data key ) under HKDF( secret, info = the slot's context )
import {
	blob,
	bytes,
	decode,
	encode,
	literal,
	map,
	tuple,
	type Shape,
} from '#lib/protocol/cbor.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { PasskeyError, Passkeys, PasskeySlotKey } from '#lib/ports/passkeys.ts';
import type { Random } from '#lib/ports/random.ts';
import { equal, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import { MAX_PARAMETERS, SLOT_KIND, slotContext, type Slot } from './container-format.ts';
import type { SlotOpener } from './container-slots.ts';

/** As WebAuthn bounds it. */
const MAX_CREDENTIAL = 1023;
const NO_SALT = new Uint8Array();

interface Parameters extends PasskeySlotKey {
	readonly nonce: Bytes;
}

const parametersShape: Shape<Parameters> = map(
	tuple(literal(1), blob(MAX_CREDENTIAL), bytes(32), bytes(24)),
	([, credential, salt, nonce]) => ({ credential, salt, nonce }),
);

export interface PasskeyParts {
	readonly crypto: CryptoProvider;
	readonly random: Random;
	readonly passkeys: Passkeys;
}

/** Makes a passkey and wraps the data key under its secret; `name` as in Passkeys.create. */
export async function sealPasskeySlot(
	{ crypto, random, passkeys }: PasskeyParts,
	name: string,
	dataKey: Bytes,
): Promise<Result<Slot, PasskeyError>> {
	const [salt, nonce] = [random.bytes(32), random.bytes(24)];
	const made = await passkeys.create(name, salt);
	if (!made.ok) return made;
	const { credential, secret } = made.value;
	if (credential.length > MAX_CREDENTIAL) return err({ type: 'no-secret', detail: 'a long name' });
	const parameters = encode([1, credential, salt, nonce]);
	const slot = { kind: SLOT_KIND.passkey, id: random.bytes(16), parameters };
	const key = crypto.hkdf(secret, NO_SALT, slotContext(slot), 32);
	return ok({ ...slot, wrapped: crypto.seal(key, nonce, dataKey) });
}

/** Opens the slot of whichever of its passkeys answers. */
export const byPasskey =
	({ crypto, passkeys }: Pick<PasskeyParts, 'crypto' | 'passkeys'>): SlotOpener =>
	async ({ slots }) => {
		const known = slots
			.filter(({ kind }) => kind === SLOT_KIND.passkey)
			.flatMap((slot) => {
				const read = decode(parametersShape, slot.parameters, MAX_PARAMETERS);
				return read.ok ? [{ slot, ...read.value }] : [];
			});
		if (known.length === 0) return err({ type: 'no-slot', detail: 'no slot for a passkey' });
		const answer = await passkeys.ask(known.map(({ credential, salt }) => ({ credential, salt })));
		if (!answer.ok) return answer;
		const { credential, secret } = answer.value;
		const chosen = known.find((each) => equal(each.credential, credential));
		if (chosen === undefined) return err({ type: 'wrong', detail: 'a passkey of something else' });
		const key = crypto.hkdf(secret, NO_SALT, slotContext(chosen.slot), 32);
		const dataKey = crypto.open(key, chosen.nonce, chosen.slot.wrapped);
		if (dataKey?.length !== 32) return err({ type: 'wrong', detail: 'not its secret' });
		return ok(dataKey);
	};
