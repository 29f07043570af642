// How bytes and lists go to and from PostgreSQL.
import type { Bytes } from '#lib/util/bytes.ts';

/** From the server's text form, `\x…`. */
export function asBytes(text: string): Bytes {
	const buffer = Buffer.from(text.slice(2), 'hex');
	return new Uint8Array(buffer);
}

/** One list for each field of the rows, as `unnest` wants them. */
export function columns<T, C extends readonly ((row: T) => unknown)[]>(
	rows: readonly T[],
	...fields: C
): unknown[][] {
	return fields.map((field) => rows.map((row) => field(row)));
}
