// The old device's side of a pairing: shows a code, answers the first device that reads it, and once the person has said
// that both screens show the same, hands over who they are and lets the new device into the account space. [PA1] [PA3] [PA5]
import { pairingCommitment, pairingSession } from '#lib/crypto/pairing.ts';
import { encodePairingLink, STOP, type PairingMessage, type Stop } from '#lib/protocol/pairing.ts';
import type { EnrolRequest } from '#lib/protocol/space-message.ts';
import type { RelayAddress } from '#lib/protocol/relay-address.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import { createSignal } from '#lib/util/signal.ts';
import {
	openPairingChannel,
	PAIRING_TIME,
	type PairingChannel,
	type PairingParts,
} from './channel.ts';
import type { OfferView, PairingOffer, PairingProblem } from './pairing.ts';

/** How often a relay is looked for, ms, and how many times. */
const RELAY_PACE = 500;
const RELAY_TRIES = 20;

/** What is handed over once the person has agreed. */
export interface Handover {
	readonly rootSeed: Bytes;
	readonly name: string;
	/** Id of the account space. */
	readonly space: Bytes;
}

export interface OfferEvents {
	/** One that is connected now; undefined where none is. */
	relay(): RelayAddress | undefined;
	/** undefined: it could not be made ready. */
	handover(): Promise<Handover | undefined>;
	/** Lets the device into the account space: the join replies that take it there; null where there is no room. */
	letIn(request: EnrolRequest): Promise<readonly Bytes[] | null>;
}

export function offerPairing(
	parts: PairingParts,
	origin: string,
	events: OfferEvents,
): PairingOffer {
	const { clock, crypto, random } = parts;
	const view = createSignal<OfferView>({ state: 'starting' });
	const secret = random.bytes(32);
	const nonce = random.bytes(32);
	const agreed = crypto.agreementKey(random.bytes(32));
	let channel: PairingChannel | undefined;
	let commitment: Bytes | undefined;
	let handed: Handover | undefined;
	let ended = false;
	const cancelEnd = clock.after(PAIRING_TIME, () => {
		fail('expired', STOP.failed);
	});

	function finish(last: OfferView, word?: PairingMessage): void {
		if (ended) return;
		ended = true;
		cancelEnd();
		view.set(last);
		void channel?.end(word);
	}
	function fail(problem: PairingProblem, reason?: Stop): void {
		const word = reason === undefined ? undefined : ({ type: 'stop', reason } as const);
		finish({ state: 'failed', problem }, word);
	}

	async function hear(message: PairingMessage): Promise<void> {
		if (ended) return;
		if (message.type === 'stop') {
			fail(message.reason === STOP.cancelled ? 'cancelled' : 'failed');
		} else if (message.type === 'commit' && commitment === undefined) {
			commitment = message.commitment;
			channel?.say({ type: 'nonce', nonce });
		} else if (message.type === 'reveal' && view.get().state === 'waiting') {
			await onReveal(message);
		} else if (message.type === 'device' && handed !== undefined) {
			await onDevice(handed.space, message);
		}
	}

	async function onReveal(revealed: Extract<PairingMessage, { type: 'reveal' }>): Promise<void> {
		const expected = pairingCommitment(crypto, revealed);
		if (commitment === undefined || !equal(expected, commitment)) {
			fail('mismatch', STOP.mismatch);
			return;
		}
		const own = await agreed;
		const transcript = { secret, oldKey: own.publicKey, oldNonce: nonce, revealed };
		const session = await pairingSession(crypto, own, transcript, 'old');
		if (ended) return;
		if (session === undefined) {
			fail('failed', STOP.failed);
			return;
		}
		channel?.seal(session);
		const { deviceName } = revealed;
		view.set({ state: 'compare', digits: session.digits, deviceName });
	}

	async function handOver(deviceName: string): Promise<void> {
		view.set({ state: 'handing-over', deviceName });
		const made = await events.handover();
		if (ended) return;
		if (made === undefined) {
			fail('storage', STOP.failed);
			return;
		}
		handed = made;
		channel?.say({ type: 'handover', ...made });
	}

	async function onDevice(
		space: Bytes,
		{ member, tokenHash, proof }: Extract<PairingMessage, { type: 'device' }>,
	): Promise<void> {
		handed = undefined;
		const replies = await events.letIn({ space, member, tokenHash, proof });
		if (ended) return;
		if (replies === null) {
			fail('full', STOP.full);
			return;
		}
		for (const reply of replies) channel?.say({ type: 'reply', reply });
		const deviceName = member.certificate.deviceName;
		finish({ state: 'done', deviceName }, { type: 'end' });
	}

	/** A relay may be on its way up, as after a start. */
	async function begin(tries = RELAY_TRIES): Promise<void> {
		const address = events.relay();
		if (ended) return;
		if (address === undefined) {
			if (tries > 0) clock.after(RELAY_PACE, () => void begin(tries - 1));
			else fail('no-relay');
			return;
		}
		const { publicKey } = await agreed;
		const opened = await openPairingChannel(parts, toHex(address.key), secret, 'old', hear);
		if (ended) {
			void opened.end();
			return;
		}
		channel = opened;
		const code = { secret, key: publicKey, relay: address };
		const link = encodePairingLink(origin, code, (bytes) => crypto.sha256(bytes));
		view.set({ state: 'waiting', link, until: clock.now() + PAIRING_TIME });
	}

	void begin();

	return {
		view,
		confirm(same) {
			const now = view.get();
			if (ended || now.state !== 'compare') return;
			if (same) void handOver(now.deviceName);
			else fail('mismatch', STOP.mismatch);
		},
		cancel() {
			fail('cancelled', STOP.cancelled);
		},
	};
}
