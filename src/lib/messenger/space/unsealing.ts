// SEALED entries come to some devices without a box for them first, and with one later, or the other way round: whichever
// copy opens is the one that is kept. [SH3] [SH4]
import { checkEntry, type Entry } from '#lib/crdt/check-entry.ts';
import type { ControlEntry } from '#lib/crdt/authority-state.ts';
import type { Ledger } from '#lib/crdt/ledger.ts';
import { KIND, type Packet, type Wraps } from '#lib/protocol/entry.ts';
import type { AgreementKey, CryptoProvider } from '#lib/ports/crypto.ts';
import { equal } from '#lib/util/bytes.ts';
import type { KeyRing } from './key-ring.ts';
import { openContent, proveControl } from './opening.ts';

/** A SEALED entry that was here, of which this device has learnt what it says. */
export interface Unsealed {
	readonly before: ControlEntry;
	readonly after: ControlEntry;
}

export interface Unsealing {
	/** Whether a copy of an entry that waits opens here, and the one that is held does not. */
	opensMore(packet: Packet, held: Entry): Promise<boolean>;
	/** What another copy of the entry of this id (hex) brings: null if nothing; a reason if it is refused. */
	unseal(packet: Packet, key: string): Promise<Unsealed | string | null>;
}

export const sameWraps = (a: Wraps | null, b: Wraps | null): boolean =>
	a === b ||
	(a !== null &&
		b !== null &&
		a.boxes.length === b.boxes.length &&
		equal(a.ephemeral, b.ephemeral) &&
		a.boxes.every(({ prekeyId, box }, n) => {
			const other = b.boxes[n];
			return other !== undefined && equal(prekeyId, other.prekeyId) && equal(box, other.box);
		}));

export function createUnsealing(
	crypto: CryptoProvider,
	prekeys: Iterable<AgreementKey>,
	ledger: Ledger,
	ring: KeyRing,
): Unsealing {
	async function openedBy(entry: Entry) {
		const opened = await openContent(crypto, prekeys, ring, entry);
		if (opened.type !== 'opened' || opened.value.kind !== KIND.sealed) return null;
		return opened.value.content === null ? null : opened;
	}

	return {
		async opensMore(packet, held) {
			if (held.header.kind !== KIND.sealed || sameWraps(held.packet.wraps, packet.wraps))
				return false;
			if ((await openedBy(held)) !== null) return false;
			return (await openedBy({ ...held, packet })) !== null;
		},
		async unseal(packet, key) {
			const before = ledger.control.get(key);
			if (before?.content.kind !== KIND.sealed || before.content.content !== null) return null;
			if (packet.body === null || sameWraps(before.entry.packet.wraps, packet.wraps)) return null;
			const entry = await checkEntry(crypto, packet);
			if (!entry.ok) return entry.error.type;
			const opened = await openedBy(entry.value);
			if (opened === null) return null;
			const after = await proveControl(crypto, ledger, entry.value, opened.value, opened.key);
			ledger.unseal(after);
			return { before, after };
		},
	};
}
