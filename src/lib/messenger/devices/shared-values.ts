// What the rest of the messenger sees of the account document: values by name, the same on all of a person's devices.
import type { StoreError } from '#lib/ports/store.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';

/** null clears. */
type Changes = ReadonlyMap<string, Bytes | null>;

export interface SharedValues {
	get(name: string): Bytes | undefined;
	/** Whether it was ever set, cleared since or not. */
	wasSet(name: string): boolean;
	list(prefix: string): readonly (readonly [name: string, value: Bytes])[];
	/** Durable when it resolves. */
	write(changes: Changes): Promise<Result<void, StoreError>>;
	/**
	 * As write, and durable soon: for what may be lost with the last half second. `calmly`: it changes often, and the other
	 * devices may be told later.
	 */
	note(changes: Changes, calmly?: boolean): void;
	/** Called with the names of values that may be different now, whoever changed them; returns the end of that. */
	watch(listener: (names: ReadonlySet<string>) => void): () => void;
}
