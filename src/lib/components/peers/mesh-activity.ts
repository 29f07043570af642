// Along which of one's own lines something passes, from how the counts of bytes grow between two looks.
import type { Traffic } from '#lib/state/views.ts';

/** The other end's id → which way it goes, as seen from here; what is still isn't there. */
export type MeshActivity = ReadonlyMap<string, 'forth' | 'back' | 'both'>;

/** Pings, their answers and acknowledgements, which go all the time, come to less than this in a second; a message doesn't. */
const SIGNS_OF_LIFE = 400;

export function activityBetween(
	before: ReadonlyMap<string, Traffic>,
	now: ReadonlyMap<string, Traffic>,
): MeshActivity {
	const moving = new Map<string, 'forth' | 'back' | 'both'>();
	for (const [id, { sent, received }] of now) {
		const then = before.get(id);
		if (then === undefined) continue;
		const [forth, back] = [
			sent - then.sent > SIGNS_OF_LIFE,
			received - then.received > SIGNS_OF_LIFE,
		];
		if (forth || back) moving.set(id, forth && back ? 'both' : forth ? 'forth' : 'back');
	}
	return moving;
}
