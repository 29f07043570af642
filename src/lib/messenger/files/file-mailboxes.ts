// Where the chunks of files lie on relays: for each epoch a mailbox beside that of its messages, so that files never take
// the messages' room. Its keys follow from the epoch's; only who has files to leave or to fetch ever opens it. [FR1]
import { derive } from '#lib/crypto/hash.ts';
import { mailboxId } from '#lib/mailbox/proofs.ts';
import { EPOCHS_READ } from '#lib/protocol/limits.ts';
import type { SigningKey } from '#lib/ports/crypto.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Ports } from '../ports.ts';
import type { Space } from '../space/space-face.ts';

export interface FileMailbox {
	/** 16 bytes. */
	readonly epoch: Bytes;
	readonly mailbox: Bytes;
	readonly writeKey: SigningKey;
	/** Public. */
	readonly ownerKey: Bytes;
	/** null: somebody else's. */
	readonly ownerSeed: Bytes | null;
	/** Seals header blocks. */
	readonly blockKey: Bytes;
	/** Hex. */
	readonly relays: readonly string[];
	/** Seconds. */
	readonly ttl: number;
	/** This device's own. */
	readonly tokens: readonly Bytes[];
	readonly tokenHashes: ReadonlyMap<string, readonly Bytes[]>;
}

export interface FileMailboxes {
	/** Those of epochs that this device reads, oldest first; the last is the current one, if there is one. */
	all(): Promise<readonly FileMailbox[]>;
}

export function createFileMailboxes(
	{ crypto }: Pick<Ports, 'crypto'>,
	space: Space,
): FileMailboxes {
	/** By epoch (hex). */
	const keys = new Map<string, Promise<Pick<FileMailbox, 'writeKey' | 'blockKey'>>>();

	async function keysOf(writeSeed: Bytes): Promise<Pick<FileMailbox, 'writeKey' | 'blockKey'>> {
		return {
			writeKey: await crypto.signingKey(derive(crypto, writeSeed, 'epoch-files')),
			blockKey: derive(crypto, writeSeed, 'epoch-file-blocks'),
		};
	}

	return {
		async all() {
			const { epochs, epoch: current } = space.ledger.authority;
			const wanted = epochs.slice(-EPOCHS_READ).filter((each) => each !== current);
			const found: FileMailbox[] = [];
			for (const state of current === null ? wanted : [...wanted, current]) {
				const { grant = null, ended = null, tokens = [] } = space.ring.get(state.id) ?? {};
				const writeSeed = grant?.writeSeed ?? ended?.meeting?.writeSeed;
				if (writeSeed === undefined) continue;
				const key = toHex(state.id);
				const known = keys.get(key) ?? keysOf(writeSeed);
				keys.set(key, known);
				const { content, tokenHashes } = state;
				const { ownerKey, relays, ttl } = content;
				const { writeKey, blockKey } = await known;
				found.push({
					epoch: state.id,
					mailbox: mailboxId(crypto, writeKey.publicKey, ownerKey),
					writeKey,
					ownerKey,
					ownerSeed: grant?.ownerSeed ?? null,
					blockKey,
					relays: relays.map((address) => toHex(address.key)),
					ttl,
					tokens,
					tokenHashes,
				});
			}
			return found;
		},
	};
}
