// Makes a key from a passphrase, slowly and with much memory on purpose. The real one runs beside the page, so that the
// interface stays alive meanwhile.
import type { Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';

/** Argon2id version 1.3 (RFC 9106). */
export interface StretchCost {
	/** KiB. */
	readonly memory: number;
	readonly passes: number;
	readonly lanes: number;
}

export interface StretchError {
	readonly type: 'stretch';
	readonly detail: string;
}

export interface KeyStretcher {
	/** 32 bytes; the salt has 16. Fails where the device can't spare the memory. */
	stretch(
		passphrase: Uint8Array,
		salt: Uint8Array,
		cost: StretchCost,
	): Promise<Result<Bytes, StretchError>>;
}
