// Where the pages' time goes, and that of their workers: functions by how long they themselves ran, the longest first.
import type { CDPSession, Page } from 'playwright-core';

const SHOWN = 25;

interface Profile {
	readonly nodes: readonly {
		readonly id: number;
		readonly callFrame: {
			readonly functionName: string;
			readonly lineNumber: number;
			readonly columnNumber: number;
		};
	}[];
	readonly samples?: readonly number[];
	/** Microseconds. */
	readonly timeDeltas?: readonly number[];
}

/** Something that runs JavaScript on a thread of its own. */
interface Runner {
	readonly name: string;
	send(method: string, params?: object): Promise<unknown>;
}

/** The workers that a page has now: the browser passes on what is said to them, in text. */
async function workersOf(session: CDPSession, page: string): Promise<readonly Runner[]> {
	const answers = new Map<number, (result: unknown) => void>();
	const workers: Runner[] = [];
	let asked = 0;
	session.on('Target.receivedMessageFromTarget', ({ message }) => {
		const { id, result } = JSON.parse(message) as { id?: number; result?: unknown };
		if (id !== undefined) answers.get(id)?.(result);
	});
	session.on('Target.attachedToTarget', ({ sessionId }) => {
		workers.push({
			name: `${page}, worker ${workers.length}`,
			async send(method, params = {}) {
				const id = asked++;
				const answer = new Promise((resolve) => answers.set(id, resolve));
				const message = JSON.stringify({ id, method, params });
				await session.send('Target.sendMessageToTarget', { sessionId, message });
				return answer;
			},
		});
	});
	await session.send('Target.setAutoAttach', {
		autoAttach: true,
		waitForDebuggerOnStart: false,
		flatten: false,
	});
	return [...workers];
}

function tell(name: string, { nodes, samples = [], timeDeltas = [] }: Profile): void {
	const names = new Map(
		nodes.map(({ id, callFrame: { functionName, lineNumber, columnNumber } }) => [
			id,
			`${functionName || '(anonymous)'} ${lineNumber}:${columnNumber}`,
		]),
	);
	const spent = new Map<string, number>();
	for (const [at, id] of samples.entries()) {
		const of = names.get(id) ?? '?';
		spent.set(of, (spent.get(of) ?? 0) + (timeDeltas[at] ?? 0) / 1000);
	}
	const most = [...spent].sort(([, a], [, b]) => b - a).slice(0, SHOWN);
	console.log(`${name}:`);
	for (const [of, ms] of most) console.log(`  ${Math.round(ms)} ms ${of}`);
}

/** Does the work and prints what of each page's and worker's time was whose. */
export async function profiled<T>(pages: readonly Page[], work: () => Promise<T>): Promise<T> {
	const sessions = await Promise.all(pages.map(async (page) => page.context().newCDPSession(page)));
	const runners: Runner[] = [];
	for (const [n, session] of sessions.entries()) {
		const name = `page ${n}`;
		const send = session.send.bind(session) as Runner['send'];
		runners.push({ name, send }, ...(await workersOf(session, name)));
	}
	for (const { send } of runners) {
		await send('Profiler.enable');
		await send('Profiler.setSamplingInterval', { interval: 500 });
		await send('Profiler.start');
	}
	const result = await work();
	for (const { name, send } of runners) {
		const { profile } = (await send('Profiler.stop')) as { readonly profile: Profile };
		tell(name, profile);
	}
	for (const session of sessions) await session.detach();
	return result;
}
