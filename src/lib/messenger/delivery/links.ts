// Direct links to other devices: runs the link machine of each pair, and finds the link that carries a message. [LK4] [LM1]
import type { DirectLink } from '#lib/ports/direct-dialer.ts';
import {
	apart,
	stepLink,
	type LinkEffect,
	type LinkEvent,
	type LinkState,
} from '#lib/mesh/link-machine.ts';
import { createAllowance } from '#lib/mesh/allowance.ts';
import { createOfferMemory, type OfferMemory } from '#lib/mesh/offer-memory.ts';
import { REFUSED_BY_CHOICE, SIGNAL_STEP, type SignalStep } from '#lib/protocol/space-message.ts';
import { compare, fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';
import { fraction, type Ports, type Self } from '../ports.ts';
import { createAttempts } from './attempts.ts';
import { createLinkWishes } from './link-wishes.ts';
import type { LinkEvents, Links, Visit } from './links-face.ts';
import { createFileWays } from './file-ways.ts';
import { startLiveLink, type LiveLink } from './live-link.ts';
import { countLink, createTally, type Tally } from './traffic.ts';

export type * from './links-face.ts';

/** A reason to try anew counts once in this time, ms: whoever gives reasons costs others no more than that. */
const RENEW_EVERY = 5000;
/** But for the first few: a page may be loaded twice in a row. */
const RENEW_AT_ONCE = 3;
/** How long a link stands on when no space is shared any more: the last word goes over it. */
const PARTING = 2000;

interface Pair {
	state: LinkState;
	live: LiveLink | undefined;
	cancelWake: (() => void) | undefined;
	reachable: boolean;
	cancelRenew: (() => void) | undefined;
	/** The other side refuses links by choice. */
	refuses: boolean;
	/** This side hid from the other when it last looked. */
	hidden: boolean;
	readonly offers: OfferMemory;
	readonly tally: Tally;
	/** No space is shared any longer, and the link about to end. */
	parting: boolean;
	/** What is said on it beside any space. */
	visit: Visit | undefined;
}

/** The links of one of this installation's devices. */
export function createLinks(ports: Ports, self: Pick<Self, 'device'>, events: LinkEvents): Links {
	const { clock, random } = ports;
	const own = toHex(self.device.publicKey);
	const pairs = new Map<string, Pair>();
	const wishes = createLinkWishes(clock, events);
	const renewals = createAllowance(RENEW_AT_ONCE, 1000 / RENEW_EVERY);
	let stopped = false;

	const isHidden = (device: string): boolean => events.isHidden?.(device) === true;
	const pairWith = (device: string): Pair => {
		let pair = pairs.get(device);
		if (pair === undefined) {
			pair = {
				state: apart,
				live: undefined,
				cancelWake: undefined,
				reachable: false,
				cancelRenew: undefined,
				refuses: false,
				hidden: isHidden(device),
				offers: createOfferMemory(),
				tally: createTally(),
				parting: false,
				visit: undefined,
			};
			pairs.set(device, pair);
		}
		return pair;
	};

	const offersTo = (device: string): boolean =>
		compare(self.device.publicKey, fromHex(device) ?? new Uint8Array(0)) < 0;

	function step(device: string, event: LinkEvent): void {
		if (stopped) return;
		const pair = pairWith(device);
		const context = {
			offers: offersTo(device),
			now: clock.now(),
			jitter: fraction(random),
		};
		const [state, effects] = stepLink(pair.state, event, context);
		const changed = state.state !== pair.state.state;
		pair.state = state;
		for (const effect of effects) perform(device, pair, effect);
		if (changed) events.onChange();
	}

	function perform(device: string, pair: Pair, effect: LinkEffect): void {
		switch (effect.type) {
			case 'offer':
				void attempts.offer(device, effect.attempt);
				break;
			case 'answer':
				break; // made where the offer's bytes are at hand: in signalled
			case 'refuse':
				signal(device, effect.attempt, SIGNAL_STEP.refuse);
				break;
			case 'abandon':
				attempts.abandon(device);
				if (pair.live?.attempt === effect.attempt) {
					endLive(pair, 'replaced');
					events.onLost(device);
				}
				break;
			case 'wake':
				pair.cancelWake?.();
				pair.cancelWake = clock.after(Math.max(0, effect.at - clock.now()), () => {
					if (pair.reachable && wishes.isWelcome(device)) tryNow(device);
				});
				break;
		}
	}

	const signal = (device: string, attempt: string, kind: SignalStep, ...payload: number[]): void =>
		void events.signal(device, toAttempt(attempt), kind, Uint8Array.from(payload));

	const tryNow = (device: string): void => {
		if (!isHidden(device)) step(device, { type: 'reachable', attempt: toHex(random.bytes(16)) });
	};

	/** There is a reason to try anew, soon: whoever answers asks the other side to. */
	function renew(device: string, pair: Pair, asks: boolean): void {
		if (pair.cancelRenew !== undefined || isHidden(device)) return;
		const isDue = renewals.take(device, 1, clock.now());
		pair.cancelRenew = clock.after(isDue ? 0 : RENEW_EVERY, () => {
			pair.cancelRenew = undefined;
			if (!isDue) renewals.take(device, 1, clock.now());
			if (stopped || !pair.reachable || isHidden(device) || !wishes.isWelcome(device)) return;
			const attempt = toHex(random.bytes(16));
			step(device, { type: 'renewed', attempt });
			if (asks && pair.state.state === 'apart') signal(device, attempt, SIGNAL_STEP.ask);
		});
	}

	function opened(device: string, attempt: string, link: DirectLink): void {
		const pair = pairWith(device);
		const expected = pair.state.state !== 'apart' && pair.state.attempt === attempt;
		if (!expected || stopped) {
			link.close('no longer wanted');
			return;
		}
		const live = startLiveLink(ports, self, device, countLink(link, pair.tally), attempt, {
			spaces: () => events.spaces(),
			onMember: (space) => {
				events.onMember(device, space);
				events.onChange();
			},
			onEnvelope: (space, envelope) => {
				events.onEnvelope(device, space, envelope);
			},
			onMeeting: (message) => pair.visit?.onMessage(message),
			onFiles: (channel) => {
				files.opened(device, channel);
			},
			onChange: () => {
				events.onChange();
			},
			onClose: () => {
				if (pair.live !== live) return;
				pair.live = undefined;
				files.linkLost(device);
				step(device, { type: 'closed', attempt });
				pair.visit?.onEnd();
				events.onLost(device);
				events.onChange();
			},
		});
		pair.live = live;
		pair.refuses = false;
		step(device, { type: 'opened', attempt });
		live.greet();
		events.onChange();
	}

	function endLive(pair: Pair, reason: string): void {
		const { live } = pair;
		pair.live = undefined;
		live?.close(reason);
	}

	/** Ends a link to a device that shares no space any longer, and what carries files beside it. [BN1] */
	function partUnlessShared(device: string, pair: Pair): void {
		const isShared = (): boolean => events.spaces().some((space) => space.has(device));
		if (pair.visit !== undefined || isShared()) return;
		// Nobody is told anything over that one.
		if (pair.live === undefined) files.part(device);
		if (pair.parting || pair.live === undefined) return;
		pair.parting = true;
		clock.after(PARTING, () => {
			pair.parting = false;
			if (stopped || pair.visit !== undefined || isShared()) return;
			pair.reachable = false;
			pair.live?.close('no space is shared');
			files.part(device);
		});
	}

	/** Ends what shows this device's address to whom it is hidden from now on, and begins what may be again. */
	function hideOrShow(device: string, pair: Pair): void {
		const hides = isHidden(device);
		if (hides) {
			attempts.abandon(device);
			if (pair.state.state === 'offering' || pair.state.state === 'answering') {
				step(device, { type: 'failed', attempt: pair.state.attempt });
			}
			pair.live?.close('hidden');
			files.part(device);
		} else if (pair.hidden && pair.reachable) renew(device, pair, true);
		pair.hidden = hides;
	}

	const attempts = createAttempts(ports, {
		signal: (device, attempt, kind, payload) =>
			events.signal(device, toAttempt(attempt), kind, payload),
		stun: events.stun,
		isCurrent: (device, state, attempt) => {
			const now = pairs.get(device)?.state;
			return now?.state === state && now.attempt === attempt;
		},
		step,
		onUnheard(device) {
			pairWith(device).reachable = false;
		},
		onOpened: opened,
	});

	const files = createFileWays(ports, {
		stun: events.stun,
		openStream: async (device) => pairs.get(device)?.live?.openFiles(),
		serve: events.serveFile,
		tally: (device) => pairWith(device).tally,
	});

	const toAttempt = (attempt: string): Bytes => fromHex(attempt) ?? new Uint8Array(16);

	return {
		adopt(device, attempt, link, visit) {
			const pair = pairWith(device);
			pair.visit = visit;
			step(device, { type: 'met', attempt });
			opened(device, attempt, link);
			return {
				say: (message) => pair.live?.meet(message),
				end() {
					if (pair.visit === visit) pair.visit = undefined;
					partUnlessShared(device, pair);
				},
			};
		},
		reachable(device, asks = false) {
			if (device === own) return;
			const pair = pairWith(device);
			pair.reachable = true;
			if (pair.state.state !== 'apart') return;
			tryNow(device);
			if (!asks || offersTo(device) || isHidden(device) || !wishes.mayAsk(device)) return;
			signal(device, toHex(random.bytes(16)), SIGNAL_STEP.ask);
		},
		need(device) {
			wishes.need(device);
			if (!events.wants(device)) this.reachable(device, true);
		},
		release(device) {
			const pair = pairs.get(device);
			if (pair?.live === undefined || wishes.isWanted(device)) return;
			pair.reachable = false;
			pair.live.close('there are enough');
		},
		returned(device) {
			if (device === own) return;
			const pair = pairWith(device);
			pair.reachable = true;
			renew(device, pair, false);
		},
		moved() {
			for (const [device, pair] of pairs) if (pair.reachable) renew(device, pair, true);
		},
		probe() {
			for (const { live } of pairs.values()) live?.doubt();
		},
		signalled(device, { attempt: named, step: kind, payload, time }) {
			const attempt = toHex(named);
			const pair = pairWith(device);
			pair.reachable = true;
			if (kind === SIGNAL_STEP.refuse) {
				if (pair.state.state === 'offering' && pair.state.attempt === attempt) {
					pair.refuses = payload[0] === REFUSED_BY_CHOICE;
				}
				step(device, { type: 'refused', attempt });
			} else if (kind === SIGNAL_STEP.ask) {
				if (offersTo(device)) renew(device, pair, false);
			} else if (kind === SIGNAL_STEP.answer) {
				if (pair.state.state === 'offering' && pair.state.attempt === attempt) {
					void attempts.accept(device, attempt, payload);
				}
			} else if (isHidden(device)) {
				signal(device, attempt, SIGNAL_STEP.refuse, REFUSED_BY_CHOICE);
			} else if (pair.state.state === 'apart' && !wishes.isWelcome(device)) {
				signal(device, attempt, SIGNAL_STEP.refuse);
			} else if (pair.offers.take(attempt, time, pair.state.state !== 'apart')) {
				step(device, { type: 'offer', attempt });
				if (pair.state.state === 'answering' && pair.state.attempt === attempt) {
					void attempts.answer(device, attempt, payload);
				}
			}
		},
		greet() {
			for (const [device, pair] of pairs) {
				hideOrShow(device, pair);
				pair.live?.greet();
				partUnlessShared(device, pair);
			}
		},
		carries: (device, space) => pairs.get(device)?.live?.carries(space) ?? false,
		send(device, space, envelope) {
			pairs.get(device)?.live?.send(space, envelope);
		},
		doubt(device) {
			pairs.get(device)?.live?.doubt();
		},
		info(device) {
			const pair = pairs.get(device);
			const link = pair?.state ?? apart;
			return {
				state: link.state,
				failures: link.state === 'open' ? 0 : link.failures,
				isDue: link.state === 'apart' && link.retryAt <= clock.now(),
				retryAt: link.state === 'apart' && link.failures > 0 ? link.retryAt : null,
				roundTripMs: pair?.live?.roundTripMs() ?? null,
				path: pair?.live?.path() ?? null,
				traffic: pair ? { ...pair.tally } : null,
				hidden: isHidden(device) ? 'here' : pair?.refuses === true ? 'there' : null,
			};
		},
		takesDirect: (amongOwn) => events.takesDirect(amongOwn),
		files,
		stop() {
			stopped = true;
			files.stop();
			attempts.stop();
			for (const pair of pairs.values()) {
				pair.cancelWake?.();
				pair.cancelRenew?.();
				endLive(pair, 'stopped');
			}
			pairs.clear();
		},
	};
}
