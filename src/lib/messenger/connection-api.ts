// What a test of the connection found out, and what it comes to.

/** works: it answered as the relay that it is. The others as in AddRelayError. */
export interface RelayProbe {
	readonly id: string;
	readonly address: string;
	readonly answer: 'works' | 'insecure' | 'unreachable' | 'not-a-relay' | 'wrong-key';
	/** From the dial to the relay's word, ms; null where it didn't come. */
	readonly ms: number | null;
	/** Whether UDP reached it and came back; untested: it offers no STUN, or nothing could be asked. */
	readonly stun: 'answers' | 'silent' | 'untested';
}

export interface ConnectionProbes {
	/** The browser believes that there is a network. */
	readonly online: boolean;
	readonly relays: readonly RelayProbe[];
	/**
	 * missing: no WebRTC. blocked: it is there, and two ends in this page don't reach each other. untested: what makes
	 * direct links could not be loaded.
	 */
	readonly channel: 'works' | 'blocked' | 'missing' | 'untested';
	readonly mapping: 'steady' | 'varies' | 'unknown';
	/** The person hides their address from everybody. */
	readonly hidden: boolean;
	/** A direct link to somebody stands right now. */
	readonly linked: boolean;
}

/**
 * What people are told. offline: no network. no-relay: there is none to ask. silent: no relay answers. All others: a
 * relay works, and direct links are no-webrtc, blocked, hidden by choice, without udp, behind a router that varies, can't
 * be told (no relay answers STUN questions, or they could not be asked), likely (one relay can't tell whether the router varies), or can be expected
 * (works).
 */
export type Verdict =
	| 'offline'
	| 'no-relay'
	| 'silent'
	| 'no-webrtc'
	| 'blocked'
	| 'hidden'
	| 'no-udp'
	| 'varies'
	| 'untold'
	| 'likely'
	| 'works';

export interface ConnectionReport extends ConnectionProbes {
	readonly verdict: Verdict;
}
