// Sees to it that the secrets of epochs go in time, also where nothing happens. [EP15]
import type { Clock } from '#lib/ports/clock.ts';
import { DAY } from '#lib/protocol/limits.ts';
import type { Space } from './space/space-face.ts';

/** At once and daily, until it is stopped. */
export function startEndingEpochs(clock: Clock, space: Pick<Space, 'endEpochs'>): () => void {
	let cancel = (): void => undefined;
	let stopped = false;
	async function look(): Promise<void> {
		await space.endEpochs();
		if (!stopped) cancel = clock.after(DAY, () => void look());
	}
	void look();
	return () => {
		stopped = true;
		cancel();
	};
}
