// The bounds of the protocol, in one place. Sizes in bytes, times in milliseconds unless named otherwise.

export const VERSION = 1;
/** Ed25519, X25519, XSalsa20-Poly1305, HKDF and SHA-256. Room for a hybrid later. */
export const SUITE = 1;

/** Sizes that a sealed packet can have on the wire and on relays. */
export const BUCKETS = [1024, 2048, 4096, 8192, 16384] as const;
export const MAX_BLOCK = 16384;
/** A packet must fit a block with everything around it, */
export const MAX_PACKET = 15_600;
/** or, where it says something to every device of a large space, be no longer than this: it travels in parts. */
export const MAX_LARGE_PACKET = 262_144;
/** A record of an archive: the longest packet, and what is around it. */
export const MAX_RECORD = MAX_LARGE_PACKET + 4096;
/** Member devices of one space. */
export const MAX_DEVICES = 1024;
export const MAX_TEXT = 8192;
/** Changes of the account document travel in parts. */
/** A value of the account document, and its name. */
export const MAX_VALUE = 16_384;
export const MAX_VALUE_NAME = 200;
export const MAX_UPDATE_PART = 8192;
export const MAX_UPDATE_PARTS = 64;
export const MAX_NAME = 64;
/** Why somebody was banned, something purged and so on. */
export const MAX_REASON = 280;
export const MAX_AUTHORITY_HEADS = 16;
export const MAX_FEED_HEADS = 8;
/** Devices that a message's session key is wrapped for one by one; for more it is wrapped under a ratchet. */
export const MAX_DIRECT_RECIPIENTS = 32;
export const MAX_RELAYS = 5;
export const MAX_RELAY_URLS = 4;
export const MAX_URL = 256;

/** An entry further in the future is shown, but not built upon. */
export const MAX_CLOCK_AHEAD = 5 * 60_000;

export const DAY = 86_400_000;
export const DEFAULT_TTL_SECONDS = 14 * 86_400;
export const MAX_TTL_SECONDS = 30 * 86_400;
/** The longest timer of disappearing messages. */
export const MAX_TIMER_SECONDS = 365 * 86_400;
/** How long an epoch's secrets are kept after the next one began. */
export const EPOCH_GRACE = 30 * DAY;
/** From then on an epoch's blocks are sealed under a key that doesn't open those of before. */
export const LATE_ENVELOPE = 14 * DAY;
/** The mailboxes of at most this many epochs are read. */
export const EPOCHS_READ = 16;
/** Between nodes that are both there nothing is stored: a copy goes to relays after this wait without an answer. */
export const STORE_AFTER = 2000;

/** How long a device receives with one prekey. */
export const PREKEY_AGE = 24 * 3_600_000;
/** How long the private half is kept, at the least, after others were told of the next. */
export const PREKEY_GRACE = 30 * DAY;
