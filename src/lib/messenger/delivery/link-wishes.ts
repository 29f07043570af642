// Which links are wanted beyond what the other side offers: those that a space chooses or has room for, and those that are
// of use for a while. [LC3] [LC5]
import type { Clock } from '#lib/ports/clock.ts';
import type { LinkEvents } from './links-face.ts';

/** How long a link that somebody needed is wanted, ms. */
const NEEDED_FOR = 600_000;
/** Between two times that a device is asked for its offer, ms. */
const ASK_EVERY = 10_000;

export interface LinkWishes {
	/** A link with the device (hex) is of use for a while. */
	need(device: string): void;
	/** One that the device offers or asks for is made. */
	isWelcome(device: string): boolean;
	/** It would be missed. */
	isWanted(device: string): boolean;
	/** It may be asked for its offer now, and is. */
	mayAsk(device: string): boolean;
}

export function createLinkWishes(
	clock: Clock,
	events: Pick<LinkEvents, 'wants' | 'welcomes'>,
): LinkWishes {
	const neededUntil = new Map<string, number>();
	const askedAt = new Map<string, number>();
	const isNeeded = (device: string): boolean => (neededUntil.get(device) ?? 0) > clock.now();
	return {
		need(device) {
			neededUntil.set(device, clock.now() + NEEDED_FOR);
		},
		isWelcome: (device) => isNeeded(device) || events.welcomes(device),
		isWanted: (device) => isNeeded(device) || events.wants(device),
		mayAsk(device) {
			if (clock.now() - (askedAt.get(device) ?? -Infinity) < ASK_EVERY) return false;
			askedAt.set(device, clock.now());
			return true;
		},
	};
}
