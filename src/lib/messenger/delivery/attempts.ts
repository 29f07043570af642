// Attempts at links: makes offers and answers, has them carried, and hands over what opens. One at a time for each device
// (hex); which one that is, the link machine says. [LM5]
import type { LinkEvent } from '#lib/mesh/link-machine.ts';
import type {
	DirectDialer,
	DirectLink,
	PendingAnswer,
	PendingOffer,
} from '#lib/ports/direct-dialer.ts';
import { SIGNAL_STEP, type SignalStep } from '#lib/protocol/space-message.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import type { Ports } from '../ports.ts';

export interface AttemptEvents {
	/** False when nothing reaches the device. */
	signal(device: string, attempt: string, step: SignalStep, payload: Bytes): Promise<boolean>;
	stun(): readonly string[];
	/** Whether this attempt is what the pair is at now. */
	isCurrent(device: string, state: 'offering' | 'answering', attempt: string): boolean;
	step(device: string, event: LinkEvent): void;
	/** The offer could not be carried to the device. */
	onUnheard(device: string): void;
	onOpened(device: string, attempt: string, link: DirectLink): void;
}

export interface Attempts {
	offer(device: string, attempt: string): Promise<void>;
	answer(device: string, attempt: string, offer: Bytes): Promise<void>;
	/** The answer to the present offer has come. */
	accept(device: string, attempt: string, answer: Bytes): Promise<void>;
	abandon(device: string): void;
	stop(): void;
}

/** An offer that nobody answers was lost on its way. */
const ANSWER_WITHIN = 8000;
const NOTHING = new Uint8Array(0);

export function createAttempts(
	{ clock, directDialer }: Pick<Ports, 'clock' | 'directDialer'>,
	{ signal, stun, isCurrent, step, onUnheard, onOpened }: AttemptEvents,
): Attempts {
	const offers = new Map<string, PendingOffer>();
	const answers = new Map<string, PendingAnswer>();

	/** Its code may not be there to be fetched: then an attempt fails, and another follows. */
	const dialerIfAny = (): Promise<DirectDialer | undefined> =>
		directDialer().catch(() => undefined);

	function abandon(device: string): void {
		offers.get(device)?.cancel();
		answers.get(device)?.cancel();
		offers.delete(device);
		answers.delete(device);
	}

	return {
		async offer(device, attempt) {
			const dialer = await dialerIfAny();
			if (!isCurrent(device, 'offering', attempt)) return;
			const made = dialer?.available ? await dialer.offer({ stun: stun() }) : undefined;
			if (made?.ok !== true) {
				step(device, { type: dialer?.available === false ? 'refused' : 'failed', attempt });
				return;
			}
			const pending = made.value;
			if (!isCurrent(device, 'offering', attempt)) {
				pending.cancel();
				return;
			}
			offers.set(device, pending);
			if (!(await signal(device, attempt, SIGNAL_STEP.offer, pending.offer))) {
				onUnheard(device);
				step(device, { type: 'unreachable', attempt });
				return;
			}
			// An answer that never comes must not leave the pair waiting for ever.
			clock.after(ANSWER_WITHIN, () => {
				if (offers.get(device) === pending) step(device, { type: 'failed', attempt });
			});
		},
		async answer(device, attempt, offer) {
			const dialer = await dialerIfAny();
			if (!isCurrent(device, 'answering', attempt)) return;
			const made = dialer?.available ? await dialer.answer(offer, { stun: stun() }) : undefined;
			if (made?.ok !== true) {
				void signal(device, attempt, SIGNAL_STEP.refuse, NOTHING);
				step(device, { type: 'failed', attempt });
				return;
			}
			const pending = made.value;
			if (!isCurrent(device, 'answering', attempt)) {
				pending.cancel();
				return;
			}
			answers.set(device, pending);
			void signal(device, attempt, SIGNAL_STEP.answer, pending.answer);
			const link = await pending.link;
			if (answers.get(device) === pending) answers.delete(device);
			if (link.ok) onOpened(device, attempt, link.value);
			else step(device, { type: 'failed', attempt });
		},
		async accept(device, attempt, answer) {
			const pending = offers.get(device);
			if (pending === undefined) return;
			offers.delete(device);
			const link = await pending.accept(answer);
			if (link.ok) onOpened(device, attempt, link.value);
			else step(device, { type: 'failed', attempt });
		},
		abandon,
		stop() {
			for (const device of [...offers.keys(), ...answers.keys()]) abandon(device);
		},
	};
}
