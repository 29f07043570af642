// Gives whoever asks for entries the keys of messages that it is to read and that are not wrapped for it as they are: any
// member who has read a message can wrap its key anew, for the header commits to the key, and to nothing that wraps it.
// In a space that shares its past that is every message; elsewhere those that their author meant for the device. Never
// what is purged, hidden or expired. [HP2] [HP3]
import { readEntry, type Entry } from '#lib/crdt/check-entry.ts';
import { wrapFor } from '#lib/crypto/entry-keys.ts';
import { prekeyId } from '#lib/crypto/hash.ts';
import { KIND, type Packet } from '#lib/protocol/entry.ts';
import { equal, type Bytes } from '#lib/util/bytes.ts';
import type { Ports } from '../ports.ts';
import { createAcquaintance } from '../space/acquaintance.ts';
import { sharesPast } from '../space/history-policy.ts';
import type { Space } from '../space/space-face.ts';

/**
 * The packets as this member's device (hex) is to have them. `wantsKeys`: it says that it can't read them as they are;
 * without that only what can't have been wrapped for it is.
 */
export async function readableFor(
	{ crypto, random }: Pick<Ports, 'crypto' | 'random'>,
	space: Space,
	device: string,
	packets: readonly Packet[],
	wantsKeys: boolean,
): Promise<readonly Packet[]> {
	const { authority } = space.ledger;
	const reader = authority.devices.get(device);
	const givesAll = sharesPast(authority);
	if (reader?.active !== true || !(givesAll || wantsKeys)) return packets;
	const { publicKey } = space.prekeys.of(reader);
	const names = [publicKey, reader.member.prekey.publicKey].map((key) => prekeyId(crypto, key));
	const knowing = createAcquaintance(space.ledger, device, reader.rootHash);

	function isOwed(entry: Entry): boolean {
		const { header, packet } = entry;
		if (header.kind !== KIND.message || packet.body === null || space.isBarred(entry)) return false;
		if (wantsKeys) return givesAll || knowing.knew(entry);
		if (header.key.mode === 'ratchet') return !knowing.knew(entry);
		const boxes = packet.wraps?.boxes ?? [];
		return !boxes.some((box) => names.some((name) => equal(name, box.prekeyId)));
	}

	async function keyFor(packet: Packet): Promise<Bytes | null> {
		const entry = readEntry(crypto, packet);
		return entry.ok && isOwed(entry.value) ? space.keyOf(entry.value) : null;
	}

	const handed: Packet[] = [];
	for (const packet of packets) {
		const key = await keyFor(packet);
		const wraps = key && (await wrapFor(crypto, random, [publicKey], key));
		handed.push(wraps === null ? packet : { ...packet, wraps });
	}
	return handed;
}
