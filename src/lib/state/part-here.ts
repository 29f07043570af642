// How much of one file of a message is here: files come one after the other, in chunks that know nothing of where one ends.
import { CHUNK } from '#lib/protocol/attachment-size.ts';
import type { FileView, TransferView } from '#lib/messenger/files-api.ts';

/** 0 … 1; 1: all of it, whatever is still missing of the others. */
export function partHere(
	transfer: Pick<TransferView, 'state' | 'held'> | undefined,
	{ offset, size }: Pick<FileView, 'offset' | 'size'>,
): number {
	if (transfer === undefined || transfer.state === 'absent') return 0;
	if (transfer.state === 'whole' || size === 0) return 1;
	const end = offset + size;
	let here = 0;
	for (let n = Math.floor(offset / CHUNK); n * CHUNK < end; n++) {
		if ((((transfer.held[n >> 3] ?? 0) >> (n & 7)) & 1) === 0) continue;
		here += Math.min(end, (n + 1) * CHUNK) - Math.max(offset, n * CHUNK);
	}
	return here / size;
}
