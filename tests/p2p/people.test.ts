// Files between whole messengers in real browsers, with real relays: directly, and by relays to who was away, whatever goes
// in between. FILE_MB says how large the films are.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Page as BrowserPage } from 'playwright-core';
import { startRelayProcess, type RelayProcess } from '../support/relay-process.ts';
import { remote, startHarness, type Harness, type Remote } from './browser.ts';

const SIZE = Number(process.env['FILE_MB'] ?? 100) * 1_000_000 + 4321;
const CHUNKS = Math.ceil(SIZE / 2 ** 20);
/** So slowly relays are heard while a link comes about, bytes a second: most of a film is still to come then. */
const RELAYED = 500_000;
const SLOW = { timeout: 240_000, interval: 50 };

let harness: Harness;
let open: BrowserPage[] = [];
let relays: { readonly folder: string; process: RelayProcess }[] = [];

beforeAll(async () => {
	harness = await startHarness();
});
afterAll(() => harness.stop());
afterEach(async () => {
	for (const page of open) await page.context().close();
	for (const { process: running, folder } of relays) {
		await running.end('SIGKILL').catch(() => undefined);
		await rm(folder, { recursive: true, force: true });
	}
	open = [];
	relays = [];
});

async function addRelay(): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'aegis-files-'));
	const running = await startRelayProcess(['--data', folder]);
	relays.push({ folder, process: running });
	return `ws://127.0.0.1:${running.port}/relay`;
}

interface Story {
	readonly alice: Remote;
	readonly bob: Remote;
	readonly pages: readonly BrowserPage[];
	readonly space: string;
}

const eventually = <T>(look: () => Promise<T>, expected: unknown): Promise<void> =>
	vi.waitFor(async () => expect(await look()).toEqual(expected), SLOW);

declare global {
	interface Window {
		links: { areLet: boolean; readonly all: RTCPeerConnection[] };
	}
}

/** From now on the page's connections can be ended, and none let come about. */
function watchLinks(): void {
	const links: Window['links'] = { areLet: true, all: [] };
	window.links = links;
	const Plain = RTCPeerConnection;
	window.RTCPeerConnection = class extends Plain {
		constructor(how: RTCConfiguration = {}) {
			super(links.areLet ? how : { ...how, iceServers: [], iceTransportPolicy: 'relay' });
			links.all.push(this);
		}
	};
}

interface Hearing {
	/** Bytes that relays have sent to the page. */
	readonly heard: () => number;
	/** From now on they come at this pace, bytes a second. */
	atMost(rate: number): Promise<void>;
}

/** What a page hears of its relays. Links are held up with them. */
async function hearing(page: BrowserPage): Promise<Hearing> {
	const session = await page.context().newCDPSession(page);
	let heard = 0;
	session.on('Network.webSocketFrameReceived', ({ response }) => {
		heard += (response.payloadData.length * 3) / 4;
	});
	await session.send('Network.enable');
	return {
		heard: () => heard,
		async atMost(downloadThroughput) {
			const rates = { downloadThroughput, uploadThroughput: -1 };
			await session.send('Network.emulateNetworkConditions', {
				offline: false,
				latency: 0,
				...rates,
			});
		},
	};
}

async function story(relayCount: number, isWatched = false): Promise<Story> {
	const pages = [await harness.open(), await harness.open()];
	open = pages;
	if (isWatched) await pages[1]!.evaluate(watchLinks);
	const [alice, bob] = pages.map(remote) as [Remote, Remote];
	expect(await alice.enter('Alice')).toBe('');
	expect(await bob.enter('Bob')).toBe('');
	for (let n = 0; n < relayCount; n++) expect(await alice.useRelay(await addRelay())).toBe('');
	const space = await alice.createSpace();
	expect(await bob.joinBy(await alice.inviteTo(space))).toBe('');
	await eventually(() => bob.isIn(space), true);
	await eventually(() => alice.network(), 'direct');
	return { alice, bob, pages, space };
}

/** Ends a page as a closed tab does; what it has stored stays with its context. */
async function close({ pages }: Story, n: number): Promise<void> {
	await pages[n]!.goto('about:blank');
}
async function come({ pages }: Story, n: number): Promise<void> {
	const page = pages[n]!;
	await page.goBack();
	await page.waitForFunction(() => 'page' in globalThis);
	expect(await remote(page).enter(null)).toBe('');
}

async function sent({ alice, space }: Story, size = SIZE): Promise<readonly [string, string]> {
	expect(await alice.sendFilm(space, size)).toBe('');
	let last: readonly string[] = [];
	await vi.waitFor(async () => expect((last = await alice.lastFilm(space)).length).toBe(2), SLOW);
	return [last[0]!, last[1]!];
}
const arrived = ({ bob, space }: Story, place: string): Promise<void> =>
	eventually(async () => (await bob.lastFilm(space))[0], place);
const stateOf = async ({ bob, space }: Story, place: string): Promise<string> =>
	(await bob.film(space, place)).state;
const heldBy = async ({ bob, space }: Story, place: string): Promise<number> =>
	(await bob.film(space, place)).done * CHUNKS;

async function expectWhole(of: Story, place: string): Promise<void> {
	await eventually(() => stateOf(of, place), 'whole');
	expect(await of.bob.watchFilm(of.space, place)).toBe(await of.bob.digestOfFilm(0, SIZE));
}

async function onDisk(n: number): Promise<Buffer> {
	const { folder } = relays[n]!;
	const names = (await readdir(folder)).filter((name) => !/-shm$|\.sock$/.test(name));
	return Buffer.concat(await Promise.all(names.map((name) => readFile(join(folder, name)))));
}

describe('files between people', () => {
	it('[FL4] [TW7] go directly, are read before they are whole, and go on when a page is loaded anew', async () => {
		const of = await story(1);
		const { bob, pages, space } = of;
		const [place] = await sent(of);
		await arrived(of, place);
		const start = performance.now();
		expect(await bob.getFilm(space, place)).toBe(true);
		const end = SIZE - 100_000;
		expect(await bob.watchFilm(space, place, end)).toBe(await bob.digestOfFilm(end, SIZE));
		expect(await heldBy(of, place)).toBeLessThan(CHUNKS);
		await vi.waitFor(async () => expect(await heldBy(of, place)).toBeGreaterThan(5), SLOW);
		await pages[1]!.reload();
		await pages[1]!.waitForFunction(() => 'page' in globalThis);
		expect(await remote(pages[1]!).enter(null)).toBe('');
		await expectWhole(of, place);
		console.log(
			`${SIZE} bytes directly, with a reload: ${Math.round(performance.now() - start)} ms`,
		);
	});

	it('[FR3] [FR5] [FR6] reach who was away by two relays, one of which dies, both pages loaded anew', async () => {
		const of = await story(2);
		const { alice, bob, pages, space } = of;
		await close(of, 1);
		await eventually(() => alice.network(), 'alone');
		const begin = performance.now();
		const [place] = await sent(of);
		const leaving = async (): Promise<number> => (await alice.leaving(space, place))?.done ?? 0;
		await vi.waitFor(async () => expect(await leaving()).toBeGreaterThan(0.2), SLOW);
		await pages[0]!.reload();
		await pages[0]!.waitForFunction(() => 'page' in globalThis);
		expect(await alice.enter(null)).toBe('');
		await eventually(async () => (await alice.leaving(space, place))?.state, 'left');
		console.log(`left on two relays in ${Math.round(performance.now() - begin)} ms`);
		await close(of, 0);
		await come(of, 1);
		await arrived(of, place);
		const start = performance.now();
		expect(await bob.getFilm(space, place)).toBe(true);
		await vi.waitFor(async () => expect(await heldBy(of, place)).toBeGreaterThan(3), SLOW);
		await relays[0]!.process.end('SIGKILL');
		await vi.waitFor(async () => expect(await heldBy(of, place)).toBeGreaterThan(8), SLOW);
		await pages[1]!.reload();
		await pages[1]!.waitForFunction(() => 'page' in globalThis);
		expect(await bob.enter(null)).toBe('');
		await expectWhole(of, place);
		console.log(`fetched from relays in ${Math.round(performance.now() - start)} ms`);
	});

	it('[TW6] [FR3] go on by relays when the other page goes, and directly when it comes back', async () => {
		const of = await story(2);
		const { alice, bob, space } = of;
		await close(of, 1);
		const [place] = await sent(of);
		const leaving = async () => (await alice.leaving(space, place))?.state;
		await eventually(leaving, 'left');
		await come(of, 1);
		await eventually(() => alice.network(), 'direct');
		await arrived(of, place);
		expect(await bob.getFilm(space, place)).toBe(true);
		await vi.waitFor(async () => expect(await heldBy(of, place)).toBeGreaterThan(2), SLOW);
		await close(of, 0);
		await expectWhole(of, place);
	});

	it('[TW6] [FR3] go on by relays when the link alone falls midway, and by the next one', async () => {
		const of = await story(2, true);
		const { alice, bob, pages, space } = of;
		const relayed = await hearing(pages[1]!);
		const [place] = await sent(of);
		await arrived(of, place);
		expect(await bob.getFilm(space, place)).toBe(true);
		await vi.waitFor(async () => expect(await heldBy(of, place)).toBeGreaterThan(2), SLOW);
		await pages[1]!.evaluate(() => {
			window.links.areLet = false;
			for (const each of window.links.all) {
				each.close();
				// Who closes it is not told; whose network fails is.
				each.dispatchEvent(new Event('connectionstatechange'));
			}
		});
		await vi.waitFor(async () => expect(await alice.network()).not.toBe('direct'), SLOW);
		const before = await heldBy(of, place);
		expect(before).toBeLessThan(CHUNKS - 6);
		await vi.waitFor(async () => expect(await heldBy(of, place)).toBeGreaterThan(before + 3), SLOW);
		expect(relayed.heard()).toBeGreaterThan(3 * 2 ** 20);
		expect(await alice.network()).not.toBe('direct');
		await relayed.atMost(RELAYED);
		await pages[1]!.evaluate(() => {
			window.links.areLet = true;
		});
		await eventually(() => alice.network(), 'direct');
		await relayed.atMost(-1);
		// What was asked of relays still comes, and the rest by the link.
		const [rest, heard] = [CHUNKS - (await heldBy(of, place)), relayed.heard()];
		expect(rest).toBeGreaterThan(6);
		await expectWhole(of, place);
		expect(relayed.heard() - heard).toBeLessThan((rest / 2) * 2 ** 20);
	});

	it('[TB1] [FR8] leave nothing anywhere after a purge', async () => {
		const of = await story(1);
		const { alice, bob, space } = of;
		await close(of, 1);
		const [place, id] = await sent(of, 3_000_000);
		const leaving = async () => (await alice.leaving(space, place))?.state;
		await eventually(leaving, 'left');
		const { sample } = await alice.chunksHere();
		const bytes = Buffer.from(sample, 'hex');
		expect((await onDisk(0)).includes(bytes)).toBe(true);
		expect(await alice.liesHere(sample)).toBe(true);
		await come(of, 1);
		await arrived(of, place);
		await bob.getFilm(space, place);
		await eventually(() => stateOf(of, place), 'whole');
		expect(await bob.liesHere(sample)).toBe(true);
		expect(await alice.purgeMessage(space, id)).toBe('');
		for (const person of [alice, bob]) {
			await eventually(async () => (await person.chunksHere()).count, 0);
			expect(await person.liesHere(sample)).toBe(false);
		}
		await vi.waitFor(async () => expect((await onDisk(0)).includes(bytes)).toBe(false), SLOW);
	});
});
