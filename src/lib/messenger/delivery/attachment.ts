// One mailbox on one relay, as a device that reads it: opens it, subscribes whenever the relay is up, hands blocks on,
// and acknowledges what has been durably taken in. [DV1] [DV2]
import type { SigningKey } from '#lib/ports/crypto.ts';
import { MAX_TOKENS, type Receipt } from '#lib/protocol/mailbox.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { err, type Result } from '#lib/util/result.ts';
import type { MailboxClient, MailboxError } from '#lib/mailbox/client-api.ts';
import type { Ports } from '../ports.ts';
import type { RelayPool } from './relay-pool.ts';

export interface MailboxSpec {
	readonly mailbox: Bytes;
	readonly writeKey: SigningKey;
	/** Public. */
	readonly ownerKey: Bytes;
	readonly tokenHashes: readonly Bytes[];
	/** Seconds. */
	readonly ttl: number;
	/** This device's own. */
	readonly tokens: readonly Bytes[];
	/** A mailbox that others have made, by which this one may be made where not everybody may. [MB29] */
	readonly vouchedBy?: { readonly mailbox: Bytes; readonly writeKey: SigningKey };
}

export interface AttachmentHandlers {
	/** Of a stored block: true once it is dealt with for good, which may take long; then it is acknowledged. */
	onBlock(block: Bytes, packet: Bytes, isStored: boolean): Promise<boolean>;
	/** The content came some other way already. */
	isHeld(packet: Bytes): boolean;
	onReady(): void;
	onPresence(): void;
}

export interface StoredCopy {
	readonly relay: string;
	readonly receipt: Receipt;
}

export interface Attachment {
	readonly relay: string;
	/** Subscribed: pushes arrive. */
	ready(): boolean;
	/** All that waited here for this device has been dealt with. */
	drained(): boolean;
	/** Hashes (hex) of the tokens that are connected to this relay now, as far as it says; none where it is closed. */
	present(): ReadonlySet<string>;
	/** Pushes to these tokens if they are connected; nothing is stored. */
	push(to: readonly Bytes[] | null, block: Bytes): Promise<void>;
	put(
		packet: Bytes,
		deleteHash: Bytes,
		to: readonly Bytes[] | null,
		block: Bytes,
		/** Seconds; the mailbox's own limit holds in any case. */
		longest: number,
	): Promise<Result<StoredCopy, MailboxError>>;
	remove(packet: Bytes, preimage: Bytes): Promise<void>;
	/** Deletes a packet as the mailbox's owner; once, unless it may have come `again`. */
	purge(packet: Bytes, ownerKey: SigningKey, again: boolean): Promise<void>;
	/** Takes nothing more from here on, as far as is known. */
	closed(): boolean;
	/** Closes the mailbox on this relay: nothing more is put into it by anybody. */
	close(ownerKey: SigningKey): Promise<void>;
	/** Tells the relay of tokens that were added. */
	update(spec: MailboxSpec): void;
	detach(): void;
}

/** More recipients than a frame can list are all there are. [PT5] */
const listable = (to: readonly Bytes[] | null): readonly Bytes[] | null =>
	to !== null && to.length > MAX_TOKENS ? null : to;

const ACK_DELAY = 5;
/** When a relay that is up refused or didn't answer. */
const RETRY = 5000;

export function attachMailbox(
	{ clock, random }: Pick<Ports, 'clock' | 'random'>,
	pool: RelayPool,
	relay: string,
	initial: MailboxSpec,
	handlers: AttachmentHandlers,
): Attachment {
	let spec = initial;
	let ready = false;
	let detached = false;
	let closed = false;
	/** Packets (hex) that are deleted for good. */
	const purged = new Set<string>();
	/** There may be packets that have not been read, or could not be taken in. */
	let unread = true;
	/** Blocks that are being taken in. */
	let open = 0;
	let generation = 0;
	const present = new Set<string>();
	/** Packets (hex) that are here and not dealt with. */
	const pending = new Set<string>();
	const acknowledge = new Map<string, Bytes>();
	let ackDue: (() => void) | undefined;
	let cancelRetry = (): void => undefined;

	/** From then on the relay tells nobody who is there. */
	const setClosed = (): void => {
		closed = true;
		present.clear();
	};
	const flushAcks = (): void => {
		ackDue = undefined;
		const client = pool.client(relay);
		const packets = [...acknowledge.values()];
		acknowledge.clear();
		if (client === undefined || packets.length === 0) return;
		for (const token of spec.tokens) void client.acknowledge(spec.mailbox, token, 0, packets);
	};
	const settle = (packet: Bytes): void => {
		acknowledge.set(toHex(packet), packet);
		ackDue ??= clock.after(ACK_DELAY, flushAcks);
	};

	/** Everything is asked for at once, in the order it must happen in: a far relay costs one round trip, not four. */
	async function subscribe(): Promise<void> {
		const client = pool.client(relay);
		if (client === undefined || detached) return;
		cancelRetry();
		const round = ++generation;
		unread = true;
		const { writeKey, ownerKey, tokenHashes, vouchedBy } = spec;
		const isVouched = vouchedBy !== undefined && pool.isGuestOf(relay);
		const box = { writeKey, ownerKey, tokenHashes };
		const opening = client.open(isVouched ? { ...box, vouchedBy } : box);
		const failures = await Promise.all(spec.tokens.map((token) => readAll(client, token, round)));
		const opened = await opening;
		if (round !== generation) return;
		unread = failures.some((failed) => failed !== null);
		if (!opened.ok && opened.error.type === 'closed') setClosed();
		handlers.onPresence();
		const errors = [opened.ok ? null : opened.error, ...failures];
		const wait = Math.max(RETRY, ...errors.map((error) => error?.retryAfter ?? 0));
		if (!ready) cancelRetry = clock.after(wait, () => void subscribe());
	}

	/** Subscribes with a token and takes in all that waits; what went wrong, if anything did. */
	async function readAll(
		client: MailboxClient,
		token: Bytes,
		round: number,
	): Promise<MailboxError | null> {
		let cursor = 0;
		for (;;) {
			const waiting = await client.subscribe(spec.mailbox, token, cursor);
			if (round !== generation) return null;
			if (!waiting.ok) return waiting.error;
			for (const hash of waiting.value.connected) present.add(toHex(hash));
			if (!ready) {
				ready = true;
				handlers.onReady();
			}
			const wanted: Bytes[] = [];
			for (const { packet } of waiting.value.packets) {
				if (handlers.isHeld(packet)) settle(packet);
				else if (!pending.has(toHex(packet))) wanted.push(packet);
			}
			if (wanted.length > 0) await client.fetch(spec.mailbox, token, wanted);
			if (!waiting.value.more) return null;
			cursor = waiting.value.packets.at(-1)?.number ?? waiting.value.cursor;
		}
	}

	const stopListening = pool.listen(spec.mailbox, relay, {
		onConnected: () => void subscribe(),
		onDisconnected: () => {
			ready = false;
			generation += 1;
			cancelRetry();
			present.clear();
			handlers.onPresence();
		},
		onPacket: (_relay, number, packet, block) => {
			const isStored = number > 0;
			const key = toHex(packet);
			if (pending.has(key)) return;
			if (isStored) pending.add(key);
			open++;
			void handlers.onBlock(block, packet, isStored).then((done) => {
				pending.delete(key);
				open--;
				if (done && isStored) settle(packet);
				else if (isStored) unread = true;
			});
		},
		onPresence: (_relay, tokenHash, connected) => {
			if (connected) present.add(toHex(tokenHash));
			else present.delete(toHex(tokenHash));
			handlers.onPresence();
		},
		onDeleted: () => undefined,
		onClosed: () => {
			setClosed();
			handlers.onPresence();
		},
	});

	const gone: MailboxError = { type: 'disconnected', detail: 'the relay is not connected' };

	return {
		relay,
		ready: () => ready,
		drained: () => ready && !unread && open === 0,
		present: () => present,
		async push(to, block) {
			const packet = random.bytes(32);
			const pushed = { packet, to: listable(to), block };
			await pool.client(relay)?.push(spec.mailbox, spec.writeKey, pushed);
		},
		async put(packet, deleteHash, to, block, longest) {
			const client = pool.client(relay);
			if (client === undefined) return err(gone);
			const { mailbox, writeKey } = spec;
			const ttl = Math.min(spec.ttl, longest);
			const listed = listable(to);
			const put = { packet, ttl, deleteHash, to: listed, block };
			const stored = await client.put(mailbox, writeKey, put);
			// What is for everybody is for this device too, which has it.
			if (stored.ok && listed === null) settle(packet);
			if (!stored.ok && stored.error.type === 'closed') setClosed();
			return stored.ok ? { ok: true, value: { relay, receipt: stored.value } } : stored;
		},
		async remove(packet, preimage) {
			await pool.client(relay)?.deletePacket(spec.mailbox, packet, { preimage });
		},
		async purge(packet, ownerKey, again) {
			const key = toHex(packet);
			if (purged.has(key) && !again) return;
			purged.add(key);
			const done = await pool.client(relay)?.deletePacket(spec.mailbox, packet, { ownerKey });
			// Not there: it was never left here, or everybody has it.
			if (done?.ok !== true && done?.error.type !== 'unknown-packet') purged.delete(key);
		},
		closed: () => closed,
		async close(ownerKey) {
			const done = await pool.client(relay)?.closeMailbox(spec.mailbox, ownerKey);
			if (done?.ok) setClosed();
		},
		update(changed) {
			const known = new Set(spec.tokenHashes.map(toHex));
			const added = changed.tokenHashes.filter((hash) => !known.has(toHex(hash)));
			const ownTokens = changed.tokens.length > spec.tokens.length;
			spec = changed;
			if (ownTokens) void subscribe();
			else if (added.length > 0) void pool.client(relay)?.add(spec.mailbox, spec.writeKey, added);
		},
		detach() {
			detached = true;
			generation += 1;
			cancelRetry();
			stopListening();
			ackDue?.();
			flushAcks();
		},
	};
}
