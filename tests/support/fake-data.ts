// People, spaces and talk for the fake messenger. The same on every run.
import type {
	AddRelayError,
	Delivery,
	MessageView,
	NetworkView,
	SpaceSummary,
} from '#lib/messenger/api.ts';
import { sha256 } from '@noble/hashes/sha2.js';
import { toHex, utf8 } from '#lib/util/bytes.ts';

export const NOW = Date.now();
const MINUTE = 60_000;
const DAY = 86_400_000;

export const fakeHash = (name: string): string => toHex(sha256(utf8(name)));

export const PEOPLE = [
	{ key: 'mina', name: 'Mina Okafor' },
	{ key: 'jonas', name: 'Jonas Weber' },
	{ key: 'layla', name: 'ليلى حداد' },
	{ key: 'tomas', name: 'Tomás Rivera' },
	{ key: 'ines', name: 'Inês' },
	{ key: 'kofi', name: 'Kofi' },
] as const;

const space = (
	key: string,
	name: string,
	rest: Partial<SpaceSummary> & { lastText: string | null; lastTime: number | null },
): SpaceSummary => ({
	id: fakeHash(key),
	name,
	kind: 'community',
	state: 'ready',
	asked: true,
	refusal: null,
	unread: 0,
	members: 7,
	...rest,
});

export const SPACES: readonly SpaceSummary[] = [
	space('harbour', 'Harbour Collective', {
		lastText: 'The small pump is back from repair.',
		lastTime: NOW - 2 * MINUTE,
		unread: 3,
	}),
	space('mina-direct', 'Mina & me', {
		kind: 'direct',
		members: 2,
		lastText: 'see you at the pier then',
		lastTime: NOW - 47 * MINUTE,
	}),
	space('books', 'Slow Book Club', {
		lastText: 'Chapter nine broke me a little, I admit it freely',
		lastTime: NOW - DAY,
		unread: 128,
		members: 12,
	}),
	space('family', 'عائلة حداد', {
		kind: 'direct',
		members: 4,
		lastText: 'العشاء يوم الجمعة الساعة السابعة',
		lastTime: NOW - 3 * DAY,
	}),
	space('allotment', 'Allotment 14', {
		state: 'joining',
		members: 0,
		lastText: null,
		lastTime: null,
	}),
	space('choir', 'North Choir', {
		state: 'refused',
		refusal: 'spent',
		members: 0,
		lastText: null,
		lastTime: NOW - 20 * DAY,
	}),
];

const LINES = [
	'Morning! The tide tables for the week are at https://tides.example/harbour?week=12 (thanks, Jonas).',
	'I can take the early shift on Thursday.',
	'Does anybody have the key to the shed?',
	'It hangs behind the stove, where it always hangs.',
	'Brilliant.',
	'We counted 38 people last night. That is nine more than in spring, and the soup still went round twice. I’d call that a good evening.',
	'مساء الخير جميعاً، سأحضر الخبز غداً',
	'Could we move the meeting half an hour later? My train gets in at 18:40.',
	'Fine by me',
	'Same',
	'The small pump is back from repair.\nThe large one needs a new seal:\n  - 40 mm\n  - rubber, not silicone',
	'👏👏',
	'Who writes the minutes this time?',
	'I did it twice in a row, just saying',
] as const;

const DELIVERIES: readonly Delivery[] = [
	{ state: 'delivered', delivered: 8, of: 8 },
	{ state: 'delivered', delivered: 2, of: 3 },
	{
		state: 'stored',
		relay: 'wss://relay.harbour.example',
		until: NOW + 29 * DAY,
		delivered: 1,
		of: 3,
	},
	{ state: 'queued', delivered: 0, of: 3 },
];

/** `count` messages that end a moment ago, with a day's break now and then. */
export function chatter(count: number, many: boolean, me: string): MessageView[] {
	const messages: MessageView[] = [];
	let time = NOW - 2 * MINUTE;
	for (let back = 0; back < count; back++) {
		const index = count - 1 - back;
		const who =
			(index * 5 + (index >> 1) * 3 - (index % 3 === 0 ? 0 : 5 * (index % 3))) %
			(many ? PEOPLE.length + 1 : 2);
		const person = PEOPLE[who - 1] ?? PEOPLE[0];
		const mine = who === 0;
		messages.push({
			id: `m${String(index)}`,
			author: mine ? me : fakeHash(person.key),
			authorName: mine ? 'Alex' : person.name,
			mine,
			text: LINES[index % LINES.length] ?? '',
			time,
			late: index % 17 === 9,
			replyTo:
				index % 9 === 5
					? {
							id: `m${String(index - 2)}`,
							authorName: 'Jonas Weber',
							text: LINES[(index + LINES.length - 2) % LINES.length] ?? '',
						}
					: null,
			delivery: mine ? (DELIVERIES[Math.max(0, 3 - (back >> 2))] ?? null) : null,
		});
		time -= back % 14 === 13 ? 0.7 * DAY : back % 3 === 1 ? 11 * MINUTE : MINUTE;
	}
	return messages.reverse();
}

export type NetworkScene = NetworkView['state'] | 'waiting';

const relay = (rest: Partial<NetworkView['relays'][number]>): NetworkView['relays'][number] => ({
	id: fakeHash('relay'),
	address: 'wss://relay.harbour.example',
	state: 'connected',
	roundTripMs: 24,
	retryAt: null,
	origin: 'added',
	link: `https://relay.harbour.example/#/relay/${'Ab3dE6gH'.repeat(12)}`,
	...rest,
});

const waiting = (): NetworkView['relays'][number] =>
	relay({
		id: fakeHash('relay two'),
		address: 'ws://192.168.1.20:8080',
		state: 'waiting',
		roundTripMs: null,
		retryAt: Date.now() + 12_000,
		origin: 'space',
		link: null,
	});

export function fakeNetwork(scene: NetworkScene): NetworkView {
	const base: NetworkView = {
		state: scene === 'waiting' ? 'no-relay' : scene,
		peers: [],
		relays: [],
		offered: null,
		direct: true,
	};
	const peer = (key: string, name: string, deviceName: string) => ({
		device: fakeHash(`${key} ${deviceName}`),
		rootHash: fakeHash(key),
		name,
		deviceName,
		via: null,
	});
	switch (scene) {
		case 'no-relay':
			return { ...base, offered: 'wss://aegis.example' };
		case 'waiting':
		case 'offline':
			return { ...base, relays: [waiting()] };
		case 'alone':
			return { ...base, relays: [relay({}), waiting()] };
		case 'bridged':
			return {
				...base,
				direct: false,
				relays: [relay({})],
				peers: [
					{
						...peer('mina', 'Mina Okafor', 'Firefox on Android'),
						route: 'relay',
						via: 'wss://relay.harbour.example',
						roundTripMs: 61,
					},
				],
			};
		case 'direct':
			return {
				...base,
				relays: [relay({}), waiting()],
				peers: [
					{
						...peer('mina', 'Mina Okafor', 'Firefox on Android'),
						route: 'direct',
						roundTripMs: 18,
					},
					{
						...peer('jonas', 'Jonas Weber', 'Safari on iPhone'),
						route: 'relay',
						via: 'wss://relay.harbour.example',
						roundTripMs: 57.4,
					},
					{
						...peer('layla', 'ليلى حداد', 'Chrome on Windows'),
						route: 'connecting',
						roundTripMs: null,
					},
				],
			};
	}
}

/** Addresses that fail, each in its way. */
export const ADDRESSES: Readonly<Record<string, AddRelayError['type']>> = {
	'not an address': 'malformed',
	'ws://plain.example': 'insecure',
	'nobody.example': 'unreachable',
	'website.example': 'not-a-relay',
	'stranger.example': 'wrong-key',
	'relay.harbour.example': 'known',
};
