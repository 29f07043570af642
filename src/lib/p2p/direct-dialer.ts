// Makes direct links out of one offer and one answer, sent whole. [DL1] [DL4] [DL6] [DL7]
// Carries neither: it hands bytes out and takes bytes in, and believes nothing that the connection doesn't prove.
import { createAttempt, type Attempt } from './attempt.ts';
import { probeDirect } from './direct-probe.ts';
import { createDirectNode, type DirectNode, type Side } from './direct-node.ts';
import { gatherCandidates } from './ice-gathering.ts';
import { readDescription, writeDescription } from './session-description.ts';
import { decodeSignal, encodeSignal, type Signal } from './signal.ts';
import { usableStun } from './stun-url.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type {
	DirectDialer,
	DirectError,
	DirectOptions,
	Meeting,
	PendingAnswer,
	PendingOffer,
} from '#lib/ports/direct-dialer.ts';
import type { Random } from '#lib/ports/random.ts';
import { equal, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

export interface DirectDialerDependencies {
	readonly clock: Clock;
	readonly random: Random;
	/** The browser's, unless a test has its own. */
	readonly rtc?: typeof RTCPeerConnection | undefined;
}

/** What is made of an attempt once both sides have each other's word. */
type Opening<L> = (
	attempt: Attempt,
	own: DirectNode,
	peer: Bytes,
	side: Side,
) => Promise<Result<L, DirectError>>;

const CANCELLED: DirectError = { type: 'failed', detail: 'cancelled' };

export function createDirectDialer({
	clock,
	random,
	rtc = globalThis.RTCPeerConnection,
}: DirectDialerDependencies): DirectDialer {
	let node: Promise<DirectNode> | undefined;

	/** The node and a connection to use with it. */
	async function begin(
		options: DirectOptions,
	): Promise<Result<{ node: DirectNode; attempt: Attempt }, DirectError>> {
		if (rtc === undefined) return err({ type: 'unsupported', detail: 'no WebRTC here' });
		try {
			node ??= createDirectNode(random);
			const started = await node;
			const stun = usableStun(options.stun);
			return ok({ node: started, attempt: createAttempt(rtc, stun, clock, options.patience) });
		} catch (cause) {
			return err(failed(cause));
		}
	}

	/** Describes this side, once its addresses are known. */
	async function describe(
		{ connection, failure }: Attempt,
		peerKey: Signal['peerKey'],
		answers: string | null,
	): Promise<Result<{ signal: Signal; mid: string }, DirectError>> {
		await connection.setLocalDescription(
			answers === null ? await connection.createOffer() : await connection.createAnswer(),
		);
		await gatherCandidates(connection, clock);
		const given = failure();
		if (given !== undefined) return err(given);
		const described = readDescription(connection.localDescription?.sdp ?? '');
		if (described === undefined) return err({ type: 'failed', detail: 'unknown description' });
		const { half: session, mid } = described;
		if (session.candidates.length === 0) {
			return err({ type: 'no-address', detail: 'no network address' });
		}
		return ok({ signal: { peerKey, session, answers }, mid });
	}

	async function offer<L>(
		options: DirectOptions,
		open: Opening<L>,
	): Promise<Result<PendingOffer<L>, DirectError>> {
		const begun = await begin(options);
		if (!begun.ok) return begun;
		const { node: own, attempt } = begun.value;
		const described = await describe(attempt, own.peerKey, null).catch(toError);
		if (!described.ok) return err(attempt.fail(described.error));
		const { signal, mid } = described.value;
		let accepted = false;
		return ok({
			offer: encodeSignal(signal),
			accept: async (encoded) => {
				const answer = readSignal(encoded, own);
				if (!answer.ok) return answer;
				const { answers, peerKey, session } = answer.value;
				if (answers !== signal.session.ufrag) {
					return err(badSignal(answers === null ? 'an offer' : 'the answer to another offer'));
				}
				if (accepted) return err({ type: 'failed', detail: 'answered before' });
				accepted = true;
				const applied = await apply(attempt, 'answer', writeDescription(session, mid));
				return applied.ok ? open(attempt, own, peerKey, 'offering') : applied;
			},
			cancel: () => {
				attempt.fail(CANCELLED);
			},
		});
	}

	async function answer<L>(
		encoded: Uint8Array,
		options: DirectOptions,
		open: Opening<L>,
	): Promise<Result<PendingAnswer<L>, DirectError>> {
		const begun = await begin(options);
		if (!begun.ok) return begun;
		const { node: own, attempt } = begun.value;
		const offered = readSignal(encoded, own);
		if (!offered.ok) return err(attempt.fail(offered.error));
		const { answers, peerKey, session } = offered.value;
		if (answers !== null) return err(attempt.fail(badSignal('an answer')));
		const applied = await apply(attempt, 'offer', writeDescription(session, '0'));
		if (!applied.ok) return applied;
		const described = await describe(attempt, own.peerKey, session.ufrag).catch(toError);
		if (!described.ok) return err(attempt.fail(described.error));
		return ok({
			answer: encodeSignal(described.value.signal),
			link: open(attempt, own, peerKey, 'answering'),
			cancel: () => {
				attempt.fail(CANCELLED);
			},
		});
	}

	const meeting = <L>(open: Opening<L>): Meeting<L> => ({
		offer: (options) => offer(options, open),
		answer: (encoded, options) => answer(encoded, options, open),
	});
	return {
		available: rtc !== undefined,
		...meeting((attempt, own, peer, side) => attempt.open(own, peer, side)),
		bulk: meeting((attempt) => attempt.openBulk()),
		probe: (stun) => probeDirect(rtc, clock, usableStun(stun)),
	};
}

/** A signal of somebody else. */
function readSignal(encoded: Uint8Array, own: DirectNode): Result<Signal, DirectError> {
	const decoded = decodeSignal(encoded);
	if (!decoded.ok) return err(badSignal(decoded.error.detail));
	if (equal(decoded.value.peerKey, own.peerKey)) return err(badSignal('from this very page'));
	return decoded;
}

/** Gives the browser the other side's description; one that it doesn't take ends the attempt. */
async function apply(
	attempt: Attempt,
	type: 'offer' | 'answer',
	sdp: string,
): Promise<Result<void, DirectError>> {
	const given = attempt.failure();
	if (given !== undefined) return err(given);
	try {
		await attempt.connection.setRemoteDescription({ type, sdp });
		return ok();
	} catch (cause) {
		return err(attempt.fail(badSignal(failed(cause).detail)));
	}
}

const badSignal = (detail: string): DirectError => ({ type: 'bad-signal', detail });

const failed = (cause: unknown): DirectError => ({
	type: 'failed',
	detail: cause instanceof Error ? cause.message : String(cause),
});

const toError = (cause: unknown): Result<never, DirectError> => err(failed(cause));
