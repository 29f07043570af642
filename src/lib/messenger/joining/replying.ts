// Answers somebody who knocked: into their own mailbox, on the relay where they did, sealed to them. [IN4] [RT4]
import { deleteHash } from '#lib/crypto/hash.ts';
import { sealTo } from '#lib/crypto/seal.ts';
import type { MailboxError } from '#lib/mailbox/client-api.ts';
import { DEFAULT_TTL_SECONDS } from '#lib/protocol/limits.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import type { RelayPool } from '../delivery/relay-pool.ts';
import type { Ports } from '../ports.ts';

/** Where, and sealed to whom. */
export interface ReplyTo {
	readonly mailbox: Bytes;
	readonly writeSeed: Bytes;
	/** Public prekey. */
	readonly prekey: Bytes;
}

const UNANSWERABLE: ReadonlySet<MailboxError['type']> = new Set([
	'unknown-mailbox',
	'closed',
	'conflict',
	'denied',
]);

/** Whether the mailbox takes no answer any longer: whoever knocked has one. An empty block costs less than all of that. */
export async function isClosed(
	{ crypto, random }: Pick<Ports, 'crypto' | 'random'>,
	pool: RelayPool,
	relay: string,
	{ mailbox, writeSeed, prekey }: ReplyTo,
): Promise<boolean> {
	const writeKey = await crypto.signingKey(writeSeed);
	const block = await sealTo(crypto, random, prekey, new Uint8Array(1));
	if (block === undefined) return true;
	const told = await pool.client(relay)?.put(mailbox, writeKey, {
		packet: random.bytes(32),
		ttl: DEFAULT_TTL_SECONDS,
		deleteHash: deleteHash(crypto, random.bytes(32)),
		to: null,
		block,
	});
	return told?.ok === false && UNANSWERABLE.has(told.error.type);
}

/** True once the relay (key in hex) keeps all of it, or there is nobody any longer who could read it. */
export async function replyTo(
	{ crypto, random }: Pick<Ports, 'crypto' | 'random'>,
	pool: RelayPool,
	relay: string,
	{ mailbox, writeSeed, prekey }: ReplyTo,
	replies: readonly Bytes[],
): Promise<boolean> {
	const client = pool.client(relay);
	if (client === undefined) return false;
	const writeKey = await crypto.signingKey(writeSeed);
	const blocks = await Promise.all(replies.map((each) => sealTo(crypto, random, prekey, each)));
	// All at once, in order: a far relay costs one round trip, however long the log.
	const stored = await Promise.all(
		blocks
			.filter((block) => block !== undefined)
			.map((block) =>
				client.put(mailbox, writeKey, {
					packet: random.bytes(32),
					ttl: DEFAULT_TTL_SECONDS,
					deleteHash: deleteHash(crypto, random.bytes(32)),
					to: null,
					block,
				}),
			),
	);
	// Whoever has closed or never opened its mailbox can't be answered: nothing more to do. Whatever else went wrong may
	// pass: the request stays unacknowledged, and comes again.
	return stored.every((result) => result.ok || UNANSWERABLE.has(result.error.type));
}
