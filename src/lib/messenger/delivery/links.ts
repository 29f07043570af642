// Direct links to other devices: runs the link machine of each pair, carries spaces' messages over what stands, and
// notices when a link has died. [LK1] [LK2] [LK3] [LM1]
import type { DirectLink, PendingAnswer, PendingOffer } from '#lib/ports/direct-dialer.ts';
import {
	apart,
	stepLink,
	type LinkEffect,
	type LinkEvent,
	type LinkState,
} from '#lib/mesh/link-machine.ts';
import { decodeLinkFrame, encodeLinkFrame } from '#lib/protocol/link-frame.ts';
import { label } from '#lib/protocol/labels.ts';
import { SIGNAL_STEP, type SignalStep } from '#lib/protocol/space-message.ts';
import { compare, concat, fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';
import { fraction, type Ports, type Self } from '../ports.ts';

/** A space as far as links care: who it is shared with, and the secret by which its members know each other. */
export interface LinkedSpace {
	readonly key: string;
	readonly spaceKey: Bytes;
	has(device: string): boolean;
}

export interface LinkEvents {
	/** Carries a step of making a link to the device by any way there is; false when there is none. */
	signal(device: string, attempt: Bytes, step: SignalStep, payload: Bytes): Promise<boolean>;
	spaces(): readonly LinkedSpace[];
	stun(): readonly string[];
	/** A member's device has proven itself for this space on a link. */
	onMember(device: string, space: string): void;
	onEnvelope(device: string, space: string, envelope: Bytes): void;
	/** A link that stood is gone, and with it whatever was under way on it. */
	onLost(device: string): void;
	/** Something that people see of links changed. */
	onChange(): void;
}

export interface LinkInfo {
	readonly state: LinkState['state'];
	readonly roundTripMs: number | null;
}

export interface Links {
	/** The device can be signalled to now: a link is made when one is due. */
	reachable(device: string): void;
	signalled(device: string, attempt: Bytes, step: SignalStep, payload: Bytes): void;
	/** Spaces or their members changed: says hello for those that a link does not carry yet. */
	greet(): void;
	/** Whether messages of this space reach the device directly. */
	carries(device: string, space: string): boolean;
	send(device: string, space: string, envelope: Bytes): void;
	info(device: string): LinkInfo;
	stop(): void;
}

const PING_EVERY = 5000;
const DEAD_AFTER = 15_000;
const MAX_BUFFERED = 8 << 20;

interface Live {
	readonly link: DirectLink;
	readonly attempt: string;
	/** Spaces (key → tag) that this side has said hello for. */
	readonly greeted: Map<string, Bytes>;
	/** Spaces by the other side's tag (hex), once its hello has been checked. */
	readonly proven: Map<string, string>;
	heardAt: number;
	pingSentAt: number;
	pingNumber: number;
	roundTripMs: number | null;
	stopHeartbeat: () => void;
}

interface Pair {
	state: LinkState;
	offer: PendingOffer | undefined;
	answer: PendingAnswer | undefined;
	live: Live | undefined;
	cancelWake: (() => void) | undefined;
	reachable: boolean;
}

export function createLinks(ports: Ports, self: Self, events: LinkEvents): Links {
	const { clock, crypto, random, directDialer } = ports;
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
			};
			pairs.set(device, pair);
		}
		return pair;
	};

	const tagOf = (space: LinkedSpace, attempt: string, sender: string): Bytes =>
		crypto.hmac(
			space.spaceKey,
			label('link-tag'),
			fromHex(attempt) ?? new Uint8Array(0),
			fromHex(sender) ?? new Uint8Array(0),
		);

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

	async function offer(device: string, pair: Pair, attempt: string): Promise<void> {
		const dialer = await directDialer();
		const current = (): boolean =>
			pair.state.state === 'offering' && pair.state.attempt === attempt;
		const made = dialer.available ? await dialer.offer({ stun: events.stun() }) : undefined;
		if (made?.ok !== true) {
			step(device, { type: dialer.available ? 'failed' : 'refused', attempt });
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
			step(device, { type: 'failed', attempt });
			return;
		}
		// An answer that never comes must not leave the pair waiting for ever.
		clock.after(DEAD_AFTER, () => {
			if (pair.offer === made.value) step(device, { type: 'failed', attempt });
		});
	}

	async function answer(
		device: string,
		pair: Pair,
		attempt: string,
		payload: Bytes,
	): Promise<void> {
		const dialer = await directDialer();
		const current = (): boolean =>
			pair.state.state === 'answering' && pair.state.attempt === attempt;
		const made = dialer.available
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
		const live: Live = {
			link,
			attempt,
			greeted: new Map(),
			proven: new Map(),
			heardAt: clock.now(),
			pingSentAt: 0,
			pingNumber: 0,
			roundTripMs: null,
			stopHeartbeat: () => undefined,
		};
		pair.live = live;
		link.onFrame = (frame) => {
			live.heardAt = clock.now();
			onFrame(device, live, frame);
		};
		link.onClose = () => {
			live.stopHeartbeat();
			if (pair.live !== live) return;
			pair.live = undefined;
			step(device, { type: 'closed', attempt });
			events.onLost(device);
			events.onChange();
		};
		step(device, { type: 'opened', attempt });
		beat(live);
		greetOn(device, live);
		events.onChange();
	}

	function beat(live: Live): void {
		if (clock.now() - live.heardAt > DEAD_AFTER) {
			live.link.close('silent');
			return;
		}
		live.pingNumber += 1;
		live.pingSentAt = clock.now();
		live.link.send(encodeLinkFrame({ type: 'ping', number: live.pingNumber }));
		live.stopHeartbeat = clock.after(PING_EVERY, () => {
			beat(live);
		});
	}

	function endLive(pair: Pair, reason: string): void {
		const live = pair.live;
		pair.live = undefined;
		live?.stopHeartbeat();
		live?.link.close(reason);
	}

	function greetOn(device: string, live: Live): void {
		for (const space of events.spaces()) {
			if (live.greeted.has(space.key) || !space.has(device)) continue;
			const tag = tagOf(space, live.attempt, own);
			live.greeted.set(space.key, tag);
			void self.device.sign(concat(label('link-hello'), tag)).then((signature) => {
				live.link.send(
					encodeLinkFrame({ type: 'hello', tag, device: self.device.publicKey, signature }),
				);
			});
		}
	}

	function onFrame(device: string, live: Live, bytes: Bytes): void {
		const decoded = decodeLinkFrame(bytes);
		if (!decoded.ok) {
			live.link.close('malformed frame');
			return;
		}
		const frame = decoded.value;
		switch (frame.type) {
			case 'ping':
				live.link.send(encodeLinkFrame({ type: 'pong', number: frame.number }));
				break;
			case 'pong':
				if (frame.number === live.pingNumber) {
					live.roundTripMs = live.link.roundTrip() ?? clock.now() - live.pingSentAt;
					events.onChange();
				}
				break;
			case 'hello':
				void checkHello(device, live, frame.tag, frame.device, frame.signature);
				break;
			case 'space': {
				const space = live.proven.get(toHex(frame.tag));
				if (space !== undefined) events.onEnvelope(device, space, frame.envelope);
				break;
			}
		}
	}

	async function checkHello(
		device: string,
		live: Live,
		tag: Bytes,
		claimed: Bytes,
		signature: Bytes,
	): Promise<void> {
		if (toHex(claimed) !== device || live.proven.size > 1024) return;
		const space = events
			.spaces()
			.find((each) => toHex(tagOf(each, live.attempt, device)) === toHex(tag));
		if (space === undefined || !space.has(device)) return;
		if (!(await crypto.verify(claimed, concat(label('link-hello'), tag), signature))) return;
		live.proven.set(toHex(tag), space.key);
		greetOn(device, live);
		events.onMember(device, space.key);
		events.onChange();
	}

	const toAttempt = (attempt: string): Bytes => fromHex(attempt) ?? new Uint8Array(16);
	const liveWith = (device: string): Live | undefined => pairs.get(device)?.live;
	const provenFor = (live: Live, space: string): boolean =>
		live.greeted.has(space) && [...live.proven.values()].includes(space);

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
				if (pair.live !== undefined) greetOn(device, pair.live);
			}
		},
		carries(device, space) {
			const live = liveWith(device);
			return live !== undefined && provenFor(live, space) && live.link.buffered() < MAX_BUFFERED;
		},
		send(device, space, envelope) {
			const live = liveWith(device);
			const tag = live?.greeted.get(space);
			if (live === undefined || tag === undefined) return;
			live.link.send(encodeLinkFrame({ type: 'space', tag, envelope }));
		},
		info(device) {
			const pair = pairs.get(device);
			return {
				state: pair?.state.state ?? 'apart',
				roundTripMs: pair?.live?.roundTripMs ?? null,
			};
		},
		stop() {
			stopped = true;
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
