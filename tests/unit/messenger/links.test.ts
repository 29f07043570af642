// The links of one device, with another one that is played by hand: offers that come again, reasons to try anew, and
// addresses that are to stay hidden.
import { describe, expect, it } from 'vitest';
import { createLinks } from '#lib/messenger/delivery/links.ts';
import type { LinkedSpace } from '#lib/messenger/delivery/live-link.ts';
import type { Links } from '#lib/messenger/delivery/links.ts';
import { createFlowChannel } from '#lib/p2p/flow-channel.ts';
import type { Ports } from '#lib/messenger/ports.ts';
import type { DirectDialer } from '#lib/ports/direct-dialer.ts';
import { SIGNAL_STEP, type SignalStep } from '#lib/protocol/space-message.ts';
import { fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';
import { ok } from '#lib/util/result.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { bytesOf, crypto } from '../../support/mailbox-world.ts';

const SEEDS = [bytesOf(1), bytesOf(2)];

interface Sent {
	readonly step: SignalStep;
	readonly attempt: string;
	readonly payload: Bytes;
}

interface Scene {
	readonly links: Links;
	readonly clock: ManualClock;
	readonly sent: Sent[];
	/** What the dialer was asked for, and what was given up. */
	readonly dialed: string[];
	readonly other: string;
	/** Lets everything happen that is due, and what follows. */
	settle(): Promise<void>;
	hides: boolean;
	/** Both are members of a space. */
	shares: boolean;
	/** The space has room for the link, and would choose it. */
	welcome: boolean;
}

/** `offers`: the device is the one of the two that makes the offers. */
async function scene(offers: boolean): Promise<Scene> {
	const keys = await Promise.all(SEEDS.map((seed) => crypto.signingKey(seed)));
	const sorted = keys.sort((a, b) => (toHex(a.publicKey) < toHex(b.publicKey) ? -1 : 1));
	const [device, them] = offers ? sorted : sorted.toReversed();
	const clock = createManualClock();
	const sent: Sent[] = [];
	const dialed: string[] = [];
	const dialer: DirectDialer = {
		available: true,
		bulk: undefined as never,
		probe: undefined as never,
		offer() {
			dialed.push('offer');
			return Promise.resolve(
				ok({
					offer: bytesOf(7),
					accept: () => new Promise<never>(() => undefined),
					cancel: () => void dialed.push('given up'),
				}),
			);
		},
		answer() {
			dialed.push('answer');
			return Promise.resolve(
				ok({
					answer: bytesOf(8),
					link: new Promise<never>(() => undefined),
					cancel: () => void dialed.push('given up'),
				}),
			);
		},
	};
	let drawn = 0;
	const random = { bytes: (length: number) => new Uint8Array(length).fill(++drawn) };
	const ports = { clock, crypto, random, directDialer: () => Promise.resolve(dialer) };
	const made: Scene = {
		clock,
		sent,
		dialed,
		other: toHex(them!.publicKey),
		hides: false,
		shares: true,
		welcome: true,
		async settle() {
			for (let turn = 0; turn < 20; turn++) await Promise.resolve();
			clock.advance(0);
			for (let turn = 0; turn < 20; turn++) await Promise.resolve();
		},
		links: createLinks(
			ports as unknown as Ports,
			{ device: device! },
			{
				signal(_device, attempt, step, payload) {
					sent.push({ step, attempt: toHex(attempt), payload });
					return Promise.resolve(true);
				},
				spaces: () => (made.shares ? [{ has: () => true } as unknown as LinkedSpace] : []),
				isHidden: () => made.hides,
				stun: () => [],
				takesDirect: () => true,
				wants: () => made.welcome,
				welcomes: () => made.welcome,
				onMember: () => undefined,
				onEnvelope: () => undefined,
				serveFile: () => Promise.resolve(undefined),
				onLost: () => undefined,
				onChange: () => undefined,
			},
		),
	};
	return made;
}

const offer = (name: number, time: number) => ({
	...{ attempt: bytesOf(name).slice(0, 16), step: SIGNAL_STEP.offer },
	...{ payload: bytesOf(9), time },
});
const attemptOf = (name: number): string => toHex(bytesOf(name).slice(0, 16));

describe('an offer that comes again', () => {
	it('[LM6] ends no attempt and no link', async () => {
		const { links, settle, dialed, other } = await scene(false);
		links.signalled(other, offer(1, 1000));
		await settle();
		links.signalled(other, offer(2, 2000));
		await settle();
		expect(dialed).toEqual(['answer', 'given up', 'answer']);
		for (const [name, time] of [
			[1, 1000],
			[2, 2000],
			[3, 1999],
		] as const) {
			links.signalled(other, offer(name, time));
			await settle();
		}
		expect(dialed).toHaveLength(3);
		expect(links.info(other).state).toBe('answering');
	});
});

describe('a link that no space chose', () => {
	it('[LC3] is refused when it is offered, and not tried again', async () => {
		const made = await scene(false);
		const { links, settle, dialed, sent, other } = made;
		made.welcome = false;
		links.signalled(other, offer(1, 1000));
		await settle();
		expect(dialed).toEqual([]);
		expect(sent.map(({ step }) => step)).toEqual([SIGNAL_STEP.refuse]);
	});

	it('[LC2] is asked for where the other side is the one to offer, every ten seconds at most', async () => {
		const { links, clock, settle, sent, other } = await scene(false);
		for (let n = 0; n < 5; n++) links.reachable(other, true);
		await settle();
		expect(sent.map(({ step }) => step)).toEqual([SIGNAL_STEP.ask]);
		clock.advance(10_000);
		links.reachable(other, true);
		expect(sent).toHaveLength(2);
	});

	it('[LC5] is made when it is needed, and welcome for ten minutes', async () => {
		const made = await scene(false);
		const { links, settle, dialed, sent, other } = made;
		made.welcome = false;
		links.need(other);
		await settle();
		expect(sent.map(({ step }) => step)).toEqual([SIGNAL_STEP.ask]);
		links.signalled(other, offer(1, 1000));
		await settle();
		expect(dialed).toEqual(['answer']);
		const late = await scene(false);
		late.welcome = false;
		late.links.need(late.other);
		late.clock.advance(600_000);
		late.links.signalled(late.other, offer(1, 1000));
		await late.settle();
		expect(late.dialed).toEqual([]);
	});
});

describe('a reason to try anew', () => {
	it('[LM7] ends the waiting: the device that came back is offered a link at once', async () => {
		const { links, clock, settle, dialed, other, sent } = await scene(true);
		links.reachable(other);
		await settle();
		links.signalled(other, {
			...{ attempt: fromHex(sent[0]!.attempt)!, step: SIGNAL_STEP.refuse },
			...{ payload: new Uint8Array(0), time: 0 },
		});
		expect(links.info(other).state).toBe('apart');
		clock.advance(60_000);
		await settle();
		expect(dialed).toEqual(['offer', 'given up']);
		links.returned(other);
		await settle();
		expect(dialed).toEqual(['offer', 'given up', 'offer']);
	});

	it('[LM7] counts three times at once and then once in five seconds, whoever gives it', async () => {
		const { links, clock, settle, dialed, other } = await scene(true);
		const ask = { attempt: bytesOf(3).slice(0, 16), step: SIGNAL_STEP.ask, time: 0 };
		const offers = (): number => dialed.filter((step) => step === 'offer').length;
		const askOften = async (): Promise<void> => {
			for (let times = 0; times < 50; times++) {
				links.signalled(other, { ...ask, payload: new Uint8Array(0) });
				clock.advance(1);
				await settle();
			}
		};
		await askOften();
		expect(offers()).toBe(3);
		for (let more = 1; more <= 4; more++) {
			clock.advance(5000);
			await settle();
			await askOften();
			expect(offers()).toBe(3 + more);
		}
	});

	it('[LM7] is told by an ASK where the other side is the one that offers', async () => {
		const { links, settle, dialed, other, sent } = await scene(false);
		links.reachable(other);
		links.moved();
		await settle();
		expect(sent.map(({ step }) => step)).toEqual([SIGNAL_STEP.ask]);
		expect(dialed).toEqual([]);
	});
});

describe('what carries files beside a link', () => {
	it('[TW10] ends for whom the address is hidden from now on, and for whom shares no space', async () => {
		for (const end of [{ hides: true }, { shares: false }]) {
			const made = await scene(true);
			const closed: string[] = [];
			const { link } = createFlowChannel({
				send: () => undefined,
				buffered: () => 0,
				close: (reason) => closed.push(reason),
			});
			made.links.reachable(made.other);
			await made.settle();
			made.links.files.opened(made.other, link);
			made.links.greet();
			expect(closed).toEqual([]);
			Object.assign(made, end);
			made.links.greet();
			expect(closed).toHaveLength(1);
		}
	});
});

describe('who hides their address', () => {
	it('[HI1] makes no connection and says nothing of it, whoever offers', async () => {
		for (const offers of [true, false]) {
			const made = await scene(offers);
			const { links, settle, dialed, other, sent } = made;
			made.hides = true;
			links.reachable(other);
			links.returned(other);
			links.moved();
			links.signalled(other, offer(1, 1000));
			await settle();
			expect(dialed).toEqual([]);
			expect(sent).toEqual([
				{ step: SIGNAL_STEP.refuse, attempt: attemptOf(1), payload: Uint8Array.of(1) },
			]);
			expect(links.info(other).hidden).toBe('here');
		}
	});

	it('[HI1] gives up what is under way, and begins again once it is no longer wanted', async () => {
		const made = await scene(true);
		const { links, clock, settle, dialed, other } = made;
		links.reachable(other);
		await settle();
		made.hides = true;
		links.greet();
		await settle();
		expect(dialed).toEqual(['offer', 'given up']);
		clock.advance(1_200_000);
		await settle();
		expect(dialed).toHaveLength(2);
		made.hides = false;
		links.greet();
		await settle();
		expect(dialed).toEqual(['offer', 'given up', 'offer']);
	});

	it('[HI1] is linked once it is no longer wanted, though it was from the start', async () => {
		for (const offers of [true, false]) {
			const made = await scene(offers);
			made.hides = true;
			made.links.reachable(made.other);
			await made.settle();
			made.hides = false;
			made.links.greet();
			await made.settle();
			if (offers) expect(made.dialed).toEqual(['offer']);
			else expect(made.sent.map(({ step }) => step)).toEqual([SIGNAL_STEP.ask]);
		}
	});

	it('[HI1] [LM3] is known to do so by the one whose offer is refused', async () => {
		const { links, settle, other, sent } = await scene(true);
		links.reachable(other);
		await settle();
		links.signalled(other, {
			...{ attempt: fromHex(sent[0]!.attempt)!, step: SIGNAL_STEP.refuse },
			...{ payload: Uint8Array.of(1), time: 0 },
		});
		expect(links.info(other).hidden).toBe('there');
	});
});
