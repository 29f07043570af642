// Statements left for authors who are away: one waits for each, the latest, for it says all that the earlier ones said.
import type { SpaceMessage } from '#lib/protocol/space-message.ts';
import type { Random } from '#lib/ports/random.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import type { Post } from './post-face.ts';

/** Leaves a statement for a device (hex), in place of the one before. */
export function createLeftStatements(
	random: Random,
	post: Pick<Post, 'remove' | 'store'>,
): (device: string, message: SpaceMessage) => void {
	const left = new Map<string, { readonly packet: Bytes; readonly preimage: Bytes }>();
	return (device, message) => {
		const earlier = left.get(device);
		if (earlier !== undefined) post.remove(earlier.packet, earlier.preimage);
		const copy = { packet: random.bytes(32), preimage: random.bytes(32) };
		left.set(device, copy);
		void post.store([device], { ...copy, notIn: null }, message);
	};
}
