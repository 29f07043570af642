// Deletes from relays what this device has left there of its files; of relays that are away once they are up. [FR8]
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { MailboxError } from '#lib/mailbox/client-api.ts';
import { toHex } from '#lib/util/bytes.ts';
import type { RelayPool } from '../delivery/relay-pool.ts';
import type { KeptCopies, KeptFiles } from '../space/file-book.ts';
import type { Space } from '../space/space-face.ts';
import { copyNames } from './file-copies.ts';
import type { FileMailbox } from './file-mailboxes.ts';

export interface Left {
	readonly files: KeptFiles;
	readonly copies: KeptCopies;
}

export interface TakingBack {
	from(box: FileMailbox, left: Left): Promise<void>;
	/** Relays may be up that were away. */
	rest(): Promise<void>;
}

/** Remembered of what relays that are away are to delete. */
const MAX_REST = 100;

const isNotThere = (error: MailboxError['type'] | undefined): boolean =>
	error === 'unknown-packet' || error === 'unknown-mailbox';

export function createTakingBack(
	crypto: Pick<CryptoProvider, 'sha256'>,
	space: Space,
	pool: RelayPool,
): TakingBack {
	/** By relay and entry (hex). */
	const due = new Map<string, Left & { readonly box: FileMailbox }>();

	async function from(box: FileMailbox, { files, copies }: Left): Promise<void> {
		const spaceKey = space.ledger.authority.genesis?.spaceKey;
		if (spaceKey === undefined) return;
		const names = copyNames(crypto, spaceKey, files.id, files.length);
		const { preimage } = copies;
		for (const relay of box.relays) {
			const client = pool.client(relay);
			const done = await Promise.all(
				names.map(async (name) => client?.deletePacket(box.mailbox, name, { preimage })),
			);
			if (done.every((each) => each?.ok === true || isNotThere(each?.error.type))) continue;
			due.set(`${relay} ${toHex(files.id)}`, { box: { ...box, relays: [relay] }, files, copies });
		}
	}

	return {
		from,
		async rest() {
			const all = [...due.values()].slice(-MAX_REST);
			due.clear();
			for (const { box, ...left } of all) await from(box, left);
		},
	};
}
