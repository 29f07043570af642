// Which bytes of a file are asked for, as HTTP says it (RFC 9110 §14): one range at most, whatever else is asked for all of
// it. [MS2]

export interface ByteRange {
	readonly from: number;
	/** Exclusive. */
	readonly to: number;
}

/** null: all of it. Undefined: nothing that is there. */
export function byteRangeIn(header: string | null, size: number): ByteRange | null | undefined {
	const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
	if (first === '' && last === '') return null;
	const from = first === '' ? Math.max(0, size - Number(last)) : Number(first);
	const to = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
	return from < to ? { from, to } : undefined;
}
