// The shapes that decoders of deterministic CBOR are made of; the encoding itself is in cbor-value.ts. [EN1] [EN2] [EN3]
// Every decoder is total: bytes in, value or typed error out, bounded before anything is parsed.
import { parse } from './cbor-value.ts';
import { utf8, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

export { encode } from './cbor-value.ts';

/** too-large: longer than the format allows. malformed: not deterministic CBOR. shape: not the expected fields. */
export interface DecodeError {
	readonly type: 'too-large' | 'malformed' | 'shape';
	readonly detail: string;
}

/** Not of the expected shape, and why. */
class Mismatch {
	readonly what: string;
	constructor(what: string) {
		this.what = what;
	}
}

/** What a value has to look like, and the form it is given. Relays read thousands of frames a second by these. */
export interface Shape<T> {
	readonly read: (value: unknown) => T | Mismatch;
	/** The literal itself, or the one that a tuple begins with: tells variants apart. */
	readonly tag: unknown;
}

/** Decodes bytes that must be the one encoding of a value of this shape. At most `limit` bytes are looked at. */
export const decode = <T>(
	shape: Shape<T>,
	bytes: Uint8Array,
	limit: number,
): Result<T, DecodeError> => decodeFrom(shape, bytes, limit, false);

/** The same, of which byte strings are parts of `bytes`: for whoever owns these, and keeps little of them for long. */
export const decodeSharing = <T>(
	shape: Shape<T>,
	bytes: Uint8Array,
	limit: number,
): Result<T, DecodeError> => decodeFrom(shape, bytes, limit, true);

function decodeFrom<T>(
	shape: Shape<T>,
	bytes: Uint8Array,
	limit: number,
	sharing: boolean,
): Result<T, DecodeError> {
	if (bytes.length > limit) return err({ type: 'too-large', detail: `${bytes.length} > ${limit}` });
	let raw: unknown;
	try {
		raw = parse(bytes, sharing);
	} catch (cause) {
		return err({
			type: 'malformed',
			detail: cause instanceof Error ? cause.message : 'unreadable',
		});
	}
	const read = shape.read(raw);
	return read instanceof Mismatch ? err({ type: 'shape', detail: read.what }) : ok(read);
}

const shapeOf = <T>(read: Shape<T>['read'], tag?: unknown): Shape<T> => ({ read, tag });

/** Exactly `length` bytes. */
export const bytes = (length: number): Shape<Bytes> => {
	const not = new Mismatch(`expected ${length} bytes`);
	return shapeOf((value) =>
		value instanceof Uint8Array && value.length === length ? (value as Bytes) : not,
	);
};

/** At most `limit` bytes. */
export const blob = (limit: number): Shape<Bytes> => {
	const not = new Mismatch(`expected at most ${limit} bytes`);
	return shapeOf((value) =>
		value instanceof Uint8Array && value.length <= limit ? (value as Bytes) : not,
	);
};

/** A whole number from 0 to `max` (default 2^53-1). */
export const uint = (max: number = Number.MAX_SAFE_INTEGER): Shape<number> => {
	const not = new Mismatch(`expected a whole number up to ${max}`);
	return shapeOf((value) =>
		typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max
			? value
			: not,
	);
};

/** Text of at most `limit` bytes in UTF-8, without lone surrogates. */
export const text = (limit: number): Shape<string> => {
	const not = new Mismatch(`expected well-formed text of at most ${limit} bytes`);
	const fits = (value: string): boolean =>
		value.length <= limit && value.isWellFormed() && utf8(value).length <= limit;
	return shapeOf((value) => (typeof value === 'string' && fits(value) ? value : not));
};

/** At most `limit` items. */
export const list = <T>(item: Shape<T>, limit: number): Shape<T[]> => {
	const not = new Mismatch(`expected a list of at most ${limit}`);
	return shapeOf((value) => {
		if (!Array.isArray(value) || value.length > limit) return not;
		const items: T[] = [];
		for (const one of value as readonly unknown[]) {
			const read = item.read(one);
			if (read instanceof Mismatch) return read;
			items.push(read);
		}
		return items;
	});
};

export const literal = <const T extends number | string>(value: T): Shape<T> => {
	const not = new Mismatch(`expected ${value}`);
	return shapeOf<T>((other) => (other === value ? value : not), value);
};

const noFlag = new Mismatch('expected true or false');
export const flag: Shape<boolean> = shapeOf((value) =>
	typeof value === 'boolean' ? value : noFlag,
);

export const optional = <T>(shape: Shape<T>): Shape<T | null> =>
	shapeOf((value) => (value === null ? null : shape.read(value)));

export const either = <A, B>(a: Shape<A>, b: Shape<B>): Shape<A | B> =>
	shapeOf<A | B>((value) => {
		const read = a.read(value);
		return read instanceof Mismatch ? b.read(value) : read;
	});

type Outputs<T extends readonly Shape<unknown>[]> = {
	-readonly [K in keyof T]: T[K] extends Shape<infer O> ? O : never;
};

/** Exactly these items in this order. */
export const tuple = <const T extends readonly Shape<unknown>[]>(
	...items: T
): Shape<Outputs<T>> => {
	const not = new Mismatch(`expected ${items.length} items`);
	return shapeOf((value) => {
		if (!Array.isArray(value) || value.length !== items.length) return not;
		const outputs: unknown[] = [];
		for (const [at, item] of items.entries()) {
			const read = item.read(value[at]);
			if (read instanceof Mismatch) return read;
			outputs.push(read);
		}
		return outputs as Outputs<T>;
	}, items[0]?.tag);
};

/** A shape whose value is given another form, such as named fields for a tuple. */
export const map = <A, B>(shape: Shape<A>, change: (value: A) => B): Shape<B> =>
	shapeOf((value) => {
		const read = shape.read(value);
		return read instanceof Mismatch ? read : change(read);
	}, shape.tag);

/** A shape with one more condition. */
export const where = <T>(shape: Shape<T>, holds: (value: T) => boolean, what: string): Shape<T> => {
	const not = new Mismatch(what);
	return shapeOf((value) => {
		const read = shape.read(value);
		return read instanceof Mismatch || holds(read) ? read : not;
	}, shape.tag);
};

const noVariant = new Mismatch('none of the variants');
/** One of several shapes. Where their literals tell them apart, no other is looked at. */
export const variants = <T>(...shapes: readonly Shape<T>[]): Shape<T> => {
	const byTag = new Map(shapes.map((shape) => [shape.tag, shape]));
	if (!byTag.has(undefined) && byTag.size === shapes.length) {
		return shapeOf((value) => {
			const shape = byTag.get(Array.isArray(value) ? (value as readonly unknown[])[0] : value);
			return shape === undefined ? noVariant : shape.read(value);
		});
	}
	return shapeOf((value) => {
		for (const shape of shapes) {
			const read = shape.read(value);
			if (!(read instanceof Mismatch)) return read;
		}
		return noVariant;
	});
};
