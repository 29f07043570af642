// What a picture of a network is made of: plain values, the same for the live map and for the explainer.
// Knows neither where anything is drawn nor where it comes from.

export interface GraphNode {
	readonly id: string;
	readonly label: string;
	/** A router stands between one person and everybody else. */
	readonly kind: 'person' | 'relay' | 'router';
	readonly state: 'on' | 'trying' | 'off';
	/** Root Hash, hexadecimal; for people. */
	readonly hash?: string;
	/** Whoever looks at the picture. */
	readonly own?: boolean;
	/** What is told about just now. */
	readonly lit?: boolean;
	/** Of a person's router, as a ring: what it lets in; and in words, beneath the name. */
	readonly ring?: 'open' | 'cone' | 'symmetric' | 'firewall';
	readonly note?: string;
	/** locked: out of its space. modified: it keeps to no rules. */
	readonly badge?: 'locked' | 'modified' | null;
	/** How much a relay keeps. */
	readonly held?: number;
}

export interface GraphEdge {
	readonly from: string;
	readonly to: string;
	/** direct: browser to browser. relay: a connection to a relay. stored: what a relay keeps for somebody. cut: no way. */
	readonly kind: 'direct' | 'relay' | 'stored' | 'cut';
	/** trying: it doesn't stand yet. forth, back, both: what moves on it just now. */
	readonly activity: 'still' | 'trying' | 'forth' | 'back' | 'both';
}

export interface Point {
	readonly x: number;
	readonly y: number;
}

export interface Size {
	readonly width: number;
	readonly height: number;
}

export type Positions = ReadonlyMap<string, Point>;

/** Names an edge within its picture: two nodes may have one of each kind. */
export const edgeId = ({ from, to, kind }: GraphEdge): string => `${from} ${to} ${kind}`;
