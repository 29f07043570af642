// What carries a space's messages can be asked for, and what it tells.
import type { Envelope, SpaceMessage } from '#lib/protocol/space-message.ts';
import type { SigningKey } from '#lib/ports/crypto.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import type { StoredCopy } from './attachment.ts';

export interface PostEvents {
	/** Of one that is stored: true once everything in it has been durably dealt with, which may take long. */
	onEnvelope(envelope: Envelope, isStored: boolean): Promise<boolean>;
	/** Whether the packet of this name carries an entry that is here already. */
	isHeld(packet: Bytes): boolean;
	/** A relay's mailbox can be used now. */
	onRelayReady(): void;
	/** Who is connected to the space's relays changed. */
	onPresence(): void;
	/** An envelope for another device was pushed here by a device (hex). */
	onForOther?(envelope: Envelope, by: string, size: number): void;
	/** The device (hex) that carries what is for this one, which nothing reaches directly. */
	via?(device: string): string | null;
}

/** Devices (hex) that this one reaches itself: by a direct link, and else through a relay. */
export interface Near {
	readonly linked: readonly string[];
	readonly seen: readonly string[];
}

export interface StoreCopy {
	/** The packet's name on relays. */
	readonly packet: Bytes;
	/** Lets the sender delete it. */
	readonly preimage: Bytes;
	/** The epoch whose mailbox is not to be used, if any. */
	readonly notIn: Bytes | null;
	/** The epoch whose mailbox is to be used; without it the current one's. */
	readonly only?: Bytes;
	/** Relays are to keep it no longer than this, ms since 1970. */
	readonly until?: number;
}

export interface Stored {
	readonly copies: readonly StoredCopy[];
	/** Those that the copies are for: a device without a token in the mailbox can't be left anything there. */
	readonly devices: readonly string[];
}

export interface Post {
	/** Follows the authority log and the keys: attaches to mailboxes, lets go of old ones. */
	update(): Promise<void>;
	/** Devices (hex) that can be reached now, and how. `member`: somebody else carries it. */
	route(device: string): 'direct' | 'relay' | 'member' | null;
	near(): Near;
	/** Keys (hex) of the relays on which the present mailbox is read now. */
	relays(): readonly string[];
	/** Hands an envelope of somebody's to a device that this one reaches itself; false where it doesn't. */
	pass(device: string, envelope: Envelope): boolean;
	/** Key (hex) of a relay through which the device is connected now. */
	via(device: string): string | null;
	/** Sends to one device now, or not at all. */
	send(device: string, message: SpaceMessage): boolean;
	/** The same; and where nobody knows who is there, tries. False when there is not even a relay. */
	attempt(device: string, message: SpaceMessage): boolean;
	/** Whether the space is so large that relays don't tell who is there. */
	isLarge(): boolean;
	/** Sends to every device that can be reached now. */
	sendAll(message: SpaceMessage): void;
	/**
	 * Leaves a copy for these devices on relays drawn at random. An EPOCH goes to the mailbox of the
	 * epoch before it: whoever it is for can't open its own yet.
	 */
	store(devices: readonly string[], copy: StoreCopy, message: SpaceMessage): Promise<Stored>;
	remove(packet: Bytes, preimage: Bytes): void;
	/** Deletes packets from the mailboxes of which this device has the owner key; `again`: though that was done before. */
	purge(packets: readonly Bytes[], again: boolean): void;
	/** Says something to a device that may be no member any longer, by whatever still stands between the two. */
	tell(device: string, message: SpaceMessage, onlyByLink?: boolean): void;
	/** Closes an epoch's mailbox on all relays that are up. */
	close(epoch: Bytes, ownerKey: SigningKey): Promise<void>;
	/** Whether an epoch's mailbox is closed on all its relays, as far as is known. */
	isClosed(epoch: Bytes): boolean;
	hasRelay(): boolean;
	/** All that waited for this device, on every relay that is up, has been dealt with; one at least is, if there are any. */
	isDrained(): boolean;
	stop(): void;
}
