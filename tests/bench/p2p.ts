// How much two pages get through to each other, beside a bare RTCDataChannel and Trystero, one after the other in each
// round: `npm run bench -- p2p [MB] [MESSAGES] [ROUNDS] [profile]`. The others' bytes are bare. Those of Aegis are sealed
// before, lie durably in the other's browser and are checked by their hashes; each of its messages is a signed, sealed
// entry, durable at both ends and acknowledged.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { remote, startHarness } from '../p2p/browser.ts';
import { startRelayProcess } from '../support/relay-process.ts';
import type { Contest } from './p2p/page.ts';
import { profiled } from './p2p/profile.ts';
import { installPeers } from './relay/peers.ts';
import { percentile } from './statistics.ts';

const [mb = 100, messages = 10_000, rounds = 3] = process.argv.slice(2, 5).map(Number);
const isProfiled = process.argv.includes('profile');
const MB = 1_000_000;
const size = mb * MB;

interface Trystero {
	hear(topic: string, message: unknown): void;
	join(): Promise<void>;
	take(bytes: number, messages: number): void;
	sendBytes(size: number): Promise<number>;
	sendTexts(texts: readonly string[]): Promise<number>;
}
declare global {
	var trystero: Trystero;
}

async function until<T>(look: () => Promise<T>, isGood: (seen: T) => boolean): Promise<T> {
	const end = performance.now() + 600_000;
	for (;;) {
		const seen = await look();
		if (isGood(seen)) return seen;
		if (performance.now() > end) throw new Error(`still ${JSON.stringify(seen)}`);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}

await installPeers();
const folder = await mkdtemp(join(tmpdir(), 'aegis-p2p-'));
const relay = await startRelayProcess(['--data', folder]);
const harness = await startHarness(join(import.meta.dirname, 'p2p'), { lasting: true });
try {
	const pages = [await harness.open(), await harness.open()] as const;
	const [alice, bob] = [remote<Contest>(pages[0]), remote<Contest>(pages[1])];

	// Everybody meets.
	await alice.enter('Alice');
	await bob.enter('Bob');
	await alice.useRelay(`ws://127.0.0.1:${relay.port}/relay`);
	const space = await alice.createSpace();
	await bob.joinBy(await alice.inviteTo(space));
	await until(
		() => Promise.all([alice.network(), bob.network()]),
		(states) => states.every((state) => state === 'direct'),
	);
	await alice.accept(await bob.answer(await alice.offer()));
	const tell = (to: Page) => (topic: string, message: unknown) =>
		to.evaluate(
			([about, what]) => {
				globalThis.trystero.hear(about, what);
			},
			[topic, message] as const,
		);
	await pages[0].exposeFunction('signalOther', tell(pages[1]));
	await pages[1].exposeFunction('signalOther', tell(pages[0]));
	await Promise.all(pages.map((page) => page.evaluate(() => globalThis.trystero.join())));

	const sealing: number[] = [];
	const bytes = {
		async bare() {
			await bob.bareTake(size, 0);
			return alice.bareBytes(size);
		},
		async trystero() {
			await pages[1].evaluate((n) => {
				globalThis.trystero.take(n, 0);
			}, size);
			return pages[0].evaluate((n) => globalThis.trystero.sendBytes(n), size);
		},
		async aegis() {
			const start = performance.now();
			const failed = await alice.sendFilm(space, size);
			if (failed !== '') throw new Error(failed);
			sealing.push(performance.now() - start);
			const [place = ''] = await alice.lastFilm(space);
			await until(
				async () => (await bob.lastFilm(space))[0],
				(last) => last === place,
			);
			const ms = await profiled(isProfiled ? pages : [], () => bob.fetchFilm(space, place));
			const isSame = (await bob.watchFilm(space, place)) === (await alice.digestOfFilm(0, size));
			if (!isSame) throw new Error('what came is something else');
			await Promise.all([alice.freeFilm(space, place), bob.freeFilm(space, place)]);
			return ms;
		},
	};
	const textsOf = (round: number): readonly string[] =>
		Array.from({ length: messages }, (_, n) => `message ${n} of round ${round}`);
	const small = {
		async bare(round: number) {
			await bob.bareTake(0, messages);
			return alice.bareTexts(textsOf(round));
		},
		async trystero(round: number) {
			await pages[1].evaluate((n) => {
				globalThis.trystero.take(0, n);
			}, messages);
			return pages[0].evaluate((all) => globalThis.trystero.sendTexts(all), textsOf(round));
		},
		aegis: (round: number) =>
			profiled(isProfiled ? pages : [], () => alice.sendTexts(space, textsOf(round))),
	};

	type Name = keyof typeof bytes;
	const names: readonly Name[] = ['bare', 'trystero', 'aegis'];
	/** Units a second, by the round in the middle. */
	const contest = async (
		runs: Record<Name, (round: number) => Promise<number>>,
		units: number,
		unit: string,
	): Promise<Record<Name, number>> => {
		const took: Record<Name, number[]> = { bare: [], trystero: [], aegis: [] };
		for (let round = 0; round < rounds; round++) {
			for (const n of names.keys()) {
				const name = names[(n + round) % names.length]!;
				const ms = await runs[name](round);
				took[name].push(ms);
				console.log(`${name}: ${((units / ms) * 1000).toFixed(1)} ${unit}/s`);
			}
		}
		const rate = (name: Name): number => (units / percentile(took[name], 0.5)) * 1000;
		return { bare: rate('bare'), trystero: rate('trystero'), aegis: rate('aegis') };
	};
	const ratio = (one: number, other: number): number => Math.round((one / other) * 100) / 100;

	const moved = mb > 0 ? await contest(bytes, mb, 'MB') : undefined;
	const sent = messages > 0 ? await contest(small, messages, 'messages') : undefined;
	const told = {
		bench: 'p2p',
		...(moved && {
			mb,
			aegis_mb_per_s: ratio(moved.aegis, 1),
			trystero_mb_per_s: ratio(moved.trystero, 1),
			bare_mb_per_s: ratio(moved.bare, 1),
			sealing_mb_per_s: ratio(size / 1000, percentile(sealing, 0.5)),
			bytes_vs_trystero: ratio(moved.aegis, moved.trystero),
			bytes_vs_bare: ratio(moved.aegis, moved.bare),
		}),
		...(sent && {
			messages,
			aegis_per_s: Math.round(sent.aegis),
			trystero_per_s: Math.round(sent.trystero),
			bare_per_s: Math.round(sent.bare),
			messages_vs_trystero: ratio(sent.aegis, sent.trystero),
		}),
	};
	console.log(JSON.stringify(told));
} finally {
	await harness.stop();
	await relay.end('SIGKILL');
	await rm(folder, { recursive: true, force: true });
}
