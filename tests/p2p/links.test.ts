// Two pages of a real browser that share nothing; offers and answers pass through the test.
import { once } from 'node:events';
import { WebSocketServer } from 'ws';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { MAX_LINK_FRAME } from '#lib/p2p/frame-stream.ts';
import { decodeSignal, encodeSignal } from '#lib/p2p/signal.ts';
import { fromBase64Url, fromHex, toBase64Url } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';
import { remote, startHarness, type Harness, type Remote } from './browser.ts';
import type { Page as BrowserPage } from 'playwright-core';

let harness: Harness;
let pages: BrowserPage[] = [];

beforeAll(async () => {
	harness = await startHarness();
});
afterAll(() => harness.stop());
afterEach(async () => {
	const open = pages.filter((page) => !page.isClosed());
	pages = [];
	for (const page of open) {
		if (!crashed.has(page)) expect(await remote(page).errors()).toEqual([]);
		await page.context().close();
	}
});
const crashed = new WeakSet<BrowserPage>();

async function two(): Promise<{ alice: Remote; bob: Remote }> {
	pages = [await harness.open(), await harness.open()];
	const [alice, bob] = pages.map(remote);
	return { alice: alice!, bob: bob! };
}

/** Opens a link by the `index`th offer and answer; milliseconds from the first call to both sides having it. */
async function link(alice: Remote, bob: Remote, index = 0): Promise<number> {
	const start = performance.now();
	const offer = await alice.offer();
	const answer = await bob.answer(offer);
	const both = await Promise.all([alice.accept(index, answer), bob.linked(index)]);
	expect(both).toEqual([expect.any(Number), expect.any(Number)]);
	return performance.now() - start;
}

const settled = (check: () => Promise<void>, timeout = 30_000): Promise<void> =>
	vi.waitFor(check, { timeout, interval: 20 });

/** The signal with some of it exchanged. */
function altered(
	signal: string,
	change: (bytes: { peerKey: Uint8Array; fingerprint: Uint8Array }) => void,
): string {
	const decoded = unwrap(decodeSignal(fromBase64Url(signal)!));
	change({ peerKey: decoded.peerKey, fingerprint: decoded.session.fingerprint });
	return toBase64Url(encodeSignal(decoded));
}

/** A key that nobody here has: the public one of test 1 in RFC 8032 §7.1. */
const NOBODY = fromHex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a')!;

describe('direct links', () => {
	it('[DL1] [DL2] [DL9] opens within a second from one offer and one answer', async () => {
		const { alice, bob } = await two();
		const times = [await link(alice, bob), await link(alice, bob, 1), await link(bob, alice)].map(
			Math.round,
		);
		const offer = await alice.offer();
		const candidates = unwrap(decodeSignal(fromBase64Url(offer)!)).session.candidates.length;
		const bytes = fromBase64Url(offer)!.length;
		console.log(`open: ${times.join(', ')} ms; offer of ${bytes} bytes, ${candidates} addresses`);
		expect(Math.min(...times)).toBeLessThan(1000);
		expect(bytes).toBeLessThanOrEqual(200);
	});

	it('[DL10] [DL11] carries frames of every size both ways', async () => {
		const { alice, bob } = await two();
		await link(alice, bob);
		const sizes = [1, 2, 127, 128, 16_383, 16_384, 65_500, 65_536, 200_000, 262_144, 0].concat(
			MAX_LINK_FRAME,
		);
		await Promise.all([alice.sendSizes(0, sizes), bob.sendSizes(0, [...sizes].reverse())]);
		await settled(async () => {
			expect(await bob.status(0)).toMatchObject({ sizes, wrong: 0, closes: [] });
			expect(await alice.status(0)).toMatchObject({ sizes: [...sizes].reverse(), wrong: 0 });
		});
	});

	it('[DL10] keeps 10,000 small frames in order', async () => {
		const { alice, bob } = await two();
		await link(alice, bob);
		const start = performance.now();
		await alice.sendNumbers(0, 10_000);
		await settled(async () => expect((await bob.status(0)).last).toBe(9999));
		console.log(`10,000 frames of 4 bytes: ${Math.round(performance.now() - start)} ms`);
		expect((await bob.status(0)).wrong).toBe(0);
	});

	it('[DL11] [DL14] carries 16 MB and tells how', async () => {
		const { alice, bob } = await two();
		await link(alice, bob);
		const start = performance.now();
		const most = await alice.sendMuch(0, 256, 65_536);
		await settled(async () => expect((await bob.status(0)).bytes).toBe(16_777_216));
		const seconds = (performance.now() - start) / 1000;
		expect((await bob.status(0)).wrong).toBe(0);
		expect(most).toBeLessThan(3_000_000);
		await settled(async () => expect((await alice.status(0)).buffered).toBe(0));
		expect(await alice.route(0)).toMatch(/^(host|prflx)\/udp$/);
		await settled(async () => expect((await alice.status(0)).roundTrip).toBeTypeOf('number'));
		const times = await bob.echo(0).then(() => alice.roundTrips(0, 50));
		times.sort((a, b) => a - b);
		console.log(
			`16 MB: ${(16.78 / seconds).toFixed(1)} MB/s; frame there and back ${times[25]!.toFixed(1)} ms; ` +
				`measured ${String((await alice.status(0)).roundTrip)} ms, ${await alice.route(0)}`,
		);
	});

	it('[DL4] refuses what answers something else, and still takes the right answer', async () => {
		const { alice, bob } = await two();
		const first = await alice.offer();
		const second = await alice.offer();
		const toFirst = await bob.answer(first);
		const toSecond = await bob.answer(second);
		expect(await alice.accept(1, toFirst)).toMatch(/^!bad-signal/);
		expect(await alice.accept(1, second)).toMatch(/^!bad-signal/);
		expect(await alice.accept(1, 'AAAA')).toMatch(/^!bad-signal/);
		expect(await bob.answer(toFirst)).toMatch(/^!bad-signal/);
		expect(await alice.answer(first)).toMatch(/^!bad-signal/);
		expect(await alice.accept(1, toSecond)).toBe(0);
		expect(await alice.accept(1, toSecond)).toMatch(/^!failed: answered before/);
		await alice.cancelOffer(0);
		expect(await alice.accept(0, toFirst)).toBe('!failed: cancelled');
	});

	it('[DL8] refuses a peer with another key than the answer says', async () => {
		const { alice, bob } = await two();
		const forged = altered(await bob.answer(await alice.offer()), ({ peerKey }) => {
			peerKey.set(NOBODY);
		});
		const [opened, linked] = await Promise.all([alice.accept(0, forged), bob.linked(0)]);
		expect(opened).toMatch(/^!failed: .*key/i);
		expect(linked).toMatch(/^!failed/);
	});

	it('[DL8] refuses a peer with another key than the offer says', async () => {
		const { alice, bob } = await two();
		const forged = altered(await alice.offer(), ({ peerKey }) => {
			peerKey.set(NOBODY);
		});
		const answer = await bob.answer(forged);
		const [opened, linked] = await Promise.all([alice.accept(0, answer), bob.linked(0)]);
		expect(linked).toMatch(/^!failed: .*key/i);
		expect(opened).toMatch(/^!failed/);
	});

	it('[DL3] [DL9] refuses a connection with another certificate', async () => {
		const { alice, bob } = await two();
		const forged = altered(await bob.answer(await alice.offer()), ({ fingerprint }) => {
			fingerprint[0]! ^= 1;
		});
		const start = performance.now();
		const [opened, linked] = await Promise.all([alice.accept(0, forged), bob.linked(0)]);
		expect(opened).toMatch(/^!(failed|timeout)/);
		expect(linked).toMatch(/^!(failed|timeout)/);
		expect(performance.now() - start).toBeLessThan(16_000);
	});

	it('[DL9] ends an attempt that nobody answers after 15 s', async () => {
		const { alice, bob } = await two();
		await bob.answer(await alice.offer());
		const start = performance.now();
		expect(await bob.linked(0)).toMatch(/^!timeout/);
		expect(performance.now() - start).toBeLessThan(16_000);
	});

	it('[DL12] tells both sides of a close once, after what was sent', async () => {
		const { alice, bob } = await two();
		await link(alice, bob);
		await alice.sendSizes(0, [200_000, 3]);
		await alice.close(0, 'enough');
		await alice.close(0, 'again');
		await settled(async () => {
			expect(await alice.status(0)).toMatchObject({ closes: ['enough'] });
			expect(await bob.status(0)).toMatchObject({
				closes: ['closed by the other side'],
				sizes: [200_000, 3],
				wrong: 0,
			});
		}, 5000);
		await bob.sendSizes(0, [1]);
		await bob.close(0, 'late');
		expect((await bob.status(0)).closes).toHaveLength(1);
	});

	it('[DL13] notices within seconds that a page is gone', async () => {
		const { alice, bob } = await two();
		await link(alice, bob);
		const start = performance.now();
		await pages[1]!.close();
		await settled(async () => expect((await alice.status(0)).closes).toHaveLength(1), 20_000);
		console.log(
			`page closed: ${Math.round(performance.now() - start)} ms, ${(await alice.status(0)).closes.join()}`,
		);
	});

	it('[DL13] notices that a page has crashed', async () => {
		const { alice, bob } = await two();
		await link(alice, bob);
		const [, other] = pages;
		crashed.add(other!);
		const start = performance.now();
		void other!.goto('chrome://crash').catch(() => {});
		await settled(async () => expect((await alice.status(0)).closes).toHaveLength(1), 25_000);
		console.log(
			`page crashed: ${Math.round(performance.now() - start)} ms, ${(await alice.status(0)).closes.join()}`,
		);
	});

	it('[DL6] goes on without a STUN server that does not answer', async () => {
		const { alice, bob } = await two();
		const stun = ['stun:192.0.2.77:3478', 'turn:192.0.2.77', 'stun:nonsense here'];
		const start = performance.now();
		const offer = await alice.offer(stun);
		expect(performance.now() - start).toBeLessThan(2500);
		const answer = await bob.answer(offer, stun);
		expect(await Promise.all([alice.accept(0, answer), bob.linked(0)])).toEqual([0, 0]);
	});
});

describe('relay channels', () => {
	it('[DL16] tell a page from https that it may not use plain ws', async () => {
		pages = [await harness.open({ secure: true })];
		expect(await remote(pages[0]!).dialRelay('ws://192.0.2.1:4000')).toBe('insecure');
	});

	it('[DL16] open where there is a relay, and nowhere else', async () => {
		pages = [await harness.open()];
		const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
		await once(server, 'listening');
		const { port } = server.address() as { port: number };
		const page = remote(pages[0]!);
		expect(await page.dialRelay(`ws://127.0.0.1:${port}`)).toBe('open');
		for (const client of server.clients) client.terminate();
		await new Promise((resolve) => {
			server.close(resolve);
		});
		expect(await page.dialRelay(`ws://127.0.0.1:${port}`)).toBe('unreachable');
	});
});
