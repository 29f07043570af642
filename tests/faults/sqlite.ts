// What may happen to a relay on one machine.
import { appendFile, copyFile, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLoad, pause, placeOf, type Load, type Report } from './load.ts';
import { run, type Relay, type Scope } from './relays.ts';
import { reachRelay } from '../support/relay-process.ts';
import { blockOf, bytesOf, packetOf } from '../support/mailbox-world.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';

export type Outcome = Report & Readonly<Record<string, unknown>>;
export type Scenario = (scope: Scope) => Promise<Outcome>;

const PATIENCE = 120_000;
const LOAD = { mailboxes: 3, recipients: 2, window: 8, crashes: 0.01 };

/** Resolves when so many more receipts have come. */
export async function progress(load: Load, more: number): Promise<void> {
	const goal = load.acknowledged() + more;
	const late = performance.now() + PATIENCE;
	while (load.acknowledged() < goal) {
		if (performance.now() > late) throw new Error('nothing is stored any more');
		await pause(5);
	}
}

export const kills: Scenario = async (scope) => {
	const data = await scope.folder();
	const relay = await scope.relay({ args: ['--data', data] });
	const load = await createLoad({ ...LOAD, url: () => relay.url });
	const rounds = 20;
	for (let round = 0; round < rounds; round++) {
		await progress(load, 10 + 7 * round);
		await relay.end('SIGKILL');
		await relay.start();
	}
	return { ...(await load.finish(PATIENCE)), kills: rounds };
};

/** What of the promises a relay that starts from this disk does not keep. */
async function compare(relay: Relay, books: ReturnType<Load['books']>): Promise<Report> {
	const { client } = reachRelay(relay.url);
	let [lost, duplicated] = [0, 0];
	for (let n = 0; n < LOAD.mailboxes; n++) {
		const place = await placeOf(n, LOAD.recipients);
		for (let reader = 0; reader < LOAD.recipients; reader++) {
			const there = new Set<string>();
			for (let cursor = 0, more = true; more;) {
				const waiting = await client.subscribe(place.mailbox, place.token(reader), cursor);
				// A control may have lost the mailbox itself.
				if (!waiting.ok) break;
				for (const { packet } of waiting.value.packets) there.add(toHex(packet));
				({ cursor, more } = waiting.value);
			}
			for (const { mailbox, packet } of books.promised) {
				if (mailbox !== n) continue;
				const isDone = books.confirmed.has(`${String(n)} ${String(reader)} ${packet}`);
				if (isDone && there.has(packet)) duplicated += 1;
				// What a reader has acknowledged may be gone though the answer was on its way.
				if (!isDone && !there.has(packet) && reader === 0) lost += 1;
			}
		}
	}
	client.close('done');
	return { acknowledged: books.promised.length, lost, duplicated, left: 0 };
}

/** Stops a relay in the middle, and starts it from what the disk holds at that moment. */
async function cut(scope: Scope, preloads: readonly string[], receipts: number): Promise<Report> {
	const disk = await scope.image(256);
	const first = await scope.relay({ args: ['--data', join(disk.path, 'data')], preloads });
	// Nobody reads as the first one: what is promised stays there to be found. The second one acknowledges.
	const load = await createLoad({ ...LOAD, url: () => first.url, crashes: 0, silent: 1 });
	await progress(load, receipts);
	const books = load.books();
	first.child().kill('SIGSTOP');
	const copy = join(await scope.folder(), 'copy');
	await copyFile(disk.image, copy);
	const path = await scope.mountImage(copy);
	const second = await scope.relay({ args: ['--data', join(path, 'data')] });
	const report = await compare(second, books);
	await Promise.all([first.end('SIGKILL'), second.end('SIGKILL')]);
	load.stop();
	return report;
}

const add = (reports: readonly Report[]): Report =>
	reports.reduce((sum, each) => ({
		acknowledged: sum.acknowledged + each.acknowledged,
		lost: sum.lost + each.lost,
		duplicated: sum.duplicated + each.duplicated,
		left: sum.left + each.left,
	}));

export const powerCuts: Scenario = async (scope) => {
	const reports: Report[] = [];
	for (const receipts of [60, 300, 800]) reports.push(await cut(scope, [], receipts));
	// Early, for a checkpoint of the log syncs what the commits before it left out.
	const control = await cut(scope, ['less-durable'], 60);
	if (control.lost === 0)
		throw new Error('the control lost nothing: this power cut proves nothing');
	return { ...add(reports), cuts: reports.length, control: { lost: control.lost } };
};

export const fullDisk: Scenario = async (scope) => {
	const disk = await scope.memoryDisk(3);
	const relay = await scope.relay({ args: ['--data', join(disk, 'data')] });
	// Nobody reads: the disk fills up.
	const load = await createLoad({
		...LOAD,
		url: () => relay.url,
		crashes: 0,
		silent: LOAD.recipients,
	});
	let [before, still] = [-1, 0];
	while (still < 20) {
		await pause(100);
		still = load.acknowledged() === before ? still + 1 : 0;
		before = load.acknowledged();
	}
	const full = load.acknowledged();
	if (relay.child().exitCode !== null) throw new Error('the relay ended on a full disk');
	await relay.end('SIGKILL');
	await relay.start();
	await run('mount', '-o', 'remount,size=200m', disk);
	await progress(load, 50);
	load.read();
	return { ...(await load.finish(PATIENCE)), full };
};

export const clockJumps: Scenario = async (scope) => {
	const clock = join(await scope.folder(), 'clock');
	await writeFile(clock, '0');
	const relay = await scope.relay({
		args: ['--data', await scope.folder()],
		preloads: ['jumping-clock'],
		environment: { CLOCK_OFFSET: clock },
	});
	const load = await createLoad({ ...LOAD, url: () => relay.url });
	const day = 86_400_000;
	for (const offset of [day, 0, -day, 2 * day, -2 * day, 0]) {
		await progress(load, 40);
		await writeFile(clock, String(offset));
	}
	await progress(load, 40);
	return { ...(await load.finish(PATIENCE)), jumps: 6 };
};

export const tornLog: Scenario = async (scope) => {
	const data = await scope.folder();
	const relay = await scope.relay({ args: ['--data', data] });
	const load = await createLoad({ ...LOAD, url: () => relay.url });
	const log = join(data, 'mailboxes.db-wal');
	const rounds = 6;
	for (let round = 0; round < rounds; round++) {
		await progress(load, 40);
		await relay.end('SIGKILL');
		// What a write in progress leaves: half a frame with garbage, or one whose checksum does not fit.
		const { size } = await stat(log);
		const frame = await readFile(log).then((whole) => whole.subarray(32, 32 + 24 + 4096));
		const garbage = Buffer.from(frame.map((byte, at) => (at % 7 === round % 7 ? byte ^ 85 : byte)));
		await appendFile(log, round % 2 === 0 ? garbage : garbage.subarray(0, 1000));
		if ((await stat(log)).size <= size) throw new Error('the log was not torn');
		await relay.start();
	}
	return { ...(await load.finish(PATIENCE)), torn: rounds };
};

export const crashingClients: Scenario = async (scope) => {
	const relay = await scope.relay({ args: ['--data', await scope.folder()] });
	const load = await createLoad({ ...LOAD, url: () => relay.url, crashes: 0.04 });
	await progress(load, 600);
	return { ...(await load.finish(PATIENCE)), crashes: 0.04 };
};

/** How often the marker is found in the files of a folder. */
async function copiesOf(marker: Bytes, folder: string): Promise<number> {
	let copies = 0;
	const names = (await readdir(folder)).filter((name) => name.startsWith('mailboxes.db'));
	for (const name of names) {
		const content = await readFile(join(folder, name));
		for (let at = content.indexOf(marker); at >= 0; at = content.indexOf(marker, at + 1))
			copies += 1;
	}
	return copies;
}

export const residue: Scenario = async (scope) => {
	const data = await scope.folder();
	const relay = await scope.relay({ args: ['--data', data] });
	const place = await placeOf(0, 1);
	const { client } = reachRelay(relay.url);
	await place.open(client);
	const marker = bytesOf(0xabcdef);
	const block = blockOf(0, 16_384);
	for (let at = 0; at < block.length; at += marker.length) block.set(marker, at);
	let acknowledged = 0;
	for (let n = 0; n < 100; n++) {
		if (await place.put(client, { ...packetOf(n), block })) acknowledged += 1;
	}
	const while_ = await copiesOf(marker, data);
	if (while_ === 0) throw new Error('the marker is not found while it lies there');
	const waiting = await client.subscribe(place.mailbox, place.token(0), 0);
	const cursor = waiting.ok ? waiting.value.cursor : 0;
	await client.acknowledge(place.mailbox, place.token(0), cursor, []);
	await pause(60_000);
	const found = await copiesOf(marker, data);
	const left = (await place.left(client)) ?? 1;
	if (found > 0) throw new Error(`the marker is found ${String(found)} times`);
	return { acknowledged, lost: 0, duplicated: 0, left, before: while_, after: found };
};
