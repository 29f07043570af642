// A relay and its clients in memory, for stories about mailboxes.
import { createChannelPair, type ChannelEnd } from './channel-pair.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';
import type { MailboxClient, PacketToStore } from '#lib/mailbox/client-api.ts';
import { createMailboxClient } from '#lib/mailbox/client.ts';
import { createCryptoProvider } from '#lib/crypto/provider.ts';
import { DEFAULT_LIMITS, type MailboxLimits } from '#lib/mailbox/limits.ts';
import { createMailboxMachine, type MailboxMachine } from '#lib/mailbox/machine.ts';
import { createMemoryMailboxStore } from '#lib/mailbox/memory-store.ts';
import { hashDeletion, hashToken } from '#lib/mailbox/proofs.ts';
import type { SigningKey } from '#lib/ports/crypto.ts';
import type { MailboxStore } from '#lib/ports/mailbox-store.ts';
import type { Neighbours } from '#lib/ports/neighbours.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';

export const crypto = createCryptoProvider();

/** 32 bytes that a number stands for. */
export const bytesOf = (n: number): Bytes => {
	const bytes = new Uint8Array(32);
	new DataView(bytes.buffer).setUint32(0, n);
	bytes[31] = 7;
	return bytes;
};

export const tokenOf = (n: number): Bytes => bytesOf(1000 + n);
export const hashOf = (n: number): Bytes => hashToken(crypto, tokenOf(n));
export const preimageOf = (n: number): Bytes => bytesOf(5000 + n);

/** A block of the smallest bucket, told apart by its number. */
export const blockOf = (n: number, size = 1024): Bytes => new Uint8Array(size).fill(n % 251);

export const packetOf = (n: number, to: readonly Bytes[] | null = null): PacketToStore => ({
	packet: bytesOf(100_000 + n),
	ttl: 3600,
	deleteHash: hashDeletion(crypto, preimageOf(n)),
	to,
	block: blockOf(n),
});

/** What a client was told, in order. */
export interface Heard {
	readonly packets: { readonly number: number; readonly packet: string; readonly block: Bytes }[];
	readonly presence: { readonly token: string; readonly connected: boolean }[];
	readonly deleted: string[];
	closed: string | undefined;
}

export interface World {
	readonly clock: ManualClock;
	readonly machine: MailboxMachine;
	readonly store: MailboxStore;
	readonly relayKey: SigningKey;
	readonly writeKey: SigningKey;
	readonly ownerKey: SigningKey;
	readonly strangerKey: SigningKey;
	readonly mailbox: Bytes;
	/** A raw channel to the relay. */
	channel(): readonly [ChannelEnd, ChannelEnd];
	client(): MailboxClient & {
		readonly heard: Heard;
		readonly ends: readonly [ChannelEnd, ChannelEnd];
	};
	/** A client, after it opened the mailbox for tokens 1 … `tokens`. */
	opened(tokens: number): Promise<ReturnType<World['client']>>;
}

export async function createWorld(
	options: {
		readonly store?: MailboxStore;
		readonly limits?: MailboxLimits;
		readonly neighbours?: Neighbours;
	} = {},
): Promise<World> {
	const clock = createManualClock();
	const limits = options.limits ?? DEFAULT_LIMITS;
	const store = options.store ?? createMemoryMailboxStore(limits.store);
	const relayKey = await crypto.signingKey(bytesOf(1));
	const writeKey = await crypto.signingKey(bytesOf(2));
	const ownerKey = await crypto.signingKey(bytesOf(3));
	const strangerKey = await crypto.signingKey(bytesOf(4));
	let drawn = 0;
	const random = { bytes: (length: number) => new Uint8Array(length).fill(++drawn) };
	const machine = createMailboxMachine({
		store,
		crypto,
		clock,
		random,
		relayKey,
		stunPort: 3478,
		limits,
		neighbours: options.neighbours,
	});
	const mailbox = bytesOf(10);

	const channel = (): readonly [ChannelEnd, ChannelEnd] => {
		const pair = createChannelPair();
		machine.connect(pair[1]);
		return pair;
	};
	const client = (): ReturnType<World['client']> => {
		const ends = channel();
		const heard: Heard = { packets: [], presence: [], deleted: [], closed: undefined };
		const made = createMailboxClient({ channel: ends[0], crypto, clock });
		made.onPacket = (_, number, packet, block) => {
			heard.packets.push({ number, packet: toHex(packet), block });
		};
		made.onPresence = (_, token, connected) => {
			heard.presence.push({ token: toHex(token), connected });
		};
		made.onDeleted = (_, packet) => {
			heard.deleted.push(toHex(packet));
		};
		made.onClose = (reason) => {
			heard.closed = reason;
		};
		return Object.assign(made, { heard, ends });
	};
	return {
		clock,
		machine,
		store,
		relayKey,
		writeKey,
		ownerKey,
		strangerKey,
		mailbox,
		channel,
		client,
		opened: async (tokens) => {
			const opener = client();
			const tokenHashes = Array.from({ length: tokens }, (_, i) => hashOf(i + 1));
			const done = await opener.open({
				mailbox,
				writeKey,
				ownerKey: ownerKey.publicKey,
				tokenHashes,
				ttl: 86_400,
			});
			if (!done.ok) throw new Error(done.error.detail);
			return opener;
		},
	};
}
