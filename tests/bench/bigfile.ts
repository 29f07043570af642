// What a large file costs: `npm run bench -- bigfile [MB] [MB over relays]`. Two people in a browser each, one relay: a film
// goes directly, then a smaller one by the relay to who was away. Told are times, by how much the pages grew (buffers
// included, garbage not), and by how much the relay's memory did.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRelayProcess } from '../support/relay-process.ts';
import { remote, startHarness } from '../p2p/browser.ts';
import { watchHeap } from '../p2p/heap.ts';

const [large = 1000, small = 100] = process.argv.slice(2).map(Number);
const MB = 1_000_000;

async function until<T>(look: () => Promise<T>, isGood: (seen: T) => boolean): Promise<T> {
	const end = performance.now() + 1_800_000;
	for (;;) {
		const seen = await look();
		if (isGood(seen)) return seen;
		if (performance.now() > end) throw new Error(`still ${JSON.stringify(seen)}`);
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
}

const folder = await mkdtemp(join(tmpdir(), 'aegis-bigfile-'));
const relay = await startRelayProcess(['--data', folder]);
const harness = await startHarness();
try {
	/** Bytes of the relay's memory that are in use now. */
	const relayMemory = async (): Promise<number> => {
		const status = await readFile(`/proc/${relay.child.pid}/status`, 'utf8');
		return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
	};
	const pages = [await harness.open(), await harness.open()] as const;
	const [alice, bob] = [remote(pages[0]), remote(pages[1])];
	await alice.enter('Alice');
	await bob.enter('Bob');
	await alice.useRelay(`ws://127.0.0.1:${relay.port}/relay`);
	const space = await alice.createSpace();
	await bob.joinBy(await alice.inviteTo(space));
	await until(
		() => alice.network(),
		(state) => state === 'direct',
	);
	const mb = (bytes: number): number => Math.round(bytes / MB);
	const rate = (size: number, ms: number): number => Math.round((size / ms) * 100) / 100;

	/** Watches everybody meanwhile. */
	async function measured<T>(work: () => Promise<T>) {
		const ends = await Promise.all(pages.map(watchHeap));
		const before = await relayMemory();
		let most = before;
		const timer = setInterval(
			() => void relayMemory().then((now) => (most = Math.max(most, now))),
			200,
		);
		const start = performance.now();
		const value = await work();
		const ms = Math.round(performance.now() - start);
		clearInterval(timer);
		const [sender = 0, receiver = 0] = await Promise.all(ends.map((end) => end()));
		return {
			value,
			ms,
			grownMb: { sender: mb(sender), receiver: mb(receiver), relay: mb(most - before) },
		};
	}

	async function send(size: number): Promise<string> {
		const failed = await alice.sendFilm(space, size);
		if (failed !== '') throw new Error(failed);
		const last = await until(
			() => alice.lastFilm(space),
			(film) => film.length === 2,
		);
		return last[0] ?? '';
	}
	const fetched = async (place: string): Promise<void> => {
		await until(
			async () => (await bob.lastFilm(space))[0],
			(last) => last === place,
		);
		await bob.getFilm(space, place);
		await until(
			async () => (await bob.film(space, place)).state,
			(state) => state === 'whole',
		);
	};
	const isSame = async (place: string, size: number): Promise<boolean> =>
		(await bob.watchFilm(space, place)) === (await alice.digestOfFilm(0, size));

	const sealing = await measured(() => send(large * MB));
	const moving = await measured(() => fetched(sealing.value));
	const reading = await measured(() => isSame(sealing.value, large * MB));
	await pages[1].goto('about:blank');
	const leaving = await measured(async () => {
		const place = await send(small * MB);
		await until(
			async () => (await alice.leaving(space, place))?.state,
			(state) => state === 'left',
		);
		return place;
	});
	await pages[1].goBack();
	await pages[1].waitForFunction(() => 'page' in globalThis);
	await bob.enter(null);
	await alice.leaveAlone();
	const taking = await measured(() => fetched(leaving.value));
	const isSmallSame = await isSame(leaving.value, small * MB);
	const told = {
		direct: {
			mb: large,
			same: reading.value,
			sealing: {
				ms: sealing.ms,
				mbPerSecond: rate(large * 1000, sealing.ms),
				grownMb: sealing.grownMb,
			},
			moving: {
				ms: moving.ms,
				mbPerSecond: rate(large * 1000, moving.ms),
				grownMb: moving.grownMb,
			},
			reading: { ms: reading.ms, grownMb: reading.grownMb },
		},
		relay: {
			mb: small,
			same: isSmallSame,
			leaving: { ms: leaving.ms, grownMb: leaving.grownMb },
			taking: { ms: taking.ms, grownMb: taking.grownMb },
		},
	};
	console.log(JSON.stringify(told, null, '\t'));
	const grown = [sealing, moving, reading, leaving, taking].flatMap(({ grownMb }) =>
		Object.values(grownMb),
	);
	if (!reading.value || !isSmallSame || Math.max(...grown) >= 100) process.exitCode = 1;
} finally {
	await harness.stop();
	await relay.end('SIGKILL');
	await rm(folder, { recursive: true, force: true });
}
