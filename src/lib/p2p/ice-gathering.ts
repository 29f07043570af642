// Waits until a connection knows enough addresses of its own for an offer or answer that is sent once. [DL7]
import type { Clock } from '#lib/ports/clock.ts';

/** Host addresses come at once; this is how long STUN servers have after that. Milliseconds. */
const AFTER_FIRST = 1000;
/** What one STUN server has told, others tell at about the same time, or on networks where they can't be reached. */
const AFTER_STUN = 50;
/** Where no other server was asked: it tells the addresses of all networks of the machine at about the same time. */
const AFTER_ONLY_STUN = 10;
const AT_MOST = 3000;

/**
 * Resolves when gathering is complete, 50 ms after a STUN server's answer, 10 ms after that of the only one and an address
 * of the machine's own, 1 s after the first address, or after 3 s.
 */
export function gatherCandidates(connection: RTCPeerConnection, clock: Clock): Promise<void> {
	const servers = connection.getConfiguration().iceServers ?? [];
	const isOnlyOne = servers.flatMap(({ urls }) => urls).length === 1;
	const found = new Set<RTCIceCandidateType | null>();
	return new Promise((resolve) => {
		let stopRest: (() => void) | undefined;
		let stopGrace: (() => void) | undefined;
		let stopWaitingForStun: (() => void) | undefined;
		const finish = (): void => {
			connection.removeEventListener('icegatheringstatechange', onState);
			connection.removeEventListener('icecandidate', onCandidate);
			stopGrace?.();
			stopRest?.();
			stopWaitingForStun?.();
			stopWaiting();
			resolve();
		};
		const onState = (): void => {
			if (connection.iceGatheringState === 'complete') finish();
		};
		const onCandidate = ({ candidate }: RTCPeerConnectionIceEvent): void => {
			if (candidate === null) {
				finish();
				return;
			}
			stopGrace ??= clock.after(AFTER_FIRST, finish);
			found.add(candidate.type);
			if (!found.has('srflx')) return;
			stopWaitingForStun ??= clock.after(AFTER_STUN, finish);
			// Its name, where the browser hides the address, may come after the server's answer.
			if (isOnlyOne && found.has('host')) stopRest ??= clock.after(AFTER_ONLY_STUN, finish);
		};
		const stopWaiting = clock.after(AT_MOST, finish);
		connection.addEventListener('icegatheringstatechange', onState);
		connection.addEventListener('icecandidate', onCandidate);
		onState();
	});
}
