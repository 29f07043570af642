// Waits until a connection knows enough addresses of its own for an offer or answer that is sent once. [DL7]
import type { Clock } from '#lib/ports/clock.ts';

/** Host addresses come at once; this is how long STUN servers have after that. Milliseconds. */
const AFTER_FIRST = 1000;
/** What one STUN server has told, others tell at about the same time, or on networks where they can't be reached. */
const AFTER_STUN = 50;
const AT_MOST = 3000;

/** Resolves when gathering is complete, 50 ms after a STUN server's answer, 1 s after the first address, or after 3 s. */
export function gatherCandidates(connection: RTCPeerConnection, clock: Clock): Promise<void> {
	return new Promise((resolve) => {
		let stopGrace: (() => void) | undefined;
		let stopWaitingForStun: (() => void) | undefined;
		const finish = (): void => {
			connection.removeEventListener('icegatheringstatechange', onState);
			connection.removeEventListener('icecandidate', onCandidate);
			stopGrace?.();
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
			if (candidate.type === 'srflx') stopWaitingForStun ??= clock.after(AFTER_STUN, finish);
		};
		const stopWaiting = clock.after(AT_MOST, finish);
		connection.addEventListener('icegatheringstatechange', onState);
		connection.addEventListener('icecandidate', onCandidate);
		onState();
	});
}
