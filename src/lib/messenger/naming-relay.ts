// A relay that somebody has added is named in the spaces whose relays are theirs to choose.
import { EPOCH_REASON } from '#lib/protocol/content.ts';
import { MAX_RELAYS } from '#lib/protocol/limits.ts';
import type { RelayAddress } from '#lib/protocol/relay-address.ts';
import { equal, type Bytes } from '#lib/util/bytes.ts';
import { powersIn } from './powers.ts';
import type { LiveSpace } from './spaces-face.ts';

export async function nameRelay(
	address: RelayAddress,
	spaces: readonly LiveSpace[],
	rootHash: Bytes,
): Promise<void> {
	for (const { node } of spaces) {
		const { ledger } = node.space;
		const present = ledger.authority.epoch?.content.relays ?? [];
		const named = present.some((relay) => equal(relay.key, address.key));
		if (named || present.length >= MAX_RELAYS || !powersIn(ledger, rootHash).channels) continue;
		await node.startEpoch(EPOCH_REASON.relays, (relays) => [...relays, address]);
	}
}
