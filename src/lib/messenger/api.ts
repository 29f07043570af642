// What the interface sees of the messenger: plain values, ids as lower-case hex, changes as readables.
import type { Result } from '#lib/util/result.ts';
import type { Readable } from '#lib/util/signal.ts';

export interface Me {
	readonly name: string;
	/** Root Hash, 64 hex characters. */
	readonly rootHash: string;
	readonly deviceName: string;
}

export interface SpaceSummary {
	readonly id: string;
	readonly name: string;
	readonly kind: 'community' | 'direct';
	/** joining: asked, not yet let in. refused: the invitation was not accepted. */
	readonly state: 'ready' | 'joining' | 'refused';
	/** A relay keeps the request to be let in: the page may be closed meanwhile. */
	readonly asked: boolean;
	readonly refusal: 'unknown' | 'expired' | 'spent' | 'full' | null;
	readonly unread: number;
	readonly lastText: string | null;
	readonly lastTime: number | null;
	readonly members: number;
}

export interface ChannelSummary {
	readonly id: string;
	readonly name: string;
	readonly unread: number;
}

export interface MemberView {
	readonly rootHash: string;
	readonly name: string;
	readonly isMe: boolean;
	/** founder or member; further roles later. */
	readonly role: 'founder' | 'member';
	readonly devices: number;
	readonly online: boolean;
}

/** Where a message of mine is, and only what is known to be true. */
export type Delivery =
	| { readonly state: 'queued'; readonly delivered: number; readonly of: number }
	| {
			readonly state: 'stored';
			readonly relay: string;
			readonly until: number;
			readonly delivered: number;
			readonly of: number;
	  }
	| { readonly state: 'delivered'; readonly delivered: number; readonly of: number };

export interface MessageView {
	readonly id: string;
	readonly author: string;
	readonly authorName: string;
	readonly mine: boolean;
	readonly text: string;
	/** Milliseconds since 1970, by the sender's clock. */
	readonly time: number;
	/** It came after younger ones had been shown. */
	readonly late: boolean;
	readonly replyTo: {
		readonly id: string;
		readonly authorName: string;
		readonly text: string;
	} | null;
	/** null for other people's messages. */
	readonly delivery: Delivery | null;
}

/** empty, too-long: the text. storage: the device could not keep it; nothing was sent. */
export interface SendError {
	readonly type: 'empty' | 'too-long' | 'storage' | 'not-member';
}

export interface Conversation {
	/** The loaded stretch, oldest first; grows at both ends. */
	readonly messages: Readable<readonly MessageView[]>;
	readonly hasOlder: Readable<boolean>;
	loadOlder(): Promise<void>;
	send(text: string, replyTo?: string): Promise<Result<void, SendError>>;
	/** Everything shown so far has been seen. */
	markRead(): void;
	close(): void;
}

export interface InvitationView {
	readonly link: string;
	readonly expiry: number;
	readonly uses: number;
	/** False when no relay is known: the link can't reach anybody yet. */
	readonly reachable: boolean;
}

export interface InvitationPreview {
	readonly spaceName: string;
	readonly inviterName: string;
	readonly inviter: string;
	readonly relays: readonly string[];
	/** The space is already here. */
	readonly known: boolean;
	readonly spaceId: string;
}

export interface InvitationProblem {
	readonly type: 'not-a-link' | 'mistyped' | 'unsupported' | 'expired';
}

export interface PeerView {
	readonly device: string;
	readonly rootHash: string;
	readonly name: string;
	readonly deviceName: string;
	readonly route: 'direct' | 'connecting' | 'relay';
	/** Relay's name for a bridged peer. */
	readonly via: string | null;
	readonly roundTripMs: number | null;
}

export interface RelayView {
	/** Hex of the relay's key, or the typed address while it was never reached. */
	readonly id: string;
	readonly address: string;
	readonly state: 'connecting' | 'connected' | 'waiting' | 'failed';
	readonly roundTripMs: number | null;
	/** When the next attempt comes, ms since 1970. */
	readonly retryAt: number | null;
	/** Added by the person here, or named by a space they are in. */
	readonly origin: 'added' | 'space';
	readonly link: string | null;
}

/** offline · no relay · relay, nobody online · bridged · direct */
export type NetworkState = 'offline' | 'no-relay' | 'alone' | 'bridged' | 'direct';

export interface NetworkView {
	readonly state: NetworkState;
	readonly peers: readonly PeerView[];
	readonly relays: readonly RelayView[];
	/** The relay that served this page, offered and not used unless added. */
	readonly offered: string | null;
	/** False where the browser has no WebRTC. */
	readonly direct: boolean;
}

/** malformed: not an address. insecure: needs wss from this page. unreachable, not-a-relay: tried. known: already there. */
export interface AddRelayError {
	readonly type: 'malformed' | 'insecure' | 'unreachable' | 'not-a-relay' | 'wrong-key' | 'known';
	readonly tried: readonly string[];
}

export interface Messenger {
	readonly me: Me;
	readonly spaces: Readable<readonly SpaceSummary[]>;
	readonly network: Readable<NetworkView>;

	createSpace(kind: 'community' | 'direct', name: string): Promise<Result<string, SendError>>;
	channels(space: string): Readable<readonly ChannelSummary[]>;
	members(space: string): Readable<readonly MemberView[]>;
	conversation(space: string, channel: string): Conversation;
	leave(space: string): Promise<Result<void, SendError>>;

	invite(space: string): Promise<Result<InvitationView, SendError>>;
	preview(link: string): Result<InvitationPreview, InvitationProblem>;
	/** Asks to be let in; resolves with the space's id as soon as the request is kept. */
	join(link: string): Promise<Result<string, InvitationProblem | SendError>>;
	/** Gives up a join that is waiting or refused. */
	cancelJoin(space: string): Promise<void>;

	addRelay(address: string): Promise<Result<void, AddRelayError>>;
	removeRelay(id: string): Promise<void>;
	/** Drops waits and tries everything again now. */
	reconnect(): void;
	/** Ends connections and closes the store; for leaving the page or handing over to another tab. */
	stop(): Promise<void>;
}
