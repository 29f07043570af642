// Stories about Alice, who offers, and Bob, who answers, over connections in memory and real encryption.
import { describe, expect, it } from 'vitest';
import { createFakeRtc, type FakeRtc } from '../../support/fake-rtc.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { createDirectDialer } from '#lib/p2p/direct-dialer.ts';
import { MAX_LINK_FRAME } from '#lib/p2p/frame-stream.ts';
import { decodeSignal, encodeSignal } from '#lib/p2p/signal.ts';
import type { DirectDialer, DirectLink } from '#lib/ports/direct-dialer.ts';
import { equal, fromHex, type Bytes } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';
import { until } from '../../support/until.ts';

interface World {
	readonly clock: ManualClock;
	readonly rtc: FakeRtc;
	readonly alice: DirectDialer;
	readonly bob: DirectDialer;
}

function world(): World {
	const clock = createManualClock();
	const rtc = createFakeRtc();
	const random = { bytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)) };
	const dialer = (): DirectDialer => createDirectDialer({ clock, random, rtc: rtc.constructor });
	return { clock, rtc, alice: dialer(), bob: dialer() };
}

const NO_STUN = { stun: [] };
/** A key that nobody here has: the public one of test 1 in RFC 8032 §7.1. */
const NOBODY = fromHex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a')!;

async function exchange({ alice, bob }: World) {
	const offer = unwrap(await alice.offer(NO_STUN));
	const answer = unwrap(await bob.answer(offer.offer, NO_STUN));
	return { offer, answer };
}

interface Heard {
	readonly frames: Bytes[];
	readonly closes: string[];
}

function listen(link: DirectLink): Heard {
	const heard: Heard = { frames: [], closes: [] };
	link.onFrame = (frame) => heard.frames.push(frame);
	link.onClose = (reason) => heard.closes.push(reason);
	return heard;
}

async function linked(at: World) {
	const { offer, answer } = await exchange(at);
	const [atAlice, atBob] = await Promise.all([offer.accept(answer.answer), answer.link]);
	return { toBob: unwrap(atAlice), toAlice: unwrap(atBob) };
}

describe('a direct link', () => {
	it('[DL9] [DL10] opens, and carries frames both ways', async () => {
		const { toBob, toAlice } = await linked(world());
		const atBob = listen(toAlice);
		const atAlice = listen(toBob);
		const large = new Uint8Array(MAX_LINK_FRAME).map((_, i) => i % 253);
		toBob.send(Uint8Array.of(1));
		toBob.send(large);
		toBob.send(new Uint8Array());
		toAlice.send(Uint8Array.of(2));
		expect(toBob.buffered()).toBeGreaterThanOrEqual(MAX_LINK_FRAME);
		await until(() => {
			expect(atBob.frames.map(({ length }) => length)).toEqual([1, MAX_LINK_FRAME, 0]);
			expect(atAlice.frames).toEqual([Uint8Array.of(2)]);
		});
		expect(equal(atBob.frames[1]!, large)).toBe(true);
		expect(toBob.buffered()).toBe(0);
	});

	it('[DL10] keeps frames until somebody takes them', async () => {
		const at = world();
		const { toBob, toAlice } = await linked(at);
		toBob.send(Uint8Array.of(1));
		toBob.send(Uint8Array.of(2));
		const sent = at.rtc.made[0]!.channel.messageSizes.length;
		await until(() => {
			expect(at.rtc.made[0]!.channel.messageSizes.length).toBeGreaterThan(sent);
		});
		const atBob = listen(toAlice);
		await until(() => expect(atBob.frames).toEqual([Uint8Array.of(1), Uint8Array.of(2)]));
	});

	it('[DL11] sends messages of at most 16 KiB and ends at a larger one', async () => {
		const at = world();
		const { toBob, toAlice } = await linked(at);
		const atBob = listen(toAlice);
		toBob.send(new Uint8Array(200_000));
		await until(() => expect(atBob.frames).toHaveLength(1));
		expect(Math.max(...at.rtc.made[0]!.channel.messageSizes)).toBe(16_384);
		at.rtc.made[1]!.channel.receive(new ArrayBuffer(16_385));
		await until(() => expect(atBob.closes).toHaveLength(1));
	});

	it('[DL11] ends at text', async () => {
		const at = world();
		const { toAlice } = await linked(at);
		const atBob = listen(toAlice);
		at.rtc.made[1]!.channel.receive('text');
		await until(() => expect(atBob.closes).toHaveLength(1));
	});

	it('[DL12] ends once for each side, after what was sent', async () => {
		const { toBob, toAlice } = await linked(world());
		const atAlice = listen(toBob);
		const atBob = listen(toAlice);
		toBob.send(Uint8Array.of(9));
		toBob.close('enough');
		toBob.close('again');
		toBob.send(Uint8Array.of(8));
		expect(atAlice.closes).toEqual(['enough']);
		await until(() => expect(atBob.closes).toEqual(['closed by the other side']));
		expect(atBob.frames).toEqual([Uint8Array.of(9)]);
		toAlice.close('late');
		expect(atBob.closes).toHaveLength(1);
	});

	it('[DL12] frees the connection after 2 s when the other side takes nothing', async () => {
		const at = world();
		const { toBob } = await linked(at);
		const [connection] = at.rtc.made;
		connection!.channel.close = () => {};
		toBob.close('enough');
		// Lets everything that is not waiting for time happen.
		for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
		expect(connection!.connectionState).toBe('connected');
		at.clock.advance(2000);
		await until(() => expect(connection!.connectionState).toBe('closed'));
	});

	it('[DL12] tells of an end that came before anybody listened', async () => {
		const at = world();
		const { toBob } = await linked(at);
		at.rtc.made[0]!.become('failed');
		const atAlice = listen(toBob);
		await until(() => expect(atAlice.closes).toEqual(['connection failed']));
	});

	it('[DL13] ends when the connection has failed', async () => {
		const at = world();
		const { toBob } = await linked(at);
		const atAlice = listen(toBob);
		at.rtc.made[0]!.become('failed');
		expect(atAlice.closes).toEqual(['connection failed']);
		expect(at.rtc.made[0]!.connectionState).toBe('closed');
	});

	it('[DL13] survives an interruption of less than 10 s, and no longer one', async () => {
		const at = world();
		const { toBob } = await linked(at);
		const atAlice = listen(toBob);
		const connection = at.rtc.made[0]!;
		connection.become('disconnected');
		at.clock.advance(9999);
		connection.become('connected');
		at.clock.advance(20_000);
		expect(atAlice.closes).toEqual([]);
		connection.become('disconnected');
		at.clock.advance(10_000);
		expect(atAlice.closes).toEqual(['connection lost']);
	});

	it('[DL14] tells the way and the round trip, as often as it is measured', async () => {
		const at = world();
		const { toBob } = await linked(at);
		expect(await toBob.route()).toBe('unknown');
		const [connection] = at.rtc.made;
		const pair = { id: 'P', type: 'candidate-pair', localCandidateId: 'L', remoteCandidateId: 'R' };
		connection!.stats = [
			{ id: 'T', type: 'transport', selectedCandidatePairId: 'P' },
			{ ...pair, currentRoundTripTime: 0.042 },
			{ id: 'L', type: 'local-candidate', candidateType: 'host', protocol: 'udp' },
			{ id: 'R', type: 'remote-candidate', candidateType: 'srflx', protocol: 'udp' },
		];
		expect(await toBob.route()).toBe('srflx/udp');
		expect(toBob.roundTrip()).toBeUndefined();
		at.clock.advance(3000);
		await until(() => expect(toBob.roundTrip()).toBe(42));
	});
});

describe('an attempt', () => {
	it('[DL6] asks the STUN servers it was given and nobody else', async () => {
		const at = world();
		await at.alice.offer(NO_STUN);
		await at.alice.offer({
			stun: ['stun:relay.example:3478', 'stun:[2001:db8::1]:3478', 'turn:x.example', 'https://x'],
		});
		expect(at.rtc.made.map(({ configuration }) => configuration.iceServers)).toEqual([
			[],
			[{ urls: ['stun:relay.example:3478', 'stun:[2001:db8::1]:3478'] }],
		]);
	});

	it.each([
		['1 s after the first address', 1000, ['host', 'host'], 1],
		['50 ms after one of several STUN servers has told one', 50, ['host', 'srflx'], 2],
		['10 ms after the only one has told one', 10, ['host', 'srflx'], 1],
		['10 ms after the first of the machine’s own that comes later', 10, ['srflx', 'host'], 1],
		['50 ms after what the only one has told, where there is none', 50, ['srflx'], 1],
	])('[DL7] makes its signal %s, though others may follow', async (_, wait, found, servers) => {
		const at = world();
		at.rtc.slowGathering = true;
		const stun = ['stun:relay.example:3478', 'stun:other.example:3478'].slice(0, servers);
		let offered = false;
		const offer = at.alice.offer({ stun }).then((made) => {
			offered = true;
			return made;
		});
		await until(() => expect(at.rtc.made[0]?.localDescription).toBeTruthy());
		await new Promise((resolve) => setImmediate(resolve));
		for (const type of found) at.rtc.made[0]!.findCandidate(type);
		at.clock.advance(wait - 1);
		await new Promise((resolve) => setImmediate(resolve));
		expect(offered).toBe(false);
		at.clock.advance(1);
		expect((await offer).ok).toBe(true);
	});

	it('[DL7] ends after 3 s where there is no address', async () => {
		const at = world();
		at.rtc.slowGathering = true;
		at.rtc.candidates = [];
		const offer = at.alice.offer(NO_STUN);
		await until(() => expect(at.rtc.made[0]?.localDescription).toBeTruthy());
		await new Promise((resolve) => setImmediate(resolve));
		at.clock.advance(3000);
		expect(await offer).toMatchObject({
			ok: false,
			error: { type: 'no-address', detail: 'no network address' },
		});
		expect(at.rtc.made[0]!.connectionState).toBe('closed');
	});

	it('[DL9] ends after 15 s on both sides when they do not meet', async () => {
		const at = world();
		at.rtc.partitioned = true;
		const { offer, answer } = await exchange(at);
		const accepted = offer.accept(answer.answer);
		await new Promise((resolve) => setImmediate(resolve));
		at.clock.advance(14_999);
		expect(at.rtc.made.map(({ connectionState }) => connectionState)).toEqual(['new', 'new']);
		at.clock.advance(1);
		for (const result of [await accepted, await answer.link]) {
			expect(result).toMatchObject({ ok: false, error: { type: 'timeout' } });
		}
		expect(at.rtc.made.map(({ connectionState }) => connectionState)).toEqual(['closed', 'closed']);
	});

	it('[DL9] ends when the channel opens and the other side says nothing', async () => {
		const at = world();
		const { offer, answer } = await exchange(at);
		const [connection, other] = at.rtc.made;
		other!.channel.receive = () => {};
		const accepted = offer.accept(answer.answer);
		await until(() => expect(connection!.channel.messageSizes.length).toBeGreaterThan(0));
		at.clock.advance(15_000);
		expect(await accepted).toMatchObject({ ok: false, error: { type: 'timeout' } });
		expect((await answer.link).ok).toBe(false);
	});

	it('[DL4] takes the answer to its own offer only, once', async () => {
		const at = world();
		const { offer, answer } = await exchange(at);
		const { offer: second, answer: toSecond } = await exchange(at);
		const badSignal = { ok: false, error: { type: 'bad-signal' } };
		expect(await offer.accept(toSecond.answer)).toMatchObject(badSignal);
		expect(await offer.accept(second.offer)).toMatchObject(badSignal);
		expect(await offer.accept(Uint8Array.of(1))).toMatchObject(badSignal);
		expect(await at.bob.answer(answer.answer, NO_STUN)).toMatchObject(badSignal);
		expect(await at.alice.answer(offer.offer, NO_STUN)).toMatchObject(badSignal);
		expect((await offer.accept(answer.answer)).ok).toBe(true);
		expect(await offer.accept(answer.answer)).toMatchObject({ error: { type: 'failed' } });
	});

	it.each(['offer', 'answer'])(
		'[DL8] refuses a peer with another key than the %s says',
		async (at) => {
			const { alice, bob } = world();
			const forge = (signal: Bytes, forged: boolean): Bytes => {
				const decoded = unwrap(decodeSignal(signal));
				return encodeSignal(forged ? { ...decoded, peerKey: NOBODY } : decoded);
			};
			const offer = unwrap(await alice.offer(NO_STUN));
			const answer = unwrap(await bob.answer(forge(offer.offer, at === 'offer'), NO_STUN));
			const results = await Promise.all([
				offer.accept(forge(answer.answer, at === 'answer')),
				answer.link,
			]);
			expect(results.map(({ ok }) => ok)).toEqual([false, false]);
		},
	);

	it('[DL8] shows the same key for each link of a page, and another on the next page', async () => {
		const at = world();
		const keyOf = async (dialer: DirectDialer): Promise<Bytes> =>
			unwrap(decodeSignal(unwrap(await dialer.offer(NO_STUN)).offer)).peerKey;
		expect(await keyOf(at.alice)).toEqual(await keyOf(at.alice));
		expect(await keyOf(at.alice)).not.toEqual(await keyOf(at.bob));
	});

	it('can be given up from both sides', async () => {
		const at = world();
		at.rtc.partitioned = true;
		const { offer, answer } = await exchange(at);
		const accepted = offer.accept(answer.answer);
		offer.cancel();
		answer.cancel();
		for (const result of [await accepted, await answer.link]) {
			expect(result).toMatchObject({ ok: false, error: { detail: 'cancelled' } });
		}
		expect((await offer.accept(answer.answer)).ok).toBe(false);
		expect(at.rtc.made.map(({ connectionState }) => connectionState)).toEqual(['closed', 'closed']);
	});

	it('leaves an open link alone when it is given up late', async () => {
		const at = world();
		const { offer, answer } = await exchange(at);
		const [atAlice] = await Promise.all([offer.accept(answer.answer), answer.link]);
		offer.cancel();
		answer.cancel();
		at.clock.advance(20_000);
		expect(listen(unwrap(atAlice)).closes).toEqual([]);
		expect(at.rtc.made[0]!.connectionState).toBe('connected');
	});

	it('says so where there is no WebRTC', async () => {
		const { clock } = world();
		const dialer = createDirectDialer({
			clock,
			random: { bytes: (length) => new Uint8Array(length) },
		});
		expect(dialer.available).toBe(false);
		expect(await dialer.offer(NO_STUN)).toMatchObject({ error: { type: 'unsupported' } });
		expect(await dialer.answer(new Uint8Array(), NO_STUN)).toMatchObject({
			error: { type: 'unsupported' },
		});
	});
});
