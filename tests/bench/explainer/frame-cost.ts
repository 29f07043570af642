// What frames cost the page's own thread in processor time, from Chromium's trace: whatever else the machine does counts
// for nothing here.
import type { CDPSession } from 'playwright-core';

interface TraceEvent {
	readonly name: string;
	readonly ph: string;
	readonly pid: number;
	readonly tid: number;
	/** Microseconds: when, how long, and how much of that on a processor. */
	readonly ts: number;
	readonly dur?: number;
	readonly tdur?: number;
}

/** The page's thread is the one that fires animation frames. */
const FRAME = 'FireAnimationFrame';
/** Frames of one beat: the bench's own and the player's. */
const BEAT = 4000;

/** Milliseconds of processor time for each frame while `work` runs. */
export async function frameCosts(cdp: CDPSession, work: () => Promise<void>): Promise<number[]> {
	const events: TraceEvent[] = [];
	cdp.on('Tracing.dataCollected', ({ value }) => {
		events.push(...(value as unknown as TraceEvent[]));
	});
	await cdp.send('Tracing.start', {
		transferMode: 'ReportEvents',
		traceConfig: {
			includedCategories: ['devtools.timeline', 'disabled-by-default-devtools.timeline'],
		},
	});
	await work();
	const complete = new Promise<void>((resolve) => {
		cdp.once('Tracing.tracingComplete', () => {
			resolve();
		});
	});
	await cdp.send('Tracing.end');
	await complete;

	const fired = events.filter(({ name }) => name === FRAME).sort((a, b) => a.ts - b.ts);
	const [first] = fired;
	if (first === undefined) throw new Error('no frame was drawn');
	const begins = fired
		.filter(({ ts }, n) => n === 0 || ts - (fired[n - 1]?.ts ?? 0) > BEAT)
		.map(({ ts }) => ts);
	const costs = begins.map(() => 0);
	let frame = 0;
	const tasks = events
		.filter(
			({ name, ph, pid, tid }) =>
				name === 'RunTask' && ph === 'X' && pid === first.pid && tid === first.tid,
		)
		.sort((a, b) => a.ts - b.ts);
	for (const { ts, dur = 0, tdur = 0 } of tasks) {
		// A task that draws begins before its frame fires, and ends after.
		while ((begins[frame + 1] ?? Infinity) <= ts + dur) frame += 1;
		costs[frame] = (costs[frame] ?? 0) + tdur / 1000;
	}
	return costs;
}
