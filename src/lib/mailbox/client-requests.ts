// What a client asks of mailboxes, as functions. [MB20] [MB23] [MB24] [MB26]
import type { Asking } from './asking.ts';
import type { MailboxClient, MailboxError, Outcome } from './client-api.ts';
import { mailboxId, ownerCloseContent, ownerDeleteContent, ownerRemoveContent } from './proofs.ts';
import type { CryptoProvider, SigningKey } from '#lib/ports/crypto.ts';
import { MAX_IDS, MAX_TOKENS, type Receipt } from '#lib/protocol/mailbox.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

export type ClientRequests = Pick<
	MailboxClient,
	| 'open'
	| 'add'
	| 'put'
	| 'push'
	| 'begin'
	| 'putChunk'
	| 'chunksThere'
	| 'commit'
	| 'subscribe'
	| 'fetch'
	| 'acknowledge'
	| 'fetchChunk'
	| 'acknowledgeContents'
	| 'deletePacket'
	| 'closeMailbox'
	| 'removeToken'
	| 'stat'
>;

const NO_HASH = new Uint8Array(32);

const slices = <T>(items: readonly T[], size: number): readonly (readonly T[])[] => {
	const parts: (readonly T[])[] = [items.slice(0, size)];
	for (let at = size; at < items.length; at += size) parts.push(items.slice(at, at + size));
	return parts;
};

const indicesOf = (bits: Bytes, chunks: number): readonly number[] =>
	Array.from({ length: chunks }, (_, index) => index).filter(
		(index) => ((bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0,
	);

const isDone = (answer: Result<unknown, MailboxError>): Result<void, MailboxError> =>
	answer.ok ? ok() : answer;

/** The first that failed, if any. */
const allDone = async (asked: readonly Outcome<unknown>[]): Outcome => {
	const answers = await Promise.all(asked);
	return isDone(answers.find((answer) => !answer.ok) ?? ok());
};

export function createClientRequests(parts: {
	readonly crypto: CryptoProvider;
	readonly asking: Asking;
	/** Whether the relay signed this. */
	readonly verified: (mailbox: Bytes, packet: Bytes, receipt: Receipt) => Promise<boolean>;
	/** Something of this request came: its time starts again. */
	readonly prolong: (request: number) => void;
	/** By mailbox (hex): whom to tell of blocks that come. */
	readonly fetching: Map<string, Set<() => void>>;
}): ClientRequests {
	const { crypto, asking, verified, prolong, fetching } = parts;
	const { ask, askAsWriter, askAsReader } = asking;

	const add = (mailbox: Bytes, writeKey: SigningKey, tokenHashes: readonly Bytes[]): Outcome =>
		allDone(
			slices(tokenHashes, MAX_TOKENS).map((part) =>
				askAsWriter(mailbox, writeKey, 'done', { type: 'add', mailbox, tokenHashes: part }),
			),
		);

	const receiptOf = async (
		mailbox: Bytes,
		packet: Bytes,
		asked: Outcome<{ readonly receipt: Receipt }>,
	): Outcome<Receipt> => {
		const stored = await asked;
		if (!stored.ok) return stored;
		const { receipt } = stored.value;
		if (receipt.expiry > 0 && (await verified(mailbox, packet, receipt))) return ok(receipt);
		return err({ type: 'bad-receipt', detail: 'the receipt does not fit the relay’s key' });
	};

	const fetchPart = async (mailbox: Bytes, token: Bytes, packets: readonly Bytes[]): Outcome => {
		const id = toHex(mailbox);
		const coming = fetching.get(id) ?? new Set();
		fetching.set(id, coming);
		let again = (): void => undefined;
		try {
			const frame = (number: number) => ({ type: 'fetch' as const, token: number, packets });
			const done = await askAsReader(mailbox, token, 'done', frame, (request) => {
				again = () => {
					prolong(request);
				};
				coming.add(again);
			});
			return isDone(done);
		} finally {
			coming.delete(again);
			if (coming.size === 0 && fetching.get(id) === coming) fetching.delete(id);
		}
	};

	return {
		open: ({ writeKey, ownerKey, tokenHashes, vouchedBy }) => {
			const mailbox = mailboxId(crypto, writeKey.publicKey, ownerKey);
			const frame = { type: 'open' as const, writeKey: writeKey.publicKey, ownerKey };
			const opened = ask(mailbox, 'done', async () => {
				if (vouchedBy !== undefined) {
					await asking.sendProof(vouchedBy.mailbox, vouchedBy.writeKey);
				}
				return frame;
			});
			return allDone(
				tokenHashes.length === 0 ? [opened] : [opened, add(mailbox, writeKey, tokenHashes)],
			);
		},
		add,
		put: (mailbox, writeKey, { packet, ttl, deleteHash, to, block }) => {
			const frame = { type: 'put' as const, mailbox, packet, ttl, deleteHash, to, block };
			const asked = askAsWriter(mailbox, writeKey, 'stored', { ...frame, chunks: 0 });
			return receiptOf(mailbox, packet, asked);
		},
		push: async (mailbox, writeKey, { packet, to, block }) => {
			const frame = { type: 'put' as const, mailbox, packet, to, block, chunks: 0 };
			const push = { ...frame, ttl: 0, deleteHash: NO_HASH };
			const pushed = await askAsWriter(mailbox, writeKey, 'pushed', push);
			return pushed.ok ? ok(pushed.value.connected) : pushed;
		},
		begin: async (mailbox, writeKey, { packet, ttl, deleteHash, to, block, chunks }) => {
			const frame = { type: 'put' as const, mailbox, packet, ttl, deleteHash, to, block, chunks };
			return isDone(await askAsWriter(mailbox, writeKey, 'done', frame));
		},
		putChunk: async (mailbox, writeKey, packet, index, bytes) => {
			const frame = { type: 'chunk' as const, mailbox, packet, index, bytes };
			return isDone(await askAsWriter(mailbox, writeKey, 'done', frame));
		},
		chunksThere: async (mailbox, writeKey, packet) => {
			const frame = { type: 'chunks' as const, mailbox, packet };
			const there = await askAsWriter(mailbox, writeKey, 'there', frame);
			if (!there.ok) return there;
			const { chunks, committed, bits } = there.value;
			return ok({ chunks, committed, there: indicesOf(bits, chunks) });
		},
		commit: (mailbox, writeKey, packet) => {
			const frame = { type: 'commit' as const, mailbox, packet };
			return receiptOf(mailbox, packet, askAsWriter(mailbox, writeKey, 'stored', frame));
		},
		subscribe: async (mailbox, token, cursor) => {
			const frame = (number: number) => ({ type: 'subscribe' as const, token: number, cursor });
			const waiting = await askAsReader(mailbox, token, 'waiting', frame);
			if (!waiting.ok) return waiting;
			const { packets, more, connected } = waiting.value;
			return ok({ packets, cursor: waiting.value.cursor, more, connected });
		},
		fetch: async (mailbox, token, packets) => {
			for (const part of slices(packets, MAX_IDS)) {
				const fetched = await fetchPart(mailbox, token, part);
				if (!fetched.ok) return fetched;
			}
			return ok();
		},
		acknowledge: (mailbox, token, cursor, packets) =>
			allDone(
				slices(packets, MAX_IDS).map((part) =>
					askAsReader(mailbox, token, 'done', (number) => ({
						type: 'ack',
						token: number,
						cursor,
						packets: part,
					})),
				),
			),
		fetchChunk: async (mailbox, token, packet, index) => {
			const chunk = await askAsReader(mailbox, token, 'chunk', (number) => ({
				type: 'fetch-chunk',
				token: number,
				packet,
				index,
			}));
			return chunk.ok ? ok(chunk.value.bytes) : chunk;
		},
		acknowledgeContents: (mailbox, token, packets) =>
			allDone(
				slices(packets, MAX_IDS).map((part) =>
					askAsReader(mailbox, token, 'done', (number) => ({
						type: 'ack-contents',
						token: number,
						packets: part,
					})),
				),
			),
		deletePacket: async (mailbox, packet, by) => {
			const asked = ask(mailbox, 'done', async (here) => ({
				type: 'delete' as const,
				mailbox,
				packet,
				preimage: 'preimage' in by ? by.preimage : null,
				signature:
					'ownerKey' in by
						? await by.ownerKey.sign(ownerDeleteContent(here, mailbox, packet))
						: null,
			}));
			return isDone(await asked);
		},
		closeMailbox: async (mailbox, ownerKey) => {
			const asked = ask(mailbox, 'done', async (here) => ({
				type: 'close' as const,
				mailbox,
				signature: await ownerKey.sign(ownerCloseContent(here, mailbox)),
			}));
			return isDone(await asked);
		},
		removeToken: async (mailbox, ownerKey, tokenHash) => {
			const asked = ask(mailbox, 'done', async (here) => ({
				type: 'remove' as const,
				mailbox,
				tokenHash,
				signature: await ownerKey.sign(ownerRemoveContent(here, mailbox, tokenHash)),
			}));
			return isDone(await asked);
		},
		stat: async (mailbox, writeKey) => {
			const status = await askAsWriter(mailbox, writeKey, 'status', { type: 'stat', mailbox });
			if (!status.ok) return status;
			const { packets, bytes, open } = status.value;
			return ok({ packets, bytes, open });
		},
	};
}
