// A relay and its clients in memory, for stories about mailboxes.
import { ed25519 } from '@noble/curves/ed25519.js';
import { createChannelPair, type ChannelEnd } from './channel-pair.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';
import type { MailboxClient, PacketToStore } from '#lib/mailbox/client-api.ts';
import { createMailboxClient } from '#lib/mailbox/client.ts';
import { createCryptoProvider } from '#lib/crypto/provider.ts';
import { DEFAULT_LIMITS, type MailboxLimits } from '#lib/mailbox/limits.ts';
import { createMailboxMachine, type MailboxMachine } from '#lib/mailbox/machine.ts';
import { createMemoryMailboxStore } from '#lib/mailbox/memory-store.ts';
import { hashDeletion, hashTokenKey, mailboxId } from '#lib/mailbox/proofs.ts';
import type { SigningKey } from '#lib/ports/crypto.ts';
import type { Invitations } from '#lib/ports/invitations.ts';
import type { MailboxStore } from '#lib/ports/mailbox-store.ts';
import type { Neighbours } from '#lib/ports/neighbours.ts';
import { decodeRelayFrame, encodeClientFrame, type RelayFrame } from '#lib/protocol/mailbox.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';

export const crypto = createCryptoProvider();

/** 32 bytes that a number stands for. */
export const bytesOf = (n: number): Bytes => {
	const bytes = new Uint8Array(32);
	new DataView(bytes.buffer).setUint32(0, n);
	bytes[31] = 7;
	return bytes;
};

/** A greeting whose challenge is bytesOf(42). */
export const GREET = encodeClientFrame({
	type: 'greet',
	version: 1,
	challenge: bytesOf(42),
});

export const tokenOf = (n: number): Bytes => bytesOf(1000 + n);
export const hashOf = (n: number): Bytes =>
	hashTokenKey(crypto, Uint8Array.from(ed25519.getPublicKey(tokenOf(n))));
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
	/** Mailboxes that were closed. */
	readonly ended: string[];
	closed: string | undefined;
}

export interface World {
	readonly clock: ManualClock;
	readonly machine: MailboxMachine;
	readonly store: MailboxStore & Partial<Invitations>;
	readonly relayKey: SigningKey;
	readonly writeKey: SigningKey;
	readonly ownerKey: SigningKey;
	readonly strangerKey: SigningKey;
	readonly mailbox: Bytes;
	/** A raw channel to the relay. */
	channel(from?: string): readonly [ChannelEnd, ChannelEnd];
	/** A raw channel that has been greeted, with every frame that came since. */
	greeted(from?: string): Promise<{
		readonly end: ChannelEnd;
		readonly hello: Extract<RelayFrame, { type: 'hello' }>;
		readonly frames: RelayFrame[];
	}>;
	client(
		from?: string,
		/** Seed of an invitation. */
		invitation?: Bytes,
	): MailboxClient & {
		readonly heard: Heard;
		readonly ends: readonly [ChannelEnd, ChannelEnd];
	};
	/** A client, after it opened the mailbox for tokens 1 … `tokens`. */
	opened(tokens: number): Promise<ReturnType<World['client']>>;
}

export async function createWorld(
	options: {
		readonly store?: MailboxStore & Partial<Invitations>;
		readonly limits?: MailboxLimits;
		readonly invitedOnly?: boolean;
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
		invitedOnly: options.invitedOnly ?? false,
		limits,
		neighbours: options.neighbours,
	});
	const mailbox = mailboxId(crypto, writeKey.publicKey, ownerKey.publicKey);

	const channel = (from = 'here'): readonly [ChannelEnd, ChannelEnd] => {
		const pair = createChannelPair();
		machine.connect(pair[1], from);
		return pair;
	};
	const greeted: World['greeted'] = async (from) => {
		const [end] = channel(from);
		const frames: RelayFrame[] = [];
		const hello = new Promise<Extract<RelayFrame, { type: 'hello' }>>((resolve) => {
			end.onFrame = (encoded) => {
				const frame = unwrap(decodeRelayFrame(encoded));
				if (frame.type === 'hello') resolve(frame);
				else frames.push(frame);
			};
		});
		end.send(GREET);
		return { end, hello: await hello, frames };
	};
	const client = (from?: string, invitation?: Bytes): ReturnType<World['client']> => {
		const ends = channel(from);
		const heard: Heard = {
			packets: [],
			presence: [],
			deleted: [],
			ended: [],
			closed: undefined,
		};
		const made = createMailboxClient({
			channel: ends[0],
			crypto,
			clock,
			random,
			invitation: () => invitation ?? null,
		});
		made.onPacket = (_, number, packet, block) => {
			heard.packets.push({ number, packet: toHex(packet), block });
		};
		made.onPresence = (_, token, connected) => {
			heard.presence.push({ token: toHex(token), connected });
		};
		made.onDeleted = (_, packet) => {
			heard.deleted.push(toHex(packet));
		};
		made.onClosed = (ended) => {
			heard.ended.push(toHex(ended));
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
		greeted,
		client,
		opened: async (tokens) => {
			const opener = client();
			const tokenHashes = Array.from({ length: tokens }, (_, i) => hashOf(i + 1));
			const done = await opener.open({
				writeKey,
				ownerKey: ownerKey.publicKey,
				tokenHashes,
			});
			if (!done.ok) throw new Error(done.error.detail);
			return opener;
		},
	};
}
