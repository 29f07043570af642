// Expected outcomes as values: what can go wrong is part of a function's type. Throwing is for bugs and aborts.

export type Result<T, E> =
	{ readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

export function ok(): Result<void, never>;
export function ok<T>(value: T): Result<T, never>;
export function ok<T>(value?: T): Result<T | undefined, never> {
	return { ok: true, value };
}

export function err<E>(error: E): Result<never, E> {
	return { ok: false, error };
}

/** The value of a result that cannot fail here; throws (a bug) when it did. */
export function unwrap<T, E>(result: Result<T, E>): T {
	if (result.ok) return result.value;
	throw new Error(`unexpected failure: ${JSON.stringify(result.error)}`);
}
