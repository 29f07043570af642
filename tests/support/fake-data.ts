// People, spaces and talk for the fake messenger. The same on every run.
import type {
	BanView,
	ChannelSummary,
	Delivery,
	MessageView,
	SpaceSummary,
} from '#lib/messenger/api.ts';
import type { NoticeView } from '#lib/messenger/notices.ts';
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
	out: null,
	ban: null,
	asked: true,
	refusal: null,
	unread: 0,
	members: 7,
	everything: false,
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

/** A space that has banned this person: a moment ago, long ago, or undone again. */
export function bannedSpace(scene: 'locked' | 'destroyed' | 'undone'): SpaceSummary {
	const time = NOW - (scene === 'destroyed' ? 3 * DAY : 40 * MINUTE);
	const ban: BanView = {
		by: fakeHash('jonas'),
		byName: 'Jonas Weber',
		reason: scene === 'destroyed' ? '' : 'Three warnings about selling things in #general.',
		time,
		destroyedAt: scene === 'destroyed' ? null : time + DAY,
		undone: scene === 'undone',
	};
	return space('regatta', 'Regatta Crew', {
		state: 'banned',
		ban,
		members: 0,
		lastText: null,
		lastTime: time,
	});
}

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

/** What most messages have in common. */
export const plainMessage = {
	late: false,
	expiry: null,
	replyTo: null,
	delivery: null,
	gone: null,
	blocked: false,
	may: { purge: false, delete: false, report: false },
} satisfies Partial<MessageView>;

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
			...plainMessage,
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

/** Some of the newest messages of a talk removed, each in its way, and answers to them. */
export function moderated(messages: readonly MessageView[]): MessageView[] {
	const from = messages.length;
	const gone: Record<number, MessageView['gone']> = {
		[from - 6]: { how: 'purged', byName: 'Mina Okafor', reason: 'Somebody’s phone number.' },
		[from - 4]: { how: 'unreadable', byName: '', reason: '' },
		[from - 2]: { how: 'deleted', byName: 'Kofi', reason: '' },
	};
	return messages.map((message, index) => {
		const how = gone[index] ?? null;
		if (how) return { ...message, text: '', replyTo: null, delivery: null, gone: how };
		const original = messages[from - 6];
		return index === from - 3 && original
			? { ...message, replyTo: { id: original.id, authorName: original.authorName, text: '' } }
			: message;
	});
}

/** Mina set a timer before the last messages, and came with another device. */
export const fakeNotices = (seconds: number): readonly NoticeView[] => {
	const mina = { who: fakeHash('mina'), name: 'Mina Okafor', mine: false };
	const device = 'Firefox on Android';
	return [
		{ ...mina, id: 'n1', time: NOW - 20 * MINUTE, what: { type: 'timer', seconds } },
		{ ...mina, id: 'n2', time: NOW - MINUTE, what: { type: 'device-added', device } },
	];
};

export function fakeChannels(
	space: string,
	eventful: boolean,
	moderates: boolean,
): readonly ChannelSummary[] {
	const channel = (key: string, name: string, rest: Partial<ChannelSummary> = {}) => ({
		id: fakeHash(key),
		name,
		unread: 0,
		archived: false,
		readOnly: false,
		timer: 0,
		mayWrite: true,
		...rest,
	});
	if (space !== fakeHash('harbour')) return [channel(`main ${space}`, 'general')];
	const usual = [
		channel('general', 'general'),
		channel('boats', 'boats-and-tides', { unread: 3 }),
		channel('kitchen', 'kitchen-rota'),
	];
	const archived = { archived: true, mayWrite: false };
	return eventful
		? [
				...usual.slice(0, 1),
				channel('regatta 2025', 'regatta-2025', archived),
				channel('notices', 'notices', { readOnly: true, mayWrite: moderates }),
				...usual.slice(1),
				channel('old pier', 'old-pier', archived),
			]
		: usual;
}
