// When this device makes a new prekey in a space, and when the earlier ones go: by its own clock, and not before it is sure
// that nothing wrapped for them is still on its way. [PK4] [PK5]
import { DAY, PREKEY_AGE } from '#lib/protocol/limits.ts';
import { toHex } from '#lib/util/bytes.ts';
import { fraction, type Ports, type SelfInSpace } from './ports.ts';
import type { Space } from './space/space-face.ts';

/** Devices that were started together make theirs at different times. */
const SPREAD = DAY / 12;
/** How often it is tried again to tell of a new one. */
const AGAIN = 60_000;
/** How often it is looked whether an old one may go at last: many are there for a minute a day, and no longer. */
const SOON = 10_000;

export interface PrekeyRotation {
	/** Something changed that may have been waited for. */
	look(): void;
	/** Somebody holds a later one of this device than itself: a disk was put back, or somebody else has its keys. */
	overtake(time: number): void;
	stop(): void;
}

export interface RotationEvents {
	publish(): Promise<void>;
	/** Everything that was left for this device, and that somebody who is there knows of, has come; since this time. */
	isDrained(since: number): boolean;
}

export function createPrekeyRotation(
	{ clock, random }: Pick<Ports, 'clock' | 'random'>,
	self: SelfInSpace,
	space: Space,
	events: RotationEvents,
): PrekeyRotation {
	const { prekeys } = self;
	const own = toHex(self.device.publicKey);
	const now = (): number => Math.max(0, Math.floor(clock.now()));
	let cancel = (): void => undefined;
	let spread = 0;
	let busy = false;
	let again = false;
	let stopped = false;

	/** A device that can't write any more, or has nobody to tell, needs no new ones. */
	function mayRenew(): boolean {
		const { devices } = space.ledger.authority;
		const isForked = (space.ledger.feeds.get(own)?.frozenAt ?? null) !== null;
		const others = [...devices].some(([device, { active }]) => active && device !== own);
		return devices.get(own)?.active === true && !isForked && others;
	}

	/** A clock that was put back since makes it due at once. */
	function dueAt(): number {
		const told = prekeys.toldAt ?? now();
		return told > now() + PREKEY_AGE ? now() : told + PREKEY_AGE + spread;
	}

	/** Resolves to when to look again, ms from now. */
	async function step(): Promise<number> {
		if (mayRenew()) {
			// One that nobody was told of has not been used: it needs no successor.
			if (prekeys.toldAt !== null && dueAt() <= now()) await prekeys.renew(now());
			if (prekeys.toldAt === null) await events.publish();
		}
		const over = prekeys.overAt();
		if (over !== null && over <= now() && events.isDrained(over)) {
			await prekeys.forget(now());
		}
		const left = Math.max(SOON, (prekeys.overAt() ?? Infinity) - now());
		const due = prekeys.toldAt === null ? AGAIN : Math.max(AGAIN, dueAt() - now());
		return Math.min(DAY, due, left);
	}

	function look(): void {
		if (stopped) return;
		if (busy) {
			again = true;
			return;
		}
		busy = true;
		cancel();
		void step().then((wait) => {
			busy = false;
			if (stopped) return;
			cancel = clock.after(again ? 0 : wait, look);
			again = false;
		});
	}

	look();
	// What was overdue at the start is made up for at once; from here on each waits its own while.
	spread = Math.floor(fraction(random) * SPREAD);
	return {
		look,
		overtake(time) {
			void prekeys.renew(now(), time).then(look);
		},
		stop() {
			stopped = true;
			cancel();
		},
	};
}
