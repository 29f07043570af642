// What the messenger needs of the world, and who it acts as. The composition root brings them together.
import type { BulkCrypto } from '#lib/crypto/bulk.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { ContentStore } from '#lib/ports/content-store.ts';
import type { AgreementKey, CryptoProvider, SigningKey } from '#lib/ports/crypto.ts';
import type { DirectDialer } from '#lib/ports/direct-dialer.ts';
import type { PageChange } from '#lib/ports/page-change.ts';
import type { Random } from '#lib/ports/random.ts';
import type { RelayDialer } from '#lib/ports/relay-dialer.ts';
import type { KeyValueStore } from '#lib/ports/store.ts';
import type { Member } from '#lib/protocol/identity.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import type { OwnPrekeys } from './own-prekeys.ts';
import type { RootSigner } from './root-signer.ts';

export interface Ports {
	readonly clock: Clock;
	readonly random: Random;
	readonly crypto: CryptoProvider;
	/** Sealed already: what is written here may be read only by this device. */
	readonly store: KeyValueStore;
	/** Sealed chunks of files, under names that say nothing. */
	readonly content: ContentStore;
	/** For files; loaded when the first one is due. */
	readonly bulkCrypto: () => Promise<BulkCrypto>;
	readonly relayDialer: RelayDialer;
	/** Loaded when the first direct link is due. */
	readonly directDialer: () => Promise<DirectDialer>;
}

/** The page around the messenger. */
export interface Page {
	/** Where links of this app begin, e.g. `https://example.org`. */
	readonly origin: string;
	/** The page may open plain `ws:` only to this very machine. */
	readonly secure: boolean;
	/** The relay that served the page, once it is known: offered to the person, never used unasked. `key` in hex. */
	readonly offeredRelay: { readonly address: string; readonly key: string } | null;
	/** The browser has WebRTC. */
	readonly direct: boolean;
	/** The browser believes that there is a network. */
	isOnline(): boolean;
	/** Somebody may be looking at it. */
	readonly isInSight: () => boolean;
	/** Calls when something has changed by which connections may be gone, or come about, or may be offered; returns the end of that. */
	onChange(listener: (change: PageChange) => void): () => void;
}

/** This person on this device, in one space or in all. */
export interface Self {
	readonly name: string;
	readonly deviceName: string;
	readonly rootHash: Bytes;
	readonly device: SigningKey;
	/** All that open something, newest first. */
	readonly prekeys: Iterable<AgreementKey>;
	/** With the newest prekey. */
	readonly member: Member;
	readonly root: RootSigner;
	/** Public keys of the devices that this installation was before in the space; none where it is the first. */
	readonly former: readonly Bytes[];
}

/** As it is known in one space, where it receives with keys of their own. */
export interface SelfInSpace extends Self {
	readonly prekeys: OwnPrekeys;
}

/** A number from 0 (inclusive) to 1 (exclusive). */
export function fraction(random: { bytes(length: number): Uint8Array }): number {
	return new DataView(random.bytes(4).buffer).getUint32(0) / 2 ** 32;
}
