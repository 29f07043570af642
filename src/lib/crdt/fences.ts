// Fences: where somebody's entries end to count. A fence names the last entry of each device, by place and by id, so that
// neither a clock nor a second entry in the same place gets anything past it. [FE1] [FE2]
import type { Fence } from '#lib/protocol/moderation.ts';
import { equal, toHex } from '#lib/util/bytes.ts';
import type { FenceEnd } from './authority-state.ts';
import type { Entry } from './check-entry.ts';

const NOWHERE: FenceEnd = { seq: -1, id: null };

/** Where the fence ends a device (hex); a device that it doesn't list ends before its first entry. */
export function endOf(fence: Fence, device: string): FenceEnd {
	const end = fence.find(({ feed }) => toHex(feed) === device);
	return end === undefined ? NOWHERE : { seq: end.seq, id: end.id };
}

/** Whether an entry lies beyond this end of its device. */
export const isBeyond = (end: FenceEnd, { id, header }: Entry): boolean =>
	header.seq > end.seq || (header.seq === end.seq && end.id !== null && !equal(id, end.id));

/** What is left of a device by both ends. Where they name different entries in one place, neither of these counts. */
export function lower(a: FenceEnd | undefined, b: FenceEnd): FenceEnd {
	if (a === undefined || b.seq < a.seq) return b;
	if (a.seq < b.seq) return a;
	const same = a.id === b.id || (a.id !== null && b.id !== null && equal(a.id, b.id));
	return same ? a : { seq: a.seq - 1, id: null };
}
