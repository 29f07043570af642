// Decides when a new epoch is due, why, and whose turn it is to make it. [EP3] [EP11] [EP12]
import {
	agedAt,
	EPOCH_MESSAGES,
	latestEpochEntries,
	needsNewEpoch,
} from '#lib/crdt/epoch-choice.ts';
import { EPOCH_REASON, type EpochReason } from '#lib/protocol/content.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { DAY } from '#lib/protocol/limits.ts';
import type { ControlEntry } from '#lib/crdt/authority-state.ts';
import type { Clock } from '#lib/ports/clock.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Space } from './space/space-face.ts';

/** How long each further device in line leaves a due epoch to those before. */
const EPOCH_TURN = 2000;
/** A new epoch for age can wait for whoever comes back to hear of the one that others made. */
const AGE_GRACE = 60_000;
/** Where it has been due for a day, people look in for moments only. */
const OVERDUE_GRACE = 10_000;

export interface EpochTurns {
	/** The authority log or the keys may have changed: the devices take turns, so that mostly one of them acts. */
	plan(): void;
	/** Messages came: the epoch may be used up by them. */
	onMessages(): void;
	stop(): void;
}

/** `own`: this device. */
export function createEpochTurns(
	{ clock }: { readonly clock: Clock },
	space: Space,
	own: Bytes,
	start: (reason: EpochReason) => Promise<void>,
): EpochTurns {
	let cancel: (() => void) | undefined;
	let stopped = false;
	/** Why the present wait is. */
	let planned: EpochReason | null = null;

	/** By what an entry would build on now, and by all that is known: somebody whose clock is ahead may have made it. */
	const isRemovalDue = (): boolean =>
		(needsNewEpoch(space.ledger.authorityAt(clock.now())) &&
			needsNewEpoch(space.ledger.authority)) ||
		isAnyStray();

	/**
	 * A void EPOCH is readable by those alone whom its author gave the keys, and for the others everything that builds on
	 * it must wait: the next valid one hands its key on to all.
	 */
	function isAnyStray(): boolean {
		const { control, authority } = space.ledger;
		const isVoid = ({ entry }: ControlEntry): boolean =>
			entry.header.kind === KIND.epoch && authority.verdicts.get(entry.key) !== 'valid';
		if (![...control.values()].some(isVoid)) return false;
		const stray = new Set(latestEpochEntries(control).filter(isVoid));
		return latestEpochEntries(space.ledger.seenAt(clock.now())).some((each) => stray.has(each));
	}

	/** When the current epoch is old, ms; an epoch from less than a day ahead is a clock's fault, and will do. */
	function oldAt(): number | null {
		const now = clock.now();
		const at = agedAt(space.ledger.authorityAt(now));
		const all = space.ledger.authority.liveEpochs.map(({ time }) => time.ms);
		const isAhead = all.some((ms) => ms > now && ms < now + DAY);
		return at === null || isAhead ? null : at;
	}

	function isUsedUp(): boolean {
		const { epoch } = space.ledger.authority;
		return epoch !== null && space.messagesIn(epoch.id) >= EPOCH_MESSAGES;
	}

	/** Its author gave this device, in the box for it, something else than the EPOCH says. */
	function isCheated(): boolean {
		const { epoch } = space.ledger.authority;
		if (epoch === null) return false;
		const recipient = epoch.content.recipients.find(({ device }) => equal(device, own));
		if (recipient === undefined) return false;
		const keys = space.ring.get(epoch.id);
		// One that was let in anew in this epoch has another token than its box, which will do.
		return keys?.proven !== true || keys.tokens.length === 0;
	}

	function reasonNow(): EpochReason | null {
		if (isRemovalDue()) return EPOCH_REASON.removal;
		if (isCheated()) return EPOCH_REASON.keys;
		const at = oldAt();
		return (at !== null && at <= clock.now()) || isUsedUp() ? EPOCH_REASON.age : null;
	}

	function waitFor(reason: EpochReason): number {
		// Nobody else can tell.
		if (reason === EPOCH_REASON.keys) return 0;
		const { devices } = space.ledger.authorityAt(clock.now());
		const turn = [...devices.entries()]
			.filter(([, state]) => state.active)
			.map(([key]) => key)
			.sort()
			.indexOf(toHex(own));
		if (reason !== EPOCH_REASON.age) return turn * EPOCH_TURN;
		const isOverdue = (oldAt() ?? Infinity) + DAY < clock.now();
		return turn * EPOCH_TURN + (isOverdue ? OVERDUE_GRACE : AGE_GRACE);
	}

	function plan(): void {
		if (stopped) return;
		const now = clock.now();
		const isMember = space.ledger.authorityAt(now).devices.get(toHex(own))?.active === true;
		const reason = isMember ? reasonNow() : null;
		// Whatever comes meanwhile, an old epoch's turn is not put off by it.
		if (reason === EPOCH_REASON.age && planned === reason) return;
		cancel?.();
		cancel = undefined;
		planned = reason;
		if (reason === null) {
			const next = [space.ledger.nextDue(now), oldAt()].filter((at) => at !== null && at > now);
			const wait = Math.min(DAY, ...next.map((at) => (at ?? now) - now));
			if (next.length > 0) cancel = clock.after(wait, plan);
			return;
		}
		cancel = clock.after(waitFor(reason), () => {
			planned = null;
			const still = stopped ? null : reasonNow();
			if (still !== null) void start(still);
		});
	}

	return {
		plan,
		onMessages() {
			if (planned === null && isUsedUp()) plan();
		},
		stop() {
			stopped = true;
			cancel?.();
		},
	};
}
