// Decides when a new epoch is due and whose turn it is to make it. [EP3]
import { latestEpochEntries, needsNewEpoch } from '#lib/crdt/epoch-choice.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { DAY } from '#lib/protocol/limits.ts';
import type { ControlEntry } from '#lib/crdt/authority-state.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { Space } from './space/space.ts';

/** How long each further device in line leaves a due epoch to those before. */
const EPOCH_TURN = 2000;

export interface EpochTurns {
	/** The membership may have changed: the devices take turns, so that mostly one of them acts. */
	plan(): void;
	stop(): void;
}

/** `own`: this device (hex). */
export function createEpochTurns(
	clock: Clock,
	space: Space,
	own: string,
	start: () => Promise<void>,
): EpochTurns {
	let cancel: (() => void) | undefined;
	let stopped = false;

	/** By what an entry would build on now, and by all that is known: somebody whose clock is ahead may have made it. */
	const isDue = (): boolean =>
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

	function plan(): void {
		cancel?.();
		cancel = undefined;
		if (stopped) return;
		const now = clock.now();
		const nextDue = space.ledger.nextDue(now);
		if (nextDue !== null) cancel = clock.after(Math.min(nextDue - now, DAY), plan);
		const authority = space.ledger.authorityAt(now);
		const device = authority.devices.get(own);
		if (device?.active !== true || !isDue()) return;
		cancel?.();
		const active = [...authority.devices.entries()].filter(([, state]) => state.active);
		const turn = active
			.map(([key]) => key)
			.sort()
			.indexOf(own);
		cancel = clock.after(turn * EPOCH_TURN, () => {
			if (!stopped && isDue()) void start();
		});
	}

	return {
		plan,
		stop() {
			stopped = true;
			cancel?.();
		},
	};
}
