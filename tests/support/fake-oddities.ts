// What people do to an interface without meaning to: names and words of any length and direction, and a space whose
// keys can't be read. Changes the fakes in place, before a messenger is made of them.
import type { SpaceSummary } from '#lib/messenger/api.ts';
import { NOW, PEOPLE, SPACES } from './fake-data.ts';

const LONG = 'Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh';
const NAMES: readonly string[] = [
	`Maximiliana ${LONG}`,
	'X',
	'أبو عبد الرحمن محمد بن عبد الله آل الشيخ الكبير',
	'🧑🏽‍🚀🧑🏽‍🚀 Zoë',
];
const SPACE_NAMES: readonly string[] = [
	'The Association of Allotment Holders and Friends of the Northern Harbour Wall, Registered',
	LONG,
	'ب',
];

export const UNREADABLE: SpaceSummary = {
	id: 'ee'.repeat(32),
	name: '',
	kind: 'community',
	state: 'unreadable',
	out: null,
	asked: true,
	refusal: null,
	ban: null,
	unread: 0,
	lastText: null,
	lastTime: null,
	members: 0,
	everything: false,
};

export function makeOdd(): void {
	NAMES.forEach((name, n) => Object.assign(PEOPLE[n] ?? {}, { name }));
	SPACE_NAMES.forEach((name, n) =>
		Object.assign(SPACES[n] ?? {}, { name, lastText: LONG.repeat(3), lastTime: NOW - n }),
	);
}
