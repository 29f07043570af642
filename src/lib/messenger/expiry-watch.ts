// Wakes a space when the next of its messages is due to disappear: one timer, however many there are. [DM3]
import type { Clock } from '#lib/ports/clock.ts';
import type { Space, SpaceChange } from './space/space-face.ts';

export interface ExpiryWatch {
	/** Deletes what expired while nobody was there. */
	start(): Promise<void>;
	onChange(change: SpaceChange): void;
	stop(): void;
}

/** After a commit that failed. */
const AGAIN = 60_000;

export function createExpiryWatch(clock: Clock, space: Space): ExpiryWatch {
	let cancel = (): void => undefined;
	let wakesAt = Infinity;
	let stopped = false;

	function wake(at: number): void {
		if (stopped || at >= wakesAt) return;
		cancel();
		wakesAt = at;
		cancel = clock.after(Math.max(0, at - clock.now()), () => {
			wakesAt = Infinity;
			void look();
		});
	}

	async function look(): Promise<void> {
		const next = await space.expire();
		if (!next.ok) wake(clock.now() + AGAIN);
		else if (next.value !== null) wake(next.value);
	}

	return {
		start: look,
		onChange({ placed }) {
			for (const { entry } of placed) {
				const { expiry } = entry.header;
				// Rows are kept by whole seconds.
				if (expiry > 0) wake(Math.ceil(expiry / 1000) * 1000);
			}
		},
		stop() {
			stopped = true;
			cancel();
		},
	};
}
