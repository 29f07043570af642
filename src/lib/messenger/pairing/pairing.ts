// What people see of a pairing, on either screen. [PA1] [PA3]
import type { Readable } from '#lib/util/signal.ts';

/**
 * no-relay: nothing that both can reach. expired: nobody came, or nobody answered, in time. mismatch: the digits differ,
 * or what the other side revealed is not what it had committed to. cancelled: on the other device. full: no room for more
 * devices. storage: this device can't keep anything. failed: anything else.
 */
export type PairingProblem =
	'no-relay' | 'expired' | 'mismatch' | 'cancelled' | 'full' | 'storage' | 'failed';

/** On the device that is the person's already. */
export type OfferView =
	| { readonly state: 'starting' }
	/** The link to show or hand over; good until then, ms since 1970. */
	| { readonly state: 'waiting'; readonly link: string; readonly until: number }
	| { readonly state: 'compare'; readonly digits: string; readonly deviceName: string }
	| { readonly state: 'handing-over'; readonly deviceName: string }
	| { readonly state: 'done'; readonly deviceName: string }
	| { readonly state: 'failed'; readonly problem: PairingProblem };

export interface PairingOffer {
	readonly view: Readable<OfferView>;
	/** What the person says of the digits on the two screens; false ends it for good. */
	confirm(same: boolean): void;
	cancel(): void;
}

/** On the device that is to be the person's. */
export type TakeView =
	| { readonly state: 'connecting' }
	| { readonly state: 'compare'; readonly digits: string }
	| { readonly state: 'receiving' }
	| { readonly state: 'done' }
	| { readonly state: 'failed'; readonly problem: PairingProblem };

export interface PairingTake {
	readonly view: Readable<TakeView>;
	cancel(): void;
}
