// What changes of a file as it is sent, without anything in it moving: words become nothing where they stand. Pure.
import type { Bytes } from '#lib/util/bytes.ts';

/** Bytes of a file, from one place up to before another. */
export type Read = (from: number, to: number) => Promise<Bytes>;

/** `bytes` come in the place of those that are there, and zeros up to before `to`. */
export interface Patch {
	readonly at: number;
	readonly to: number;
	readonly bytes: Bytes;
}

const NOTHING: Bytes = new Uint8Array();

export const put = (at: number, bytes: Bytes): Patch => ({ at, to: at + bytes.length, bytes });
export const zeros = (at: number, to: number): Patch => ({ at, to, bytes: NOTHING });

/** Bytes that stand at `from`, as they are with these patches. */
export function patched(bytes: Bytes, from: number, patches: readonly Patch[]): Bytes {
	const changed = bytes.slice();
	const within = (at: number): number => Math.min(bytes.length, Math.max(0, at - from));
	for (const patch of patches) {
		const filled = patch.at + patch.bytes.length;
		const [start, end] = [within(patch.at), within(filled)];
		changed.set(patch.bytes.subarray(start + from - patch.at, end + from - patch.at), start);
		changed.fill(0, end, within(patch.to));
	}
	return changed;
}

const WINDOW = 64 << 10;

/** Reads ahead, so that many small looks are few reads. */
export function inWindows(read: Read, size: number): Read {
	let start = 0;
	let window = NOTHING;
	return async (from, to) => {
		if (from < start || Math.min(to, size) > start + window.length) {
			start = from;
			window = await read(from, Math.min(size, Math.max(to, from + WINDOW)));
		}
		return window.subarray(from - start, to - start);
	};
}
