// Cuts what devices tell each other into pieces that each fit what carries them: entries into several messages, and a
// packet that is longer than a block into parts. [PT1] [PT4]
import { MAX_CONTENT } from '#lib/protocol/block.ts';
import { encodePacket, type Packet } from '#lib/protocol/entry.ts';
import { MAX_PACKET } from '#lib/protocol/limits.ts';
import { partsOf } from '#lib/protocol/part.ts';
import type { SpaceMessage } from '#lib/protocol/space-message.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';

/** What an envelope adds to the message inside. */
const ENVELOPE_OVERHEAD = 160;
const LINK_BATCH = 180_000;
const MAX_TOGETHER = 64;

/** Packets in batches of at most `limit` bytes, in order; one that is longer is alone in its batch. */
export function batchesOf(packets: readonly Packet[], limit: number): readonly Packet[][] {
	const batches: Packet[][] = [];
	let size = Infinity;
	for (const packet of packets) {
		const { length } = encodePacket(packet);
		const last = batches.at(-1);
		if (last === undefined || size + length > limit || last.length === MAX_TOGETHER) {
			batches.push([packet]);
			size = length;
		} else {
			last.push(packet);
			size += length;
		}
	}
	return batches;
}

function split(
	crypto: CryptoProvider,
	message: SpaceMessage,
	limit: number,
): readonly SpaceMessage[] {
	if (message.type !== 'entries') return [message];
	return batchesOf(message.packets, limit).flatMap((packets): SpaceMessage[] => {
		const [first] = packets;
		const encoded = packets.length === 1 && first !== undefined ? encodePacket(first) : undefined;
		if (encoded === undefined || encoded.length <= MAX_PACKET)
			return [{ type: 'entries', packets }];
		return partsOf(crypto, encoded).map((part) => ({ type: 'part', part }));
	});
}

/** For relays: each fits a block with its envelope. */
export const forBlocks = (crypto: CryptoProvider, message: SpaceMessage): readonly SpaceMessage[] =>
	split(crypto, message, MAX_CONTENT - ENVELOPE_OVERHEAD);

/** For direct links. */
export const forLinks = (crypto: CryptoProvider, message: SpaceMessage): readonly SpaceMessage[] =>
	split(crypto, message, LINK_BATCH);
