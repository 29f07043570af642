// Passkeys as far as they open something: each gives the same secret for the same salt, to whoever proves to be there.
import type { Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';

export interface PasskeySlotKey {
	/** Names the passkey to the browser. */
	readonly credential: Bytes;
	/** 32 bytes. */
	readonly salt: Bytes;
}

export interface PasskeySecret {
	readonly credential: Bytes;
	/** 32 bytes. */
	readonly secret: Bytes;
}

/** cancelled: by the person, or nothing answered in time. no-secret: this passkey can sign in and nothing more. */
export interface PasskeyError {
	readonly type: 'cancelled' | 'no-secret';
	readonly detail: string;
}

export interface Passkeys {
	/** Makes one; `name` is what the browser lists it under. */
	create(name: string, salt: Bytes): Promise<Result<PasskeySecret, PasskeyError>>;
	/** Asks for any of these. */
	ask(keys: readonly PasskeySlotKey[]): Promise<Result<PasskeySecret, PasskeyError>>;
}
