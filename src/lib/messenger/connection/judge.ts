// What the findings of a connection test come to: the one thing that is in the way first. [NT3]
import type { ConnectionProbes, Verdict } from '../connection-api.ts';

const OF_ROUTER = { steady: 'works', varies: 'varies', unknown: 'likely' } as const;

export function judgeConnection(probes: ConnectionProbes): Verdict {
	const { online, relays, channel, mapping, hidden, linked } = probes;
	const working = relays.filter(({ answer }) => answer === 'works');
	if (working.length === 0) {
		if (!online && !linked) return 'offline';
		return relays.length === 0 ? 'no-relay' : 'silent';
	}
	if (channel === 'missing') return 'no-webrtc';
	if (hidden) return 'hidden';
	// What stands proves more than what was tried.
	if (linked) return 'works';
	if (channel === 'blocked') return 'blocked';
	const heard = new Set(working.map(({ stun }) => stun));
	if (heard.has('answers')) return OF_ROUTER[mapping];
	return heard.has('silent') ? 'no-udp' : 'untold';
}
