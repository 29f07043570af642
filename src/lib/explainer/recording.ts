// What the page is given of a simulated world: plain values that can be shown, run back and forth, and copied from one
// thread to another. Knows nothing of how they came about.
import type { RouterKind } from '#lib/simulation/router.ts';
import type { Bytes } from '#lib/util/bytes.ts';

export type { RouterKind };

/**
 * What a packet is for. message: something that people wrote. control: who is in, who may do what, which keys hold.
 * word: devices tell each other what they have. signal: how to connect directly. receipt: it came, it is kept, it is
 * gone. file: of a file, its sealed bytes or what is asked for. setup: a relay is greeted and asked. beat: somebody is still there. check: a router is tried. sealed: nobody has
 * opened it.
 */
export type PacketKind =
	| 'message'
	| 'control'
	| 'word'
	| 'signal'
	| 'receipt'
	| 'file'
	| 'setup'
	| 'beat'
	| 'check'
	| 'sealed';

export type LineName =
	| 'asks'
	| 'says'
	| 'mailbox'
	| 'packet'
	| 'size'
	| 'recipients'
	| 'keeps'
	| 'content'
	| 'from'
	| 'entry'
	| 'number'
	| 'boxes'
	| 'text'
	| 'about'
	| 'reason'
	| 'name'
	| 'linked'
	| 'hops'
	| 'body'
	| 'file';

/** One thing that a party reads in a packet. Bytes are told in hex, cut short. */
export interface Line {
	readonly name: LineName;
	readonly value: string;
}

/** What one party can read of a packet. */
export interface Reading {
	/** Name of a person or relay; empty: whoever listens on the way. */
	readonly who: string;
	readonly lines: readonly Line[];
}

export interface Packet {
	readonly id: number;
	/** Milliseconds since the beginning. */
	readonly left: number;
	readonly at: number;
	readonly from: string;
	readonly to: string;
	readonly over: 'relay' | 'direct' | 'check';
	readonly kind: PacketKind;
	/** The router behind which it would have arrived has dropped it. */
	readonly dropped: boolean;
	/** Of the encoded packet, and its first bytes. */
	readonly size: number;
	readonly head: Bytes;
	readonly readings: readonly Reading[];
}

/** One message on somebody's screen. */
export interface ShownMessage {
	readonly id: string;
	readonly author: string;
	readonly mine: boolean;
	readonly text: string;
	readonly gone: 'purged' | 'deleted' | 'unreadable' | null;
	/** null for other people's messages. */
	readonly delivery: 'queued' | 'stored' | 'delivered' | null;
	readonly delivered: number;
	readonly of: number;
	/** Names of its files. */
	readonly files: readonly string[];
}

export interface ShownPeer {
	readonly name: string;
	readonly route: 'direct' | 'relay' | 'member';
}

/** A person's device: what its screen shows. */
export interface ShownPerson {
	readonly name: string;
	/** Root Hash, for the picture. */
	readonly hash: string;
	readonly running: boolean;
	/** It runs a client that keeps to no rules; what its screen shows, nobody knows. */
	readonly modified: boolean;
	readonly router: RouterKind;
	readonly network: 'offline' | 'no-relay' | 'alone' | 'bridged' | 'direct';
	readonly peers: readonly ShownPeer[];
	readonly space: 'none' | 'joining' | 'refused' | 'ready' | 'banned' | 'unreadable';
	readonly bannedBy: string | null;
	readonly reason: string | null;
	readonly members: readonly string[];
	/** Whom it knows to be there now, by itself or by what others say. */
	readonly knows: readonly string[];
	readonly messages: readonly ShownMessage[];
	/** Addresses of those it is connected to. */
	readonly relays: readonly string[];
}

/** What a relay keeps. */
export interface ShownRelay {
	readonly name: string;
	readonly running: boolean;
	readonly held: readonly {
		readonly mailbox: string;
		readonly packet: string;
		readonly size: number;
		/** Recipients that have not acknowledged it. */
		readonly waiting: number;
	}[];
}

export interface ShownLink {
	readonly a: string;
	readonly b: string;
	/** cut: nothing passes between these two, whatever they try. */
	readonly over: 'relay' | 'direct' | 'cut';
}

/** Everything at one moment. */
export interface Scene {
	/** Milliseconds since the beginning. */
	readonly time: number;
	readonly people: readonly ShownPerson[];
	readonly relays: readonly ShownRelay[];
	readonly links: readonly ShownLink[];
}

/** From 0 to 100, from the top left corner. */
export type Place = readonly [x: number, y: number];

/** One step as it was run. The first scene is how things stood before it. */
export interface RecordedStep {
	readonly id: string;
	readonly begin: number;
	readonly end: number;
	readonly packets: readonly Packet[];
	readonly scenes: readonly Scene[];
	/** Who the step is about. */
	readonly focus: readonly string[];
	/** The packet to be opened, and as whom (empty: on the way); null: none in particular. */
	readonly opened: { readonly packet: number; readonly as: string } | null;
}
