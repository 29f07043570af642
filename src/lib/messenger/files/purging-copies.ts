// Takes what was purged off the relays: whoever owns the mailbox deletes the chunks of a purged message's files there, at
// once and when a relay comes up. [TB4] [FR8]
import { decodeHeader } from '#lib/protocol/entry.ts';
import type { PurgedMessage } from '#lib/protocol/moderation.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { toHex } from '#lib/util/bytes.ts';
import type { RelayPool } from '../delivery/relay-pool.ts';
import type { Ports } from '../ports.ts';
import type { Space } from '../space/space-face.ts';
import { copyNames } from './file-copies.ts';
import type { FileMailbox, FileMailboxes } from './file-mailboxes.ts';

export interface CopyPurging {
	onPurged(messages: readonly PurgedMessage[]): void;
	/** A relay came up: what it missed is deleted there now. */
	onRelayReady(): void;
}

/** Purges remembered for relays that are away. */
const MAX_LATELY = 100;

export function createCopyPurging(
	{ crypto }: Pick<Ports, 'crypto'>,
	space: Space,
	pool: RelayPool,
	mailboxes: FileMailboxes,
): CopyPurging {
	/** Names of the chunks of each purged message, and where (relay, mailbox) they are deleted already. */
	const lately: { readonly names: readonly Bytes[]; readonly done: Set<string> }[] = [];
	let working = Promise.resolve();

	async function namesOf({ id, device, seq }: PurgedMessage): Promise<readonly Bytes[]> {
		const packet = await space.kept.packet(device, seq);
		const header = packet && decodeHeader(packet.header);
		const spaceKey = space.ledger.authority.genesis?.spaceKey;
		if (header?.ok !== true || spaceKey === undefined) return [];
		const { attachmentRoot, attachmentLength } = header.value;
		return attachmentRoot === null ? [] : copyNames(crypto, spaceKey, id, attachmentLength);
	}

	async function deleteIn(box: FileMailbox, ownerSeed: Bytes): Promise<void> {
		const ownerKey = await crypto.signingKey(ownerSeed);
		for (const relay of box.relays) {
			const place = `${relay} ${toHex(box.mailbox)}`;
			for (const { names, done } of lately) {
				const client = pool.client(relay);
				if (done.has(place) || client === undefined) continue;
				const all = await Promise.all(
					names.map((name) => client.deletePacket(box.mailbox, name, { ownerKey })),
				);
				const isOver = all.every(
					(each) => each.ok || ['unknown-packet', 'unknown-mailbox'].includes(each.error.type),
				);
				if (isOver) done.add(place);
			}
		}
	}

	function work(): void {
		working = working.then(async () => {
			if (lately.length === 0) return;
			for (const box of await mailboxes.all()) {
				if (box.ownerSeed !== null) await deleteIn(box, box.ownerSeed);
			}
		});
	}

	return {
		onPurged(messages) {
			void Promise.all(messages.map(namesOf)).then((all) => {
				for (const names of all) if (names.length > 0) lately.push({ names, done: new Set() });
				lately.splice(0, lately.length - MAX_LATELY);
				work();
			});
		},
		onRelayReady: work,
	};
}
