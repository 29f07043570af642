// Direct links to other devices: runs the link machine of each pair, and finds the link that carries a message. [LK4] [LM1]
import type {
	DirectDialer,
	DirectLink,
	PendingAnswer,
	PendingOffer,
} from '#lib/ports/direct-dialer.ts';
import {
	apart,
	stepLink,
	type LinkEffect,
	type LinkEvent,
	type LinkState,
} from '#lib/mesh/link-machine.ts';
import type { FileReference } from '#lib/protocol/file-frame.ts';
import { SIGNAL_STEP, type SignalStep } from '#lib/protocol/space-message.ts';
import type { ServedFile } from '#lib/transfer/serving.ts';
import { compare, fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';
import { fraction, type Ports, type Self } from '../ports.ts';
import { createFileWays, type FileWays } from './file-ways.ts';
import { startLiveLink, type LinkedSpace, type LiveLink } from './live-link.ts';

export interface LinkEvents {
	/** Carries a step of making a link to the device by any way there is; false when there is none. */
	signal(device: string, attempt: Bytes, step: SignalStep, payload: Bytes): Promise<boolean>;
	spaces(): readonly LinkedSpace[];
	stun(): readonly string[];
	/** A member's device has proven itself for this space on a link. */
	onMember(device: string, space: string): void;
	onEnvelope(device: string, space: string, envelope: Bytes): void;
	/** What the device may have of a file, by the links of the spaces. */
	serveFile(device: string, of: FileReference): Promise<ServedFile | undefined>;
	/** A link that stood is gone, and with it whatever was under way on it. */
	onLost(device: string): void;
	/** Something that people see of links changed. */
	onChange(): void;
}

export interface LinkInfo {
	readonly state: LinkState['state'];
	/** Tries in a row that came to nothing. */
	readonly failures: number;
	readonly roundTripMs: number | null;
}

export interface Links {
	/** The device can be signalled to now: a link is made when one is due. */
	reachable(device: string): void;
	signalled(device: string, attempt: Bytes, step: SignalStep, payload: Bytes): void;
	/** Spaces or their members changed: says hello for those that a link does not carry yet, ends links that serve none. */
	greet(): void;
	/** Whether messages of this space reach the device directly. */
	carries(device: string, space: string): boolean;
	send(device: string, space: string, envelope: Bytes): void;
	/** A relay saw the device go: a link to it is asked for a sign of life. */
	doubt(device: string): void;
	info(device: string): LinkInfo;
	/** The ways by which files go beside the links. */
	readonly files: FileWays;
	stop(): void;
}

/** An offer that nobody answers was lost on its way. */
const ANSWER_WITHIN = 8000;
/** How long a link stands on when no space is shared any more: the last word goes over it. */
const PARTING = 2000;

interface Pair {
	state: LinkState;
	offer: PendingOffer | undefined;
	answer: PendingAnswer | undefined;
	live: LiveLink | undefined;
	cancelWake: (() => void) | undefined;
	reachable: boolean;
	/** No space is shared any longer, and the link about to end. */
	parting: boolean;
}

/** The links of one of this installation's devices. */
export function createLinks(ports: Ports, self: Pick<Self, 'device'>, events: LinkEvents): Links {
	const { clock, random, directDialer } = ports;
	const own = toHex(self.device.publicKey);
	const pairs = new Map<string, Pair>();
	let stopped = false;

	const pairWith = (device: string): Pair => {
		let pair = pairs.get(device);
		if (pair === undefined) {
			pair = {
				state: apart,
				offer: undefined,
				answer: undefined,
				live: undefined,
				cancelWake: undefined,
				reachable: false,
				parting: false,
			};
			pairs.set(device, pair);
		}
		return pair;
	};

	function step(device: string, event: LinkEvent): void {
		if (stopped) return;
		const pair = pairWith(device);
		const context = {
			offers: compare(self.device.publicKey, fromHex(device) ?? new Uint8Array(0)) < 0,
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
				void offer(device, pair, effect.attempt);
				break;
			case 'answer':
				break; // made where the offer's bytes are at hand: in signalled
			case 'refuse':
				void events.signal(
					device,
					toAttempt(effect.attempt),
					SIGNAL_STEP.refuse,
					new Uint8Array(0),
				);
				break;
			case 'abandon':
				pair.offer?.cancel();
				pair.answer?.cancel();
				pair.offer = pair.answer = undefined;
				if (pair.live?.attempt === effect.attempt) {
					endLive(pair, 'replaced');
					events.onLost(device);
				}
				break;
			case 'wake':
				pair.cancelWake?.();
				pair.cancelWake = clock.after(Math.max(0, effect.at - clock.now()), () => {
					if (pair.reachable) tryNow(device);
				});
				break;
		}
	}

	const tryNow = (device: string): void => {
		step(device, { type: 'reachable', attempt: toHex(random.bytes(16)) });
	};

	/** Its code may not be there to be fetched: then an attempt fails, and another follows. */
	const dialerIfAny = (): Promise<DirectDialer | undefined> =>
		directDialer().catch(() => undefined);

	async function offer(device: string, pair: Pair, attempt: string): Promise<void> {
		const dialer = await dialerIfAny();
		const current = (): boolean =>
			pair.state.state === 'offering' && pair.state.attempt === attempt;
		const made = dialer?.available ? await dialer.offer({ stun: events.stun() }) : undefined;
		if (made?.ok !== true) {
			step(device, { type: dialer?.available === false ? 'refused' : 'failed', attempt });
			return;
		}
		if (!current()) {
			made.value.cancel();
			return;
		}
		pair.offer = made.value;
		const sent = await events.signal(
			device,
			toAttempt(attempt),
			SIGNAL_STEP.offer,
			made.value.offer,
		);
		if (!sent) {
			pair.reachable = false;
			step(device, { type: 'unreachable', attempt });
			return;
		}
		// An answer that never comes must not leave the pair waiting for ever.
		clock.after(ANSWER_WITHIN, () => {
			if (pair.offer === made.value) step(device, { type: 'failed', attempt });
		});
	}

	async function answer(
		device: string,
		pair: Pair,
		attempt: string,
		payload: Bytes,
	): Promise<void> {
		const dialer = await dialerIfAny();
		const current = (): boolean =>
			pair.state.state === 'answering' && pair.state.attempt === attempt;
		const made = dialer?.available
			? await dialer.answer(payload, { stun: events.stun() })
			: undefined;
		if (made?.ok !== true) {
			void events.signal(device, toAttempt(attempt), SIGNAL_STEP.refuse, new Uint8Array(0));
			step(device, { type: 'failed', attempt });
			return;
		}
		if (!current()) {
			made.value.cancel();
			return;
		}
		pair.answer = made.value;
		void events.signal(device, toAttempt(attempt), SIGNAL_STEP.answer, made.value.answer);
		const link = await made.value.link;
		if (pair.answer === made.value) pair.answer = undefined;
		if (link.ok) opened(device, pair, attempt, link.value);
		else step(device, { type: 'failed', attempt });
	}

	function opened(device: string, pair: Pair, attempt: string, link: DirectLink): void {
		const expected = pair.state.state !== 'apart' && pair.state.attempt === attempt;
		if (!expected || stopped) {
			link.close('no longer wanted');
			return;
		}
		const live = startLiveLink(ports, self, device, link, attempt, {
			spaces: () => events.spaces(),
			onMember: (space) => {
				events.onMember(device, space);
				events.onChange();
			},
			onEnvelope: (space, envelope) => {
				events.onEnvelope(device, space, envelope);
			},
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
				events.onLost(device);
				events.onChange();
			},
		});
		pair.live = live;
		step(device, { type: 'opened', attempt });
		live.greet();
		events.onChange();
	}

	function endLive(pair: Pair, reason: string): void {
		const { live } = pair;
		pair.live = undefined;
		live?.close(reason);
	}

	/** Ends a link to a device that shares no space any longer. [BN1] */
	function partUnlessShared(device: string, pair: Pair): void {
		const isShared = (): boolean => events.spaces().some((space) => space.has(device));
		if (pair.parting || pair.live === undefined || isShared()) return;
		pair.parting = true;
		clock.after(PARTING, () => {
			pair.parting = false;
			if (stopped || isShared()) return;
			pair.reachable = false;
			pair.live?.close('no space is shared');
		});
	}

	const files = createFileWays(ports, {
		stun: events.stun,
		openStream: async (device) => pairs.get(device)?.live?.openFiles(),
		serve: events.serveFile,
	});

	const toAttempt = (attempt: string): Bytes => fromHex(attempt) ?? new Uint8Array(16);

	return {
		reachable(device) {
			if (device === own) return;
			const pair = pairWith(device);
			pair.reachable = true;
			if (pair.state.state === 'apart') tryNow(device);
		},
		signalled(device, attemptBytes, kind, payload) {
			const attempt = toHex(attemptBytes);
			const pair = pairWith(device);
			pair.reachable = true;
			if (kind === SIGNAL_STEP.offer) {
				const before = pair.state;
				step(device, { type: 'offer', attempt });
				const after = pair.state;
				if (after !== before && after.state === 'answering') {
					void answer(device, pair, attempt, payload);
				}
			} else if (kind === SIGNAL_STEP.refuse) {
				step(device, { type: 'refused', attempt });
			} else if (pair.state.state === 'offering' && pair.state.attempt === attempt) {
				const pending = pair.offer;
				if (pending === undefined) return;
				pair.offer = undefined;
				void pending.accept(payload).then((link) => {
					if (link.ok) opened(device, pair, attempt, link.value);
					else step(device, { type: 'failed', attempt });
				});
			}
		},
		greet() {
			for (const [device, pair] of pairs) {
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
				roundTripMs: pair?.live?.roundTripMs() ?? null,
			};
		},
		files,
		stop() {
			stopped = true;
			files.stop();
			for (const pair of pairs.values()) {
				pair.cancelWake?.();
				pair.offer?.cancel();
				pair.answer?.cancel();
				endLive(pair, 'stopped');
			}
			pairs.clear();
		},
	};
}
