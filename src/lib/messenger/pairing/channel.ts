// What two devices say to each other through two mailboxes on one relay, one for each to read: in order, each frame once,
// sealed under the code's secret and, once there is a session, under its keys. Knows nothing of what is said. [PA2] [PA4]
import {
	openPairing,
	pairingMailbox,
	sealPairing,
	type PairingMailbox,
	type PairingRole,
	type PairingSession,
} from '#lib/crypto/pairing.ts';
import { deleteHash } from '#lib/crypto/hash.ts';
import { mailboxId, tokenHash } from '#lib/mailbox/proofs.ts';
import { openBlock, sealBlock } from '#lib/crypto/seal.ts';
import {
	decodePairingFrame,
	decodePairingMessage,
	encodePairingFrame,
	encodePairingMessage,
	MAX_PAIRING_FRAMES,
	type PairingFrame,
	type PairingMessage,
} from '#lib/protocol/pairing.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { Random } from '#lib/ports/random.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { attachMailbox, type Attachment, type MailboxSpec } from '../delivery/attachment.ts';
import type { RelayPool } from '../delivery/relay-pool.ts';
import { createQueue } from '../queue.ts';

/** How long a code is good for, and what lies in its mailboxes. */
export const PAIRING_TIME = 10 * 60_000;
/** Frames that came before their turn. */
const MAX_EARLY = 64;
const RETRY = 1000;
/** How long what was said last may take to leave. */
const LAST_WORDS = 30_000;

export interface PairingParts {
	readonly clock: Clock;
	readonly crypto: CryptoProvider;
	readonly random: Random;
	readonly pool: RelayPool;
}

export interface PairingChannel {
	/** Everything said and heard from here on is sealed for this session. */
	seal(session: PairingSession): void;
	/** Tried until the relay has it, or the end. */
	say(message: PairingMessage): void;
	/** Says a last thing if there is one, and closes the mailbox behind it. */
	end(last?: PairingMessage): Promise<void>;
}

/** `hear`: one message after the other, in the order they were said. */
export async function openPairingChannel(
	{ clock, crypto, random, pool }: PairingParts,
	relay: string,
	secret: Bytes,
	role: PairingRole,
	hear: (message: PairingMessage) => Promise<void>,
): Promise<PairingChannel> {
	const other: PairingRole = role === 'old' ? 'new' : 'old';
	const own = pairingMailbox(crypto, secret, role);
	const theirs = pairingMailbox(crypto, secret, other);
	const [ownSpec, theirSpec] = await Promise.all([specOf(own), specOf(theirs)]);
	const saying = createQueue();
	const hearing = createQueue();
	const early = new Map<number, PairingFrame>();
	let session: PairingSession | undefined;
	let said = 0;
	let heard = 0;
	let ended = false;

	async function specOf(box: PairingMailbox): Promise<MailboxSpec> {
		const [writeKey, owner] = await Promise.all([
			crypto.signingKey(box.writeSeed),
			crypto.signingKey(box.ownerSeed),
		]);
		return {
			mailbox: mailboxId(crypto, writeKey.publicKey, owner.publicKey),
			writeKey,
			ownerKey: owner.publicKey,
			tokenHashes: [await tokenHash(crypto, box.token)],
			ttl: PAIRING_TIME / 1000,
			tokens: [box.token],
		};
	}

	/** What was said; undefined where it isn't said as it must be by now. */
	function read({ number, sealed, message }: PairingFrame): PairingMessage | undefined {
		if (sealed !== (session !== undefined)) return undefined;
		const plain = session ? openPairing(crypto, session.keys[other], number, message) : message;
		const decoded = plain && decodePairingMessage(plain);
		return decoded?.ok ? decoded.value : undefined;
	}

	/** A frame that doesn't open is nobody's, and leaves its place to the right one. */
	async function take(frame: PairingFrame): Promise<void> {
		if (frame.number < heard || early.size >= MAX_EARLY) return;
		early.set(frame.number, frame);
		for (;;) {
			const next = early.get(heard);
			if (next === undefined || ended) return;
			early.delete(heard);
			const message = read(next);
			if (message === undefined) return;
			heard += 1;
			await hear(message);
		}
	}

	const attachment: Attachment = attachMailbox(
		{ clock, random },
		pool,
		relay,
		{ ...ownSpec, vouchedBy: theirSpec },
		{
			async onBlock(block) {
				const opened = openBlock(crypto, own.blockKey, block);
				const frame = opened && decodePairingFrame(opened);
				if (frame?.ok) await hearing(() => take(frame.value));
				return true;
			},
			isHeld: () => false,
			onReady: () => undefined,
			onPresence: () => undefined,
		},
	);

	const wait = (ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, resolve));

	async function put(packet: Bytes, block: Bytes): Promise<boolean> {
		const client = pool.client(relay);
		if (client === undefined) return false;
		// Whoever speaks first makes the other's mailbox too: it stands then, whoever comes when.
		void client.open(theirSpec);
		const stored = await client.put(theirSpec.mailbox, theirSpec.writeKey, {
			packet,
			ttl: theirSpec.ttl,
			deleteHash: deleteHash(crypto, random.bytes(32)),
			to: null,
			block,
		});
		// Closed: the other side has what it wanted, or has given up.
		return stored.ok || stored.error.type === 'gone' || stored.error.type === 'closed';
	}

	function say(message: PairingMessage): Promise<void> {
		if (ended || said >= MAX_PAIRING_FRAMES) return Promise.resolve();
		const number = said++;
		const plain = encodePairingMessage(message);
		const sealed = session !== undefined;
		const bytes = session ? sealPairing(crypto, session.keys[role], number, plain) : plain;
		const content = encodePairingFrame({ number, sealed, message: bytes });
		const block = sealBlock(crypto, random, theirs.blockKey, content);
		if (block === undefined) throw new Error('a message of a pairing fits a block');
		const packet = random.bytes(32);
		return saying(async () => {
			while (!ended && !(await put(packet, block))) await wait(RETRY);
		});
	}

	return {
		seal(made) {
			session = made;
		},
		say: (message) => void say(message),
		async end(last) {
			if (ended) return;
			const isSaid = last === undefined ? saying(() => Promise.resolve()) : say(last);
			await Promise.race([isSaid, wait(LAST_WORDS)]);
			ended = true;
			const client = pool.client(relay);
			if (client !== undefined) {
				await client.closeMailbox(ownSpec.mailbox, await crypto.signingKey(own.ownerSeed));
			}
			attachment.detach();
		},
	};
}
