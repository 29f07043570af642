// Deterministic CBOR (DAG-CBOR, tuples only) and the shapes that its decoders are made of. [EN1] [EN2] [EN3]
// Every decoder is total: bytes in, value or typed error out, bounded before anything is parsed.
import * as dagCbor from '@ipld/dag-cbor';
import * as v from 'valibot';
import { equal, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

/** too-large: longer than the format allows. malformed: not deterministic CBOR. shape: not the expected fields. */
export interface DecodeError {
	readonly type: 'too-large' | 'malformed' | 'shape';
	readonly detail: string;
}

export type Shape<T> = v.GenericSchema<unknown, T>;

/** The one encoding of a value made of unsigned integers, text, bytes, booleans, null and arrays. */
export const encode = (value: unknown): Bytes =>
	// Under Node the library answers with a Buffer at some lengths, whose slice() is a view; a copy has none of that.
	new Uint8Array(dagCbor.encode(value));

/** Decodes bytes that must be the one encoding of a value of this shape. At most `limit` bytes are looked at. */
export function decode<T>(
	shape: Shape<T>,
	bytes: Uint8Array,
	limit: number,
): Result<T, DecodeError> {
	const loose = decodeLoose(shape, bytes, limit);
	if (!loose.ok) return loose;
	const [value, raw] = loose.value;
	// The parser lets a few other spellings of a value through; one value has one encoding here.
	if (!equal(dagCbor.encode(raw), bytes)) {
		return err({ type: 'malformed', detail: 'not the deterministic encoding' });
	}
	return ok(value);
}

/** For frames that nobody hashes or signs: the same, without proof that the encoding is the only one. */
export function decodeFrame<T>(
	shape: Shape<T>,
	bytes: Uint8Array,
	limit: number,
): Result<T, DecodeError> {
	const loose = decodeLoose(shape, bytes, limit);
	return loose.ok ? ok(loose.value[0]) : loose;
}

function decodeLoose<T>(
	shape: Shape<T>,
	bytes: Uint8Array,
	limit: number,
): Result<[T, unknown], DecodeError> {
	if (bytes.length > limit) return err({ type: 'too-large', detail: `${bytes.length} > ${limit}` });
	let raw: unknown;
	try {
		raw = dagCbor.decode(bytes);
	} catch (cause) {
		return err({
			type: 'malformed',
			detail: cause instanceof Error ? cause.message : 'unreadable',
		});
	}
	const parsed = v.safeParse(shape, raw);
	if (parsed.success) return ok([parsed.output, raw]);
	return err({ type: 'shape', detail: parsed.issues[0].message });
}

const isBytes = v.custom<Bytes>((value) => value instanceof Uint8Array, 'expected bytes');

/** Exactly `length` bytes. */
export const bytes = (length: number): Shape<Bytes> =>
	v.pipe(
		isBytes,
		v.check((value) => value.length === length, `expected ${length} bytes`),
	);

/** At most `limit` bytes. */
export const blob = (limit: number): Shape<Bytes> =>
	v.pipe(
		isBytes,
		v.check((value) => value.length <= limit, `more than ${limit} bytes`),
	);

/** A whole number from 0 to `max` (default 2^53-1). */
export const uint = (max: number = Number.MAX_SAFE_INTEGER): Shape<number> =>
	v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(max));

/** Text of at most `limit` bytes in UTF-8, without lone surrogates. */
export const text = (limit: number): Shape<string> =>
	v.pipe(
		v.string(),
		v.maxBytes(limit),
		v.check((value) => value.isWellFormed(), 'text is not well-formed'),
	);

/** At most `limit` items. */
export const list = <T>(item: Shape<T>, limit: number): Shape<T[]> =>
	v.pipe(v.array(item), v.maxLength(limit));

export const literal = <const T extends number | string>(value: T): Shape<T> => v.literal(value);
export const flag: Shape<boolean> = v.boolean();
export const optional = <T>(shape: Shape<T>): Shape<T | null> => v.nullable(shape);
export const either = <A, B>(a: Shape<A>, b: Shape<B>): Shape<A | B> => v.union([a, b]);

type Outputs<T extends readonly Shape<unknown>[]> = {
	-readonly [K in keyof T]: T[K] extends Shape<infer O> ? O : never;
};

/** Exactly these items in this order. */
export const tuple = <const T extends readonly Shape<unknown>[]>(...items: T): Shape<Outputs<T>> =>
	v.strictTuple(items as unknown as v.TupleItems) as unknown as Shape<Outputs<T>>;

/** A shape whose value is given another form, such as named fields for a tuple. */
export const map = <A, B>(shape: Shape<A>, change: (value: A) => B): Shape<B> =>
	v.pipe(shape, v.transform(change));

/** A shape with one more condition. */
export const where = <T>(shape: Shape<T>, holds: (value: T) => boolean, what: string): Shape<T> =>
	v.pipe(
		shape,
		v.check((value) => holds(value), what),
	);

interface Tagged {
	readonly pipe?: readonly Tagged[];
	readonly items?: readonly { readonly literal?: unknown }[];
}
/** The literal that a tuple begins with, also behind `map` and `where`. */
const tagOf = ({ pipe, items }: Tagged): unknown =>
	pipe?.[0] === undefined ? items?.[0]?.literal : tagOf(pipe[0]);

/** One of several shapes. Tuples that begin with different literals are told apart by these, and no other is looked at. */
export const variants = <T>(...shapes: readonly Shape<T>[]): Shape<T> => {
	const byTag = new Map(shapes.map((shape) => [tagOf(shape as Tagged), shape]));
	if (byTag.has(undefined) || byTag.size < shapes.length) return v.union(shapes as Shape<T>[]);
	const none: Shape<T> = v.never('none of the variants');
	return v.lazy((input) => (Array.isArray(input) && byTag.get(input[0])) || none);
};
