// The link that opened the page: an invitation, a relay, the code of another device, or of somebody to meet. Its secret lies in the
// fragment, so it is taken out of the address bar before anything else runs and kept in memory only. [IN1]

export interface ArrivalLink {
	readonly kind: 'join' | 'relay' | 'link' | 'meet';
	/** The whole link, as it was typed or tapped. */
	readonly link: string;
	/** The person has seen it and said yes already. */
	readonly accepted: boolean;
}

const LINK = /^#\/(join|relay|link|meet)\/./;

/** The arrival link in an address, or null. */
export function arrivalLink(href: string): ArrivalLink | null {
	const hash = href.indexOf('#');
	const kind = hash === -1 ? undefined : LINK.exec(href.slice(hash))?.[1];
	if (kind === undefined) return null;
	return { kind: kind as ArrivalLink['kind'], link: href, accepted: false };
}

export interface Arrival {
	readonly link: ArrivalLink | null;
	/** Looks at an address; true when it carried a link, which is kept from now on. */
	take(href: string): boolean;
	/** The person says yes to what the link offers. */
	accept(): void;
	/** Dealt with. */
	clear(): void;
}

export function createArrival(): Arrival {
	let link = $state.raw<ArrivalLink | null>(null);
	return {
		get link() {
			return link;
		},
		take: (href) => {
			const found = arrivalLink(href);
			if (found) link = found;
			return found !== null;
		},
		accept: () => {
			if (link) link = { ...link, accepted: true };
		},
		clear: () => {
			link = null;
		},
	};
}

/** The one of this page: an address bar exists once. */
export const arrival: Arrival = createArrival();
