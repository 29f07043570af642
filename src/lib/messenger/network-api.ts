// What the interface sees of the network: peers, relays, and the one word for it all.

/** Bytes. */
export interface Traffic {
	readonly sent: number;
	readonly received: number;
}

export interface PeerView {
	readonly device: string;
	readonly rootHash: string;
	readonly name: string;
	readonly deviceName: string;
	/** The one that works now. `member`: somebody else carries what is for it. */
	readonly route: 'direct' | 'relay' | 'member';
	/** A direct link is being tried behind that route. */
	readonly trying?: boolean;
	/** The name of the relay, or of the member, that it is reached through. */
	readonly via: string | null;
	/** That relay’s id, or that member’s device; names may be several people’s. */
	readonly carrier?: string | null;
	/** How the packets of the direct link travel, such as `host/udp`. */
	readonly path?: string | null;
	/** When a direct link is tried again after one that failed, ms since 1970. */
	readonly retryAt?: number | null;
	readonly roundTripMs: number | null;
	/** Over the direct link since the start, in bytes; absent where there was none. */
	readonly traffic?: Traffic | null;
	/** Who wants no direct link, by choice. */
	readonly hidden?: 'here' | 'there' | null;
}

export interface RelayView {
	/** Hex of the relay's key, or the typed address while it was never reached. */
	readonly id: string;
	readonly address: string;
	readonly state: 'connecting' | 'connected' | 'waiting' | 'failed';
	readonly roundTripMs: number | null;
	/** Since the start, in bytes. */
	readonly traffic?: Traffic;
	/** Own messages that it keeps for somebody. */
	readonly keeps?: number;
	/** When the next attempt comes, ms since 1970. */
	readonly retryAt: number | null;
	/** Added by the person here, or named by a space they are in. */
	readonly origin: 'added' | 'space';
	readonly link: string | null;
	/** Connected to a relay for invited people without an invitation that holds. */
	readonly guest?: boolean;
	/** Takes nothing new, and will end. */
	readonly draining?: boolean;
	/** The person wants it used before others. */
	readonly preferred?: boolean;
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

/** malformed: not an address. insecure: needs wss from this page. unreachable, not-a-relay: tried. uninvited: it takes people whom its operator invited. known: already there. */
export interface AddRelayError {
	readonly type:
		'malformed' | 'insecure' | 'unreachable' | 'not-a-relay' | 'wrong-key' | 'uninvited' | 'known';
	readonly tried: readonly string[];
}
