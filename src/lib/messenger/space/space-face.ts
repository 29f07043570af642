// What a space on this device can be asked for, and what it tells of its changes.
import type { Ledger } from '#lib/crdt/ledger.ts';
import type { MessageLog } from '#lib/crdt/message-log.ts';
import type { Entry } from '#lib/crdt/check-entry.ts';
import type { LoggedMessage } from '#lib/crdt/segment.ts';
import type { Content, ControlKey } from '#lib/protocol/content.ts';
import type { Grant, JoinGrant } from '#lib/protocol/lobby.ts';
import type { Packet, Time } from '#lib/protocol/entry.ts';
import type { Prekey } from '#lib/protocol/identity.ts';
import type { PurgedMessage } from '#lib/protocol/moderation.ts';
import type { FeedHead } from '#lib/protocol/space-state.ts';
import type { StoreError, StoreWrite } from '#lib/ports/store.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';
import type { EntryPlace, EntrySealing } from './composing.ts';
import type { IntakeOutcome, Placed } from './intake.ts';
import type { KeyRing } from './key-ring.ts';
import type { FileBook } from './file-book.ts';
import type { Ratchets } from './ratchets.ts';
import type { PrekeyBook } from './prekey-book.ts';
import type { PurgeRegistry } from './purge-registry.ts';
import type { Past } from './recalling.ts';
import type { SpaceStore } from './space-store.ts';

export interface SpaceChange {
	/** Entries that were not here before, this device's own included. */
	readonly placed: readonly Placed[];
	/** Messages to show, by channel id (hex). */
	readonly messages: ReadonlyMap<string, readonly LoggedMessage[]>;
	/** Channels (hex) where messages went, or lost or got their text. */
	readonly shrunk: ReadonlySet<string>;
	/** The authority log, what it says, or the keys changed. */
	readonly control: boolean;
	/** Control entries to ask others for. */
	readonly wanted: readonly Bytes[];
	/** Feeds that were found to be forked just now. */
	readonly forks: readonly Bytes[];
	/** Messages that a TOMBSTONE has taken just now, or that came after one. */
	readonly purged: readonly PurgedMessage[];
	/** Messages whose time has come. */
	readonly expired: readonly Entry[];
}

export interface Received extends IntakeOutcome {
	/** True once all that was given is kept, or will never be; false when something of it will be needed again. */
	whole(): Promise<boolean>;
}

export interface Draft {
	readonly content: Content;
	readonly sealing: EntrySealing;
	/** What the header says of the files that come with it. */
	readonly attached?: EntryPlace['attached'];
}

export type WriteError = StoreError | { readonly type: 'not-member'; readonly detail: string };

export interface Space {
	readonly id: Bytes;
	readonly key: string;
	readonly ledger: Ledger;
	readonly ring: KeyRing;
	readonly kept: SpaceStore;
	/** The key of a message that this device has read or written, 32 bytes; null where it has none. */
	keyOf(entry: Entry): Promise<Bytes | null>;
	readonly ratchets: Pick<Ratchets, 'next'>;
	/** What to wrap for. */
	readonly prekeys: PrekeyBook;
	/** All that keeps anything of a message. */
	readonly purging: PurgeRegistry;
	/** Which files are here. */
	readonly files: FileBook;
	/** Set once by whoever delivers and shows; called after the change is durable. */
	onChange: (change: SpaceChange) => void;
	/** The same; called when a log has messages of others that are not durable yet, and when it lost them for that. [FD12] */
	onShown: () => void;
	/** Takes entries in; an error means that nothing of them was kept and they will be needed again. */
	receive(packets: readonly Packet[]): Promise<Result<Received, StoreError>>;
	/** Control entries that others wait for: at most `limit` of those that are `wanted` (id, hex). */
	missing(limit: number, wanted: (key: string) => boolean): readonly string[];
	/**
	 * Writes this device's next entry. `draft` is asked when its turn comes, so that it sees what the entry will build
	 * on; null when there is nothing to write with. `extra` is committed with the entry.
	 */
	write(
		draft: () => Promise<Draft | null>,
		extra?: (entry: Entry) => readonly StoreWrite[],
	): Promise<Result<Entry, WriteError>>;
	/** A message, as `write` does; those that wait for their turn are kept in one commit. */
	writeMessage(
		draft: () => Promise<Draft | null>,
		extra?: (entry: Entry) => readonly StoreWrite[],
	): Promise<Result<Entry, WriteError>>;
	/** Brings in a grant, further control keys, and the heads where the view begins. */
	admit(
		grant: Grant,
		controlKeys: readonly ControlKey[],
		bases: readonly FeedHead[],
	): Promise<Result<void, StoreError>>;
	/**
	 * Takes in what an archive knows of the space: control keys, the authority log, where feeds begin, messages with their
	 * keys. Checked like everything that others bring. The number of entries that were refused.
	 */
	recall(past: Past): Promise<Result<number, StoreError>>;
	/**
	 * Deletes what is due to disappear, a bounded number of messages at once. When there is something to do again, ms since
	 * 1970; null: not before something new comes.
	 */
	expire(): Promise<Result<number | null, StoreError>>;
	/** What is older than this was here before this device, which is given it all the same: it is no news. */
	began(): Time;
	/** Nothing of this entry's content may be kept, or handed on. */
	isBarred(entry: Entry): boolean;
	/** Brings in the control key of the first epoch, which the founder's own entries are sealed under. */
	found(controlKey: ControlKey): Promise<Result<void, StoreError>>;
	/** Takes in prekeys of members' devices; those that are new here, this device's own included. */
	takePrekeys(records: readonly Prekey[]): Promise<Result<readonly Prekey[], StoreError>>;
	/** Brings in the keys of an epoch that its EPOCH did not give; without a token. */
	takeKeys(grant: JoinGrant): Promise<Result<void, StoreError>>;
	/** Brings in control keys that entries wait for, each named by its epoch; others are of no use, and not kept. */
	takeControlKeys(keys: readonly ControlKey[]): Promise<Result<void, StoreError>>;
	/** Lets go of the secrets of epochs that are over by now. */
	endEpochs(): Promise<Result<void, StoreError>>;
	/** Names of epochs whose EPOCH is here, and can't be read. */
	shutEpochs(): readonly Bytes[];
	/** How many messages are in this epoch. */
	messagesIn(epoch: Bytes): number;
	log(channel: Bytes): MessageLog;
}

/** What it can't be without is here and can't be read: it would look like another space. Nothing was changed. [EP10] */
export interface UnreadableSpace {
	readonly type: 'unreadable';
}
