// A connection test in words.
import { expect, it } from 'vitest';
import { findings, verdictWords } from '#lib/components/peers/findings.ts';
import type { ConnectionReport, RelayProbe } from '#lib/messenger/connection-api.ts';
import { m } from '#lib/paraglide/messages.js';

const ANSWERS: RelayProbe = {
	id: 'a',
	address: 'wss://relay.example',
	answer: 'works',
	ms: 31,
	stun: 'answers',
};
const DEAD: RelayProbe = { ...ANSWERS, answer: 'unreachable', ms: null, stun: 'untested' };
const report = (rest: Partial<ConnectionReport>): ConnectionReport => ({
	online: true,
	relays: [ANSWERS],
	channel: 'works',
	mapping: 'steady',
	hidden: false,
	linked: false,
	verdict: 'works',
	...rest,
});

it('[NT3] says that everything works only where every relay answers', () => {
	expect(verdictWords(report({})).title).toBe(m.test_all_works());
	expect(verdictWords(report({ relays: [DEAD, ANSWERS] })).title).toBe(m.test_all_but_relays());
});

it('[NT3] tells what one relay leaves open, but not where a link shows that it doesn’t matter', () => {
	const open = { how: 'untold', text: m.test_mapping_unknown() };
	expect(findings(report({ mapping: 'unknown' }))).toContainEqual(open);
	expect(findings(report({ mapping: 'unknown', linked: true }))).not.toContainEqual(open);
	expect(findings(report({ mapping: 'unknown', relays: [DEAD] }))).not.toContainEqual(open);
	expect(findings(report({ mapping: 'steady' }))).not.toContainEqual(open);
});

it('[NT2] says nothing of the browser where what it takes could not be loaded', () => {
	const texts = findings(report({ channel: 'untested' })).map(({ how, text }) => `${how} ${text}`);
	expect(texts).toContain(`untold ${m.test_channel_untested()}`);
	expect(texts).not.toContain(`fails ${m.test_channel_missing()}`);
});
