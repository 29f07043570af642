// One attempt at a link: owns the peer connection and its channel until the link takes them over. [DL1] [DL9] [DL13] [DL19] [BU1]
import { createDirectLink } from './direct-link.ts';
import { createBulkChannel } from './bulk-channel.ts';
import { MAX_CANDIDATES } from './session-description.ts';
import { readPath, watchConnection, type PathReport } from './link-health.ts';
import type { DirectNode, Side } from './direct-node.ts';
import type { FlowChannel } from '#lib/ports/channel.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { DirectError, DirectLink } from '#lib/ports/direct-dialer.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

/** From the moment both sides can know each other, in milliseconds. */
const OPEN_WITHIN = 15_000;
/** The same where people carry signals: who answered may have been waiting for minutes. */
const OPEN_WITHIN_BY_HAND = 30_000;

export interface Attempt {
	readonly connection: RTCPeerConnection;
	/** Why it was given up, once it was. */
	failure(): DirectError | undefined;
	/** Gives up and frees everything. The first error stays; after the link has opened this does nothing. */
	fail(error: DirectError): DirectError;
	/** Waits for the channel, proves the peer, and hands over. Never rejects; at most 15 s. */
	open(node: DirectNode, expected: Bytes, side: Side): Promise<Result<DirectLink, DirectError>>;
	/** The same without proof of the peer: who carried the signals answers for that. [BU1] */
	openBulk(): Promise<Result<FlowChannel, DirectError>>;
}

/** Throws what the browser throws when it refuses the configuration. */
export function createAttempt(
	rtc: typeof RTCPeerConnection,
	stun: readonly string[],
	clock: Clock,
	patience?: number,
): Attempt {
	const connection = new rtc({ iceServers: stun.length === 0 ? [] : [{ urls: [...stun] }] });
	const channel = connection.createDataChannel('aegis', { negotiated: true, id: 0, ordered: true });
	channel.binaryType = 'arraybuffer';
	const givenUp = new AbortController();
	let failure: DirectError | undefined;
	let opened = false;
	let lost = (reason: string): void => {
		fail({ type: 'failed', detail: reason });
	};
	let stopWatching = (): void => undefined;
	const watch = (): void => {
		stopWatching = watchConnection(connection, channel, clock, (reason) => {
			lost(reason);
		});
	};
	// Until the other side has what this one said, nobody answers: that is no failure where it takes minutes.
	if (patience === undefined) watch();
	else channel.addEventListener('open', watch, { once: true });

	function release(): void {
		stopWatching();
		connection.close();
	}

	function fail(error: DirectError): DirectError {
		if (opened) return error;
		if (failure === undefined) {
			failure = error;
			givenUp.abort();
			release();
		}
		return failure;
	}

	/**
	 * Browsers give paths up on which nothing was heard for 15 s. Told of the same addresses under other names, they try them
	 * again, and so keep open what routers opened for them.
	 */
	let round = 0;
	function tryAnew(): void {
		if (connection.connectionState !== 'failed' || channel.readyState !== 'connecting') return;
		round += 1;
		for (const candidate of candidatesOf(connection, round)) {
			void connection.addIceCandidate(candidate).catch(() => undefined);
		}
	}
	if (patience !== undefined) connection.addEventListener('connectionstatechange', tryAnew);

	/** Waits until the channel is open and hands it to `work`, whose link is told when it is lost. */
	async function begin<L>(
		side: Side,
		work: () => Promise<{ readonly link: L; readonly lost: (reason: string) => void }>,
	): Promise<Result<L, DirectError>> {
		if (failure !== undefined) return err(failure);
		const byHand = side === 'answering' ? patience : patience && OPEN_WITHIN_BY_HAND;
		const stopTimer = clock.after(byHand ?? OPEN_WITHIN, () => {
			fail({ type: 'timeout', detail: 'the other side was not reached' });
		});
		try {
			await untilOpen(channel, givenUp.signal);
			const begun = await work();
			opened = true;
			lost = begun.lost;
			return ok(begun.link);
		} catch (cause) {
			const detail = cause instanceof Error ? cause.message : String(cause);
			return err(fail({ type: 'failed', detail }));
		} finally {
			stopTimer();
		}
	}

	return {
		connection,
		failure: () => failure,
		fail,
		open: (node, expected, side) =>
			begin(side, async () => {
				const { stream, files } = await node.secure(channel, expected, side, givenUp.signal);
				const path = (): Promise<PathReport> => readPath(connection);
				return createDirectLink({ stream, files, clock, path, release });
			}),
		openBulk: () => begin('offering', () => Promise.resolve(createBulkChannel(channel, release))),
	};
}

/** Those of the other side, as they were given to the browser, with foundations of this round's own. */
const candidatesOf = (connection: RTCPeerConnection, round: number): RTCIceCandidateInit[] =>
	[...(connection.remoteDescription?.sdp ?? '').matchAll(/^a=candidate:(\d+) (.*?)\r?$/gm)]
		.slice(0, MAX_CANDIDATES)
		.map(([, name = '', rest = '']) => ({
			candidate: `candidate:${name}${String(round).padStart(3, '0')} ${rest}`,
			sdpMLineIndex: 0,
		}));

function untilOpen(channel: RTCDataChannel, signal: AbortSignal): Promise<void> {
	return new Promise((resolve, reject) => {
		if (channel.readyState === 'open') {
			resolve();
			return;
		}
		channel.addEventListener(
			'open',
			() => {
				resolve();
			},
			{ once: true },
		);
		signal.addEventListener(
			'abort',
			() => {
				reject(new Error('given up'));
			},
			{ once: true },
		);
	});
}
