// The names, as relays know them, of packets whose entries are here: what came another way is not fetched again. [DV5]
import type { Entry } from '#lib/crdt/check-entry.ts';
import { encodePacket, isControl } from '#lib/protocol/entry.ts';
import { countParts, partName } from '#lib/protocol/part.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { packetName } from './outbox.ts';

export interface HeldNames {
	has(packet: Bytes): boolean;
	/** The space's key, and entries that are here now. */
	note(spaceKey: Bytes, entries: readonly Entry[]): void;
}

/** More than this are not remembered. */
const NAMES_KEPT = 20_000;

export function createHeldNames(crypto: CryptoProvider): HeldNames {
	const held = new Set<string>();
	return {
		has: (packet) => held.has(toHex(packet)),
		note(spaceKey, entries) {
			for (const entry of entries) {
				// A copy of one without its content is still wanted.
				if (!isControl(entry.header.kind) && entry.packet.body === null) continue;
				const name = packetName(crypto, spaceKey, entry.id);
				const count = countParts(encodePacket(entry.packet).length);
				for (let index = 0; index < count; index++) {
					held.add(toHex(partName(crypto, name, index)));
				}
			}
			for (const name of held) {
				if (held.size <= NAMES_KEPT) break;
				held.delete(name);
			}
		},
	};
}
