import { describe, expect, it } from 'vitest';
import { deliverySentence, deliveryWord } from '#lib/components/format/delivery.ts';
import { hostOf } from '#lib/components/format/host.ts';
import { networkSentence } from '#lib/components/format/network.ts';
import { relayProblem } from '#lib/components/format/problems.ts';
import { countText, sizeText } from '#lib/components/format/numbers.ts';
import { dayName, shortTime } from '#lib/components/format/time.ts';
import { switcherEntries } from '#lib/components/shell/switcher-entries.ts';
import type { NetworkView, SpaceSummary } from '#lib/messenger/api.ts';

const at = (day: number, hour = 12): number => new Date(2026, 4, day, hour).getTime();

describe('what the interface says', () => {
	it('tells where a message is, and no more than is known', () => {
		expect(deliveryWord({ state: 'delivered', delivered: 2, of: 3 })).toBe('Delivered 2 of 3');
		expect(deliverySentence({ state: 'delivered', delivered: 2, of: 3 })).toBe(
			'Delivered to 2 of 3 devices.',
		);
		expect(deliverySentence({ state: 'queued', delivered: 0, of: 3 })).toContain('this device');
		expect(
			deliverySentence({
				state: 'stored',
				relay: 'wss://r.example',
				until: at(20),
				delivered: 1,
				of: 3,
			}),
		).toMatch(/r\.example until .*20.* 1 of 3/);
		expect(deliverySentence({ state: 'delivered', delivered: 0, of: 0 })).not.toContain('0');
	});

	it('says when, nearer things more exactly', () => {
		const now = at(12);
		expect(shortTime(at(12, 9), now)).toMatch(/9:00/);
		expect(shortTime(at(11, 23), now)).toBe('Yesterday');
		expect(shortTime(at(8), now)).toBe('Fri');
		expect(dayName(at(12, 1), now)).toBe('Today');
		expect(dayName(at(2), now)).toBe('Saturday, May 2');
	});

	it('says sizes in units of people', () => {
		expect(sizeText(0)).toBe('0 bytes');
		expect(sizeText(1_530_000)).toBe('1.5 MB');
	});

	it('says large counts so that they can be read', () => {
		expect(countText(1204)).toBe('1,204');
	});

	it('names hosts, and leaves what is no URL alone', () => {
		expect(hostOf('wss://relay.example:8443/ws')).toBe('relay.example:8443');
		expect(hostOf('some relay')).toBe('some relay');
	});

	it('names the addresses that were tried', () => {
		expect(relayProblem({ type: 'unreachable', tried: ['wss://a', 'ws://a'] })).toContain(
			'wss://a, ws://a',
		);
	});

	it('tells a person without relays apart from one whose relays are silent', () => {
		const view: NetworkView = {
			state: 'no-relay',
			peers: [],
			relays: [],
			offered: null,
			direct: true,
		};
		const silent = {
			...view,
			relays: [
				{
					id: 'r',
					address: 'wss://r',
					state: 'waiting',
					roundTripMs: null,
					retryAt: null,
					origin: 'added',
					link: null,
				},
			],
		} satisfies NetworkView;
		expect(networkSentence(view)).not.toBe(networkSentence(silent));
		expect(networkSentence({ ...view, direct: false })).toContain('WebRTC');
	});
});

describe('the quick switcher', () => {
	const space = (name: string, unread: number): SpaceSummary => ({
		id: name,
		name,
		kind: 'community',
		state: 'ready',
		out: null,
		ban: null,
		asked: true,
		refusal: null,
		unread,
		lastText: null,
		lastTime: null,
		members: 2,
		everything: false,
	});
	const channel = { archived: false, readOnly: false, timer: 0, mayWrite: true };
	const channels = (id: string) =>
		id === 'Café Küste'
			? [
					{ ...channel, id: 'g', name: 'general', unread: 0 },
					{ ...channel, id: 't', name: 'tides', unread: 1 },
				]
			: [{ ...channel, id: 'o', name: 'only', unread: 0 }];
	const spaces = [space('Books', 0), space('Café Küste', 1)];

	it('finds without accents, by several words in any order', () => {
		const found = switcherEntries(spaces, channels, 'tides kuste');
		expect(found.map(({ channel }) => channel?.name)).toEqual(['tides']);
	});

	it('shows unread ones first', () => {
		expect(switcherEntries(spaces, channels, '')[0]?.channel?.name).toBe('tides');
	});
});
