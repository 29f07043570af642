// A connection test in words: what it comes to with what to do, and each thing that was tried.
import { m } from '#lib/paraglide/messages.js';
import type { ConnectionReport, RelayProbe, Verdict } from '#lib/state/views.ts';
import { hostOf } from '../format/host.ts';

/** untold: it could not be tried. */
export interface Finding {
	readonly how: 'works' | 'fails' | 'untold';
	readonly text: string;
}

const titles: Record<Verdict, () => string> = {
	offline: m.test_offline,
	'no-relay': m.test_no_relay,
	silent: m.test_silent,
	'no-webrtc': m.test_no_webrtc,
	blocked: m.test_blocked,
	hidden: m.test_hidden,
	'no-udp': m.test_no_udp,
	varies: m.test_varies,
	untold: m.test_untold_verdict,
	likely: m.test_likely,
	works: m.test_all_works,
};

const advice: Record<Verdict, () => string> = {
	offline: m.test_offline_text,
	'no-relay': m.test_no_relay_text,
	silent: m.test_silent_text,
	'no-webrtc': m.test_no_webrtc_text,
	blocked: m.test_blocked_text,
	hidden: m.test_hidden_text,
	'no-udp': m.test_no_udp_text,
	varies: m.test_varies_text,
	untold: m.test_untold_text,
	likely: m.test_likely_text,
	works: m.test_all_works_text,
};

export function verdictWords({ verdict, relays }: ConnectionReport): {
	readonly title: string;
	readonly text: string;
} {
	const isShort = verdict === 'works' && relays.some(({ answer }) => answer !== 'works');
	return {
		title: isShort ? m.test_all_but_relays() : titles[verdict](),
		text: advice[verdict](),
	};
}

const GRAVE: readonly Verdict[] = ['offline', 'no-relay', 'silent'];
export const toneOf = (verdict: Verdict): 'info' | 'warning' =>
	GRAVE.includes(verdict) ? 'warning' : 'info';

const answers: Record<Exclude<RelayProbe['answer'], 'works'>, (of: { relay: string }) => string> = {
	insecure: m.test_relay_insecure,
	unreachable: m.test_relay_unreachable,
	'not-a-relay': m.test_relay_not,
	'wrong-key': m.test_relay_wrong_key,
};

export function findings({
	relays,
	channel,
	mapping,
	linked,
}: ConnectionReport): readonly Finding[] {
	const isHeard = relays.some(({ stun }) => stun === 'answers');
	return [
		...relays.flatMap(relayFindings),
		channelFinding(channel),
		...(mapping === 'steady' ? [works(m.test_mapping_steady())] : []),
		...(mapping === 'varies' ? [fails(m.test_mapping_varies())] : []),
		...(mapping === 'unknown' && isHeard && !linked ? [untold(m.test_mapping_unknown())] : []),
		...(linked ? [works(m.test_linked())] : []),
	];
}

function relayFindings({ address, answer, ms, stun }: RelayProbe): readonly Finding[] {
	const relay = hostOf(address);
	if (answer !== 'works') return [fails(answers[answer]({ relay }))];
	const reached = works(m.test_relay_works({ relay, ms: Math.round(ms ?? 0) }));
	if (stun === 'answers') return [reached, works(m.test_stun_answers({ relay }))];
	if (stun === 'silent') return [reached, fails(m.test_stun_silent({ relay }))];
	return [reached, untold(m.test_stun_untested({ relay }))];
}

function channelFinding(channel: ConnectionReport['channel']): Finding {
	if (channel === 'works') return works(m.test_channel_works());
	if (channel === 'untested') return untold(m.test_channel_untested());
	return fails(channel === 'missing' ? m.test_channel_missing() : m.test_channel_blocked());
}

const works = (text: string): Finding => ({ how: 'works', text });
const fails = (text: string): Finding => ({ how: 'fails', text });
const untold = (text: string): Finding => ({ how: 'untold', text });
