// Brings one chunk of a file to one relay: begins the packet, brings its parts, makes it visible. Doing it again does no
// harm, and goes on from what is there. [FR2] [FR6]
import { MAX_TOKENS } from '#lib/protocol/mailbox.ts';
import type { MailboxClient, MailboxError } from '#lib/mailbox/client-api.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { ok, type Result } from '#lib/util/result.ts';
import { COPY_PART } from './file-copies.ts';
import type { FileMailbox } from './file-mailboxes.ts';

/** Parts on their way to one relay; messages go between them. */
const PARTS_AT_ONCE = 2;

export interface ChunkToLeave {
	readonly name: Bytes;
	readonly sealed: Bytes;
	readonly block: Bytes;
	readonly deleteHash: Bytes;
	/** Token hashes. */
	readonly to: readonly Bytes[];
	/** Seconds. */
	readonly ttl: number;
}

/** Mailboxes (hex) that a connection has opened. */
const opened = new WeakMap<MailboxClient, Set<string>>();

async function openOnce(
	client: MailboxClient,
	{ mailbox, writeKey, ownerKey, tokenHashes }: FileMailbox,
): Promise<Result<unknown, MailboxError>> {
	const there = opened.get(client) ?? new Set();
	opened.set(client, there);
	const all = [...tokenHashes.values()].flat();
	const key = `${toHex(mailbox)} ${all.length}`;
	if (there.has(key)) return ok();
	const made = await client.open({ writeKey, ownerKey, tokenHashes: all });
	if (made.ok) there.add(key);
	return made;
}

export async function leaveChunk(
	client: MailboxClient,
	box: FileMailbox,
	{ name, sealed, block, deleteHash, to, ttl }: ChunkToLeave,
): Promise<Result<unknown, MailboxError>> {
	const { mailbox, writeKey } = box;
	const made = await openOnce(client, box);
	if (!made.ok) return made;
	const count = Math.ceil(sealed.length / COPY_PART);
	const listed = to.length > MAX_TOKENS ? null : to;
	const packet = { packet: name, ttl, deleteHash, to: listed, block, chunks: count };
	const begun = await client.begin(mailbox, writeKey, packet);
	// Everybody has had it.
	if (!begun.ok) return begun.error.type === 'gone' ? ok() : begun;
	for (let at = 0; at < count; at += PARTS_AT_ONCE) {
		const parts = Array.from({ length: Math.min(PARTS_AT_ONCE, count - at) }, (_, n) => at + n);
		const put = await Promise.all(
			parts.map((part) => {
				const bytes = sealed.slice(part * COPY_PART, (part + 1) * COPY_PART);
				return client.putChunk(mailbox, writeKey, name, part, bytes);
			}),
		);
		const failed = put.find((each) => !each.ok);
		if (failed !== undefined) return failed;
	}
	return client.commit(mailbox, writeKey, name);
}
