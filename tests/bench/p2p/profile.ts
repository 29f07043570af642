// Where the pages' time goes: functions by how long they themselves ran, the longest first.
import type { Page } from 'playwright-core';

const SHOWN = 25;

/** Does the work and prints what of each page's time was whose. */
export async function profiled<T>(pages: readonly Page[], work: () => Promise<T>): Promise<T> {
	const sessions = await Promise.all(pages.map(async (page) => page.context().newCDPSession(page)));
	for (const session of sessions) {
		await session.send('Profiler.enable');
		await session.send('Profiler.setSamplingInterval', { interval: 500 });
		await session.send('Profiler.start');
	}
	const result = await work();
	for (const [n, session] of sessions.entries()) {
		const { profile } = await session.send('Profiler.stop');
		const { nodes, samples = [], timeDeltas = [] } = profile;
		const names = new Map(
			nodes.map(({ id, callFrame: { functionName, lineNumber, columnNumber } }) => [
				id,
				`${functionName || '(anonymous)'} ${lineNumber}:${columnNumber}`,
			]),
		);
		const spent = new Map<string, number>();
		for (const [at, id] of samples.entries()) {
			const name = names.get(id) ?? '?';
			spent.set(name, (spent.get(name) ?? 0) + (timeDeltas[at] ?? 0) / 1000);
		}
		const most = [...spent].sort(([, a], [, b]) => b - a).slice(0, SHOWN);
		console.log(`page ${n}:`);
		for (const [name, ms] of most) console.log(`  ${Math.round(ms)} ms ${name}`);
		await session.detach();
	}
	return result;
}
