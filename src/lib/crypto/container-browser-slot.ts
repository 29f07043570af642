// The slot that opens in this browser alone, with nothing to type: a key that the platform uses but never shows.
// Whoever takes the whole disk can use it as the browser does; the interface says so. [AT2] [AT6]
import type { Random } from '#lib/ports/random.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { SLOT_KIND, slotContext, type Slot } from './container-format.ts';

const AES_NONCE = 12;

/** Wraps the data key under a fresh key of the platform. */
export async function sealBrowserSlot(
	{ subtle, random }: { readonly subtle: SubtleCrypto; readonly random: Random },
	dataKey: Bytes,
): Promise<{ readonly slot: Slot; readonly key: CryptoKey }> {
	const key = await subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, [
		'encrypt',
		'decrypt',
	]);
	const slot = {
		kind: SLOT_KIND.browser,
		id: random.bytes(16),
		parameters: random.bytes(AES_NONCE),
	};
	const algorithm = { name: 'AES-GCM', iv: slot.parameters, additionalData: slotContext(slot) };
	const wrapped = new Uint8Array(await subtle.encrypt(algorithm, key, dataKey));
	return { slot: { ...slot, wrapped }, key };
}

/** The data key, or undefined when the slot is not of this key or was tampered with. */
export async function openBrowserSlot(
	subtle: SubtleCrypto,
	key: CryptoKey,
	slot: Slot,
): Promise<Bytes | undefined> {
	const algorithm = { name: 'AES-GCM', iv: slot.parameters, additionalData: slotContext(slot) };
	try {
		const dataKey = new Uint8Array(await subtle.decrypt(algorithm, key, slot.wrapped));
		return dataKey.length === 32 ? dataKey : undefined;
	} catch {
		return undefined;
	}
}
