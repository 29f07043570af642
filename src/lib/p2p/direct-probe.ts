// Tries what a direct link would need: that WebRTC works in this browser, that STUN servers answer over UDP, that a router
// shows them all the same port. Nothing of it leaves the page but the questions to those servers. [NT2]
import { gatherCandidates } from './ice-gathering.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { DirectProbe } from '#lib/ports/direct-dialer.ts';

/** STUN servers have this long to answer; a browser itself gives up after ten seconds. Milliseconds. */
const ANSWER_WITHIN = 3000;
/** Two ends in one page find each other at once, or never. */
const MEET_WITHIN = 5000;

type Rtc = typeof RTCPeerConnection;

export async function probeDirect(
	rtc: Rtc | undefined,
	clock: Clock,
	stun: readonly string[],
): Promise<DirectProbe> {
	if (rtc === undefined) return { channel: 'missing', answered: [], mapping: 'unknown' };
	const [meets, together, ...each] = await Promise.all([
		meetsItself(rtc, clock),
		ask(rtc, clock, stun),
		...stun.map((url) => ask(rtc, clock, [url])),
	]);
	const answered = stun.filter((_, at) => each[at]?.answered === true);
	return {
		channel: meets ? 'works' : 'blocked',
		answered,
		mapping: mappingOf(together.candidates, answered.length),
	};
}

interface Gathered {
	readonly answered: boolean;
	readonly candidates: readonly RTCIceCandidate[];
}

/**
 * Where no router is in between, an address from outside is the one from inside, and browsers leave it out: then it
 * counts as an answer that gathering came to its end in time, and without complaint.
 */
async function ask(rtc: Rtc, clock: Clock, urls: readonly string[]): Promise<Gathered> {
	const candidates: RTCIceCandidate[] = [];
	if (urls.length === 0) return { answered: false, candidates };
	let complaints = 0;
	const connection = open(rtc, urls);
	if (connection === undefined) return { answered: false, candidates };
	connection.addEventListener('icecandidate', ({ candidate }) => {
		if (candidate !== null && candidate.candidate !== '') candidates.push(candidate);
	});
	connection.addEventListener('icecandidateerror', ({ errorText }) => {
		// An interface of the other kind of address can't ask this server, and says nothing of it.
		if (!/incompatible/i.test(errorText)) complaints += 1;
	});
	try {
		connection.createDataChannel('probe');
		const ended = new Promise<boolean>((resolve) => {
			const stop = clock.after(ANSWER_WITHIN, () => {
				resolve(false);
			});
			connection.addEventListener('icegatheringstatechange', () => {
				if (connection.iceGatheringState !== 'complete') return;
				stop();
				resolve(true);
			});
		});
		await connection.setLocalDescription(await connection.createOffer());
		const complete = await ended;
		const outside = candidates.some(({ type }) => type === 'srflx');
		return {
			answered: outside || (complete && complaints === 0 && candidates.length > 0),
			candidates,
		};
	} catch {
		return { answered: false, candidates };
	} finally {
		connection.close();
	}
}

/**
 * Several servers were asked from the same ports: more addresses outside than inside are those of a router that varies.
 * One server tells only of a router that leaves ports as they are, or isn't there: such a one shows everybody the same.
 */
function mappingOf(
	candidates: readonly RTCIceCandidate[],
	servers: number,
): DirectProbe['mapping'] {
	if (servers === 0) return 'unknown';
	const udp = candidates.filter(({ protocol }) => protocol === 'udp');
	const hosts = udp.filter(({ type }) => type === 'host');
	if (servers === 1) {
		const kept = new Set(hosts.map(({ port }) => port));
		const outside = udp.filter(({ type }) => type === 'srflx');
		return outside.every(({ port }) => kept.has(port)) ? 'steady' : 'unknown';
	}
	const inside = hosts.length;
	const ports = new Map<string, Set<number>>();
	for (const { type, address, port } of udp) {
		if (type !== 'srflx' || address === null || port === null) continue;
		ports.set(address, (ports.get(address) ?? new Set()).add(port));
	}
	const most = Math.max(0, ...[...ports.values()].map(({ size }) => size));
	return most > Math.max(1, inside) ? 'varies' : 'steady';
}

async function meetsItself(rtc: Rtc, clock: Clock): Promise<boolean> {
	const [one, other] = [open(rtc, []), open(rtc, [])];
	try {
		if (one === undefined || other === undefined) return false;
		const [channel] = [one, other].map((end) =>
			end.createDataChannel('probe', { negotiated: true, id: 0 }),
		);
		const met = new Promise<boolean>((resolve) => {
			const stop = clock.after(MEET_WITHIN, () => {
				resolve(false);
			});
			channel?.addEventListener('open', () => {
				stop();
				resolve(true);
			});
		});
		await describe(one, clock, other);
		await describe(other, clock, one);
		return await met;
	} catch {
		return false;
	} finally {
		one?.close();
		other?.close();
	}
}

async function describe(
	from: RTCPeerConnection,
	clock: Clock,
	to: RTCPeerConnection,
): Promise<void> {
	const isAnswer = from.remoteDescription?.type === 'offer';
	await from.setLocalDescription(await (isAnswer ? from.createAnswer() : from.createOffer()));
	await gatherCandidates(from, clock);
	if (from.localDescription !== null) await to.setRemoteDescription(from.localDescription);
}

/** Undefined where the browser refuses. */
function open(rtc: Rtc, urls: readonly string[]): RTCPeerConnection | undefined {
	try {
		return new rtc({ iceServers: urls.length === 0 ? [] : [{ urls: [...urls] }] });
	} catch {
		return undefined;
	}
}
