// The new device's side of a pairing: reads a code, shows the digits, and is given who its person is and the keys of the
// account space. Until all of that is here, nothing is kept. [PA1] [PA3] [PA5]
import { createIdentity, type NewIdentity } from '#lib/crypto/identity.ts';
import { tokenHash } from '#lib/mailbox/proofs.ts';
import { pairingCommitment, pairingSession } from '#lib/crypto/pairing.ts';
import { enrolContent } from '#lib/protocol/moderation.ts';
import { STOP, type PairingCode, type PairingMessage } from '#lib/protocol/pairing.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { createSignal } from '#lib/util/signal.ts';
import {
	openPairingChannel,
	PAIRING_TIME,
	type PairingChannel,
	type PairingParts,
} from './channel.ts';
import { beginSeries, type PrekeySeries } from '../own-prekeys.ts';
import type { PairingProblem, PairingTake, TakeView } from './pairing.ts';

/** All that makes this installation a device of the person. */
export interface Arrival {
	readonly identity: NewIdentity;
	readonly name: string;
	readonly space: Bytes;
	/** With which this device receives there, and nowhere else. */
	readonly prekeys: PrekeySeries;
	/** This device's own in the account space's mailboxes. */
	readonly token: Bytes;
	/** Join replies, in order. */
	readonly replies: readonly Bytes[];
}

const PROBLEMS: Readonly<Record<number, PairingProblem>> = {
	[STOP.cancelled]: 'cancelled',
	[STOP.mismatch]: 'mismatch',
	[STOP.full]: 'full',
	[STOP.failed]: 'failed',
};
/** How long the other side may take for what nobody has to confirm. */
const ANSWER_WITHIN = 30_000;

/** `keep`: makes it lasting; a problem where that fails. */
export function takePairing(
	parts: PairingParts,
	code: PairingCode,
	deviceName: string,
	keep: (arrival: Arrival) => Promise<PairingProblem | null>,
): PairingTake {
	const { clock, crypto, random, pool } = parts;
	const view = createSignal<TakeView>({ state: 'connecting' });
	const nonce = random.bytes(32);
	const token = random.bytes(32);
	const agreed = crypto.agreementKey(random.bytes(32));
	const replies: Bytes[] = [];
	let channel: PairingChannel | undefined;
	let given: Omit<Arrival, 'replies' | 'token'> | undefined;
	let isRevealed = false;
	let isKeeping = false;
	let ended = false;
	let cancelEnd = (): void => undefined;

	function waitFor(ms: number): void {
		cancelEnd();
		cancelEnd = clock.after(ms, () => {
			fail('expired', { type: 'stop', reason: STOP.failed });
		});
	}
	function finish(last: TakeView, word?: PairingMessage): void {
		if (ended) return;
		ended = true;
		cancelEnd();
		view.set(last);
		void channel?.end(word);
	}
	function fail(problem: PairingProblem, word?: PairingMessage): void {
		finish({ state: 'failed', problem }, word);
	}

	async function hear(message: PairingMessage): Promise<void> {
		if (ended) return;
		switch (message.type) {
			case 'stop':
				fail(PROBLEMS[message.reason] ?? 'failed');
				break;
			case 'nonce':
				if (!isRevealed) await reveal(message.nonce);
				break;
			case 'handover':
				if (isRevealed && given === undefined) await become(message);
				break;
			case 'reply':
				if (given !== undefined) replies.push(message.reply);
				break;
			case 'end':
				if (given !== undefined) await arrive({ ...given, token, replies });
				break;
			default:
		}
	}

	async function reveal(oldNonce: Bytes): Promise<void> {
		isRevealed = true;
		const own = await agreed;
		const revealed = { key: own.publicKey, nonce, deviceName };
		channel?.say({ type: 'reveal', ...revealed });
		const { secret, key: oldKey } = code;
		const session = await pairingSession(
			crypto,
			own,
			{ secret, oldKey, oldNonce, revealed },
			'new',
		);
		if (ended) return;
		if (session === undefined) {
			fail('failed');
			return;
		}
		channel?.seal(session);
		waitFor(PAIRING_TIME);
		view.set({ state: 'compare', digits: session.digits });
	}

	async function become({
		rootSeed,
		name,
		space,
	}: Extract<PairingMessage, { type: 'handover' }>): Promise<void> {
		waitFor(ANSWER_WITHIN);
		view.set({ state: 'receiving' });
		const identity = await createIdentity(crypto, random, clock, name, deviceName, rootSeed);
		const device = await crypto.signingKey(identity.secrets.deviceSeed);
		const { rootKey } = identity.member.certificate;
		const now = Math.max(0, Math.floor(clock.now()));
		const prekeys = await beginSeries({ crypto, random, device, rootKey }, now);
		const member = { ...identity.member, prekey: prekeys.record };
		const hash = await tokenHash(crypto, token);
		const proof = await device.sign(enrolContent(space, { member, tokenHash: hash }));
		given = { identity, name, space, prekeys };
		channel?.say({ type: 'device', member, tokenHash: hash, proof });
	}

	async function arrive(arrival: Arrival): Promise<void> {
		cancelEnd();
		isKeeping = true;
		const problem = await keep(arrival);
		if (problem === null) finish({ state: 'done' });
		else fail(problem);
	}

	async function begin(): Promise<void> {
		const { relay, secret } = code;
		pool.add(relay, 'space');
		const own = await agreed;
		const opened = await openPairingChannel(parts, toHex(relay.key), secret, 'new', hear);
		if (ended) {
			void opened.end();
			return;
		}
		channel = opened;
		const revealed = { key: own.publicKey, nonce, deviceName };
		opened.say({ type: 'commit', commitment: pairingCommitment(crypto, revealed) });
	}

	waitFor(ANSWER_WITHIN);
	void begin();
	return {
		view,
		cancel() {
			if (isKeeping) return;
			fail('cancelled', { type: 'stop', reason: STOP.cancelled });
		},
	};
}
