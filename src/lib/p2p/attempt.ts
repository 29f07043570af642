// One attempt at a link: owns the peer connection and its channel until the link takes them over. [DL1] [DL9] [DL13] [BU1]
import { createDirectLink } from './direct-link.ts';
import { createBulkChannel } from './bulk-channel.ts';
import { readPath, watchConnection, type PathReport } from './link-health.ts';
import type { DirectNode, Side } from './direct-node.ts';
import type { FlowChannel } from '#lib/ports/channel.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { DirectError, DirectLink } from '#lib/ports/direct-dialer.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

/** From the moment both sides can know each other, in milliseconds. */
const OPEN_WITHIN = 15_000;

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
	const stopWatching = watchConnection(connection, channel, clock, (reason) => {
		lost(reason);
	});

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

	/** Waits until the channel is open and hands it to `work`, whose link is told when it is lost. */
	async function begin<L>(
		work: () => Promise<{ readonly link: L; readonly lost: (reason: string) => void }>,
	): Promise<Result<L, DirectError>> {
		if (failure !== undefined) return err(failure);
		const stopTimer = clock.after(OPEN_WITHIN, () => {
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
			begin(async () => {
				const { stream, files } = await node.secure(channel, expected, side, givenUp.signal);
				const path = (): Promise<PathReport> => readPath(connection);
				return createDirectLink({ stream, files, clock, path, release });
			}),
		openBulk: () => begin(() => Promise.resolve(createBulkChannel(channel, release))),
	};
}

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
