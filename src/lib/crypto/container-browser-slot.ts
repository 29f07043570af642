// The slot that opens in this browser alone, with nothing to type: a key that the platform uses but never shows.
// Whoever takes the whole disk can use it as the browser does; the interface says so. [AT2] [AT6]
import type { Random } from '#lib/ports/random.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { err, ok } from '#lib/util/result.ts';
import { SLOT_KIND, slotContext, type Slot } from './container-format.ts';
import type { SlotOpener } from './container-slots.ts';

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

/** Opens the slot of this browser; nothing is asked. */
export const byBrowser =
	(subtle: SubtleCrypto): SlotOpener =>
	async ({ slots, browserKey }) => {
		const slot = slots.find(({ kind }) => kind === SLOT_KIND.browser);
		if (slot === undefined || browserKey === null) {
			return err({ type: 'no-slot', detail: 'no slot for this browser' });
		}
		const algorithm = {
			name: 'AES-GCM',
			iv: slot.parameters,
			additionalData: slotContext(slot),
		};
		try {
			const dataKey = new Uint8Array(await subtle.decrypt(algorithm, browserKey, slot.wrapped));
			if (dataKey.length === 32) return ok(dataKey);
		} catch {
			// As below.
		}
		return err({ type: 'damaged', detail: 'the slot does not open' });
	};
