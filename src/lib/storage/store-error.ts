// Turns what the browser's storage throws into what can be told and acted on. [ST6]
import type { StoreError } from '#lib/ports/store.ts';

/** InvalidStateError is refused only when opening: some browsers answer so where storage is switched off. */
export function toStoreError(cause: unknown, opening = false): StoreError {
	const name = cause instanceof Error || cause instanceof DOMException ? cause.name : '';
	const detail = cause instanceof Error ? `${name}: ${cause.message}` : String(cause);
	if (name === 'QuotaExceededError') return { type: 'full', detail };
	if (name === 'SecurityError' || name === 'NotAllowedError') return { type: 'refused', detail };
	if (opening && name === 'InvalidStateError') return { type: 'refused', detail };
	return { type: 'failed', detail };
}
