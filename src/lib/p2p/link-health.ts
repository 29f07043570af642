// Whether a peer connection is still there, and how its packets travel. [DL13] [DL14]
import type { Clock } from '#lib/ports/clock.ts';

/** A connection that is cut off for longer than this rarely comes back by itself. Milliseconds. */
const DISCONNECTED_FOR = 10_000;

/**
 * Calls `lost` once when the connection has failed, was disconnected for 10 s, or its channel has closed. A connection
 * that never came about may tell nothing at all: whoever waits for one needs a timer. Returns the end of watching.
 */
export function watchConnection(
	connection: RTCPeerConnection,
	channel: RTCDataChannel,
	clock: Clock,
	lost: (reason: string) => void,
): () => void {
	let stopTimer: (() => void) | undefined;
	const stop = (): void => {
		stopTimer?.();
		stopTimer = undefined;
		connection.removeEventListener('connectionstatechange', onState);
		channel.removeEventListener('close', onChannelClose);
	};
	const end = (reason: string): void => {
		stop();
		lost(reason);
	};
	const onState = (): void => {
		const state = connection.connectionState;
		if (state === 'failed' || state === 'closed') {
			end(`connection ${state}`);
		} else if (state === 'disconnected') {
			stopTimer ??= clock.after(DISCONNECTED_FOR, () => {
				end('connection lost');
			});
		} else {
			stopTimer?.();
			stopTimer = undefined;
		}
	};
	const onChannelClose = (): void => {
		end('closed by the other side');
	};
	connection.addEventListener('connectionstatechange', onState);
	channel.addEventListener('close', onChannelClose);
	return stop;
}

export interface PathReport {
	/** The more roundabout of the two ends and the protocol, e.g. `host/udp`; `unknown` when there is no path. */
	readonly route: string;
	/** Milliseconds. */
	readonly roundTrip: number | undefined;
}

const ROUNDABOUT = ['host', 'prflx', 'srflx', 'relay'];

/** Reads the candidate pair that carries the packets from the connection's statistics. Never rejects. */
export async function readPath(connection: RTCPeerConnection): Promise<PathReport> {
	const report = new Map<string, Record<string, unknown>>();
	try {
		const stats = await connection.getStats();
		stats.forEach((entry: { id: string }) => report.set(entry.id, { ...entry }));
	} catch {
		// A connection that is closing has no statistics.
	}
	const all = [...report.values()];
	const selected = all.find(({ type }) => type === 'transport')?.['selectedCandidatePairId'];
	const pair =
		report.get(String(selected)) ??
		all.find(
			(entry) =>
				entry['type'] === 'candidate-pair' && entry['state'] === 'succeeded' && entry['nominated'],
		);
	if (pair === undefined) return { route: 'unknown', roundTrip: undefined };
	const ends = ['localCandidateId', 'remoteCandidateId'].map((end) =>
		report.get(String(pair[end])),
	);
	const rank = Math.max(...ends.map((end) => ROUNDABOUT.indexOf(String(end?.['candidateType']))));
	const seconds = pair['currentRoundTripTime'];
	const protocol = ends[0]?.['protocol'];
	return {
		route: `${ROUNDABOUT[rank] ?? 'unknown'}/${typeof protocol === 'string' ? protocol : 'udp'}`,
		roundTrip: typeof seconds === 'number' ? seconds * 1000 : undefined,
	};
}
