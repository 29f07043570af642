// What Powernodes can do, seen from the network and from whom it meets: a ban, a fence, a shadow-ban, a purge, and a ban
// that nobody had the right to.
import { KIND } from '#lib/protocol/entry.ts';
import type { Attacker } from '#lib/simulation/attacker.ts';
import { isReceived, look, sent, type Chapter } from '../chapter.ts';
import type { Packet } from '../recording.ts';
import type { Stage } from '../stage.ts';

const RELAY = 'Harbor';
const SPAM = 'Cheap watches! Cheap watches!';
const BACKDATED = 'Alice said yesterday that I may.';
const RUDE = 'You are all fools.';
const SLIP = 'Her number is 0171 555 0123.';
/** Bytes. */
const PHOTO = 40_000;
const HOUR = 3_600_000;

const turned = new WeakMap<Stage, Attacker>();
/** Of a banned person: the last entry that their modified client has made. */
const late = new WeakMap<Stage, string>();

const saying =
	(name: string, value: string) =>
	({ readings }: Packet): boolean =>
		readings.some(({ lines }) => lines.some((line) => line.name === name && line.value === value));
const others = ['Alice', 'Carol', 'Dora'] as const;
const membersOf = (stage: Stage, of: string): string[] =>
	stage
		.person(of)
		.messenger.members(stage.space)
		.get()
		.map(({ name }) => name);
/** How many files each of those who are in keeps. */
const filesOn = (stage: Stage): Promise<number[]> =>
	Promise.all(others.map((name) => stage.filesOn(name)));
const idOf = (stage: Stage, of: string, text: string): string =>
	stage.messages(of).find((message) => message.text === text)?.id ?? '';
const isLocked = (stage: Stage, who: string): boolean =>
	stage.person(who).messenger.spaces.get()[0]?.state === 'banned';
const channelOf = ({ space }: Attacker) =>
	space.ledger.authority.channels[0]?.id ?? new Uint8Array(32);

export const moderation: Chapter = {
	id: 'moderation',
	seed: 51,
	places: {
		Alice: [50, 13],
		Bob: [13, 38],
		Carol: [87, 38],
		Dora: [26, 76],
		Mallory: [74, 76],
		[RELAY]: [50, 54],
	},
	async prepare(stage) {
		await stage.addRelay(RELAY);
		for (const name of ['Alice', 'Bob', 'Carol', 'Dora', 'Mallory']) {
			await stage.addPerson(name, { router: { kind: 'cone' } });
		}
		await stage.useRelay('Alice', RELAY);
		await stage.found('Alice');
		for (const name of ['Bob', 'Carol', 'Dora', 'Mallory']) await stage.bringIn('Alice', name);
		await stage.run(6000);
	},
	steps: [
		{
			id: 'spam',
			focus: ['Bob'],
			async act(stage) {
				await stage.say('Bob', SPAM);
				const read = (): boolean => others.every((name) => stage.shows(name, SPAM));
				await stage.until(read, 5000, 'all read it');
				await stage.until(() => isReceived(stage, 'Bob'), 10_000, 'Bob knows');
			},
			holds: (stage) => others.every((name) => stage.shows(name, SPAM)),
		},
		{
			id: 'ban',
			focus: ['Alice', 'Carol', 'Dora', 'Mallory'],
			async act(stage) {
				const moderation = stage.person('Alice').messenger.moderation(stage.space);
				const options = { reason: 'Spam', voidInvites: true };
				await stage.done(moderation.ban(stage.rootOf('Bob'), options));
				const know = (): boolean =>
					others.every((name) => !membersOf(stage, name).includes('Bob')) && isLocked(stage, 'Bob');
				await stage.until(know, 10_000, 'all know');
				await stage.run(3000);
			},
			holds: (stage) => others.every((name) => !membersOf(stage, name).includes('Bob')),
			opens: {
				as: 'Carol',
				fits: (packet) => packet.to === 'Carol' && saying('entry', 'ban')(packet),
			},
		},
		{
			id: 'banned',
			focus: ['Bob'],
			act: look,
			holds: (stage) => isLocked(stage, 'Bob'),
			opens: { as: 'Bob', fits: (packet) => packet.to === 'Bob' && saying('entry', 'ban')(packet) },
		},
		{
			id: 'fence',
			focus: ['Bob', 'Mallory', 'Carol'],
			async act(stage) {
				const bob = await stage.turn('Bob');
				const mallory = await stage.turn('Mallory');
				turned.set(stage, mallory);
				// As if he had written it before the ban, and handed on by somebody who is still in.
				const { header } = await bob.compose({
					kind: KIND.message,
					channel: channelOf(bob),
					text: BACKDATED,
					replyTo: null,
				});
				const entry = await bob.write(
					{ kind: KIND.message, channel: channelOf(bob), text: BACKDATED, replyTo: null },
					{ time: { ms: header.time.ms - HOUR, counter: 0 } },
				);
				late.set(stage, entry.key);
				await stage.run(2000);
				await mallory.tell([entry.packet]);
				await stage.run(3000);
			},
			// It has come to each of them.
			holds: (stage) =>
				late.has(stage) &&
				others.every((name) => stage.seen(sent('message', 'Mallory', name))) &&
				others.every((name) => !stage.shows(name, BACKDATED)),
			opens: {
				as: 'Mallory',
				fits: ({ kind, from }) => kind === 'message' && from === 'Mallory',
			},
		},
		{
			id: 'shadow-ban',
			focus: ['Alice', 'Carol'],
			async act(stage) {
				const moderation = stage.person('Alice').messenger.moderation(stage.space);
				await stage.done(moderation.shadowBan(stage.rootOf('Dora'), 'Insults'));
				await stage.run(3000);
			},
			holds: (stage) => membersOf(stage, 'Carol').includes('Dora'),
			opens: {
				as: 'Carol',
				fits: (packet) => packet.to === 'Carol' && saying('entry', 'sealed')(packet),
			},
		},
		{
			id: 'shadowed',
			focus: ['Dora'],
			async act(stage) {
				await stage.say('Dora', RUDE);
				await stage.until(() => isReceived(stage, 'Dora'), 10_000, 'Dora sees it sent');
			},
			holds: (stage) => stage.shows('Dora', RUDE),
			opens: { as: 'Dora', fits: ({ kind, from }) => kind === 'message' && from === 'Dora' },
		},
		{
			id: 'nothing',
			focus: ['Alice', 'Carol'],
			act: (stage) => stage.run(1000),
			holds: (stage) => ['Alice', 'Carol'].every((name) => !stage.shows(name, RUDE)),
			opens: {
				as: 'Carol',
				fits: ({ kind, from, to }) => kind === 'message' && from === 'Dora' && to === 'Carol',
			},
		},
		{
			id: 'slip',
			focus: ['Carol'],
			async act(stage) {
				await stage.sendFile('Carol', SLIP, 'card.jpg', PHOTO);
				const read = (): boolean => ['Alice', 'Dora'].every((name) => stage.shows(name, SLIP));
				await stage.until(read, 5000, 'all read it');
				await stage.run(6000);
			},
			holds: async (stage) =>
				others.every((name) => stage.shows(name, SLIP)) &&
				(await filesOn(stage)).every((count) => count === 1),
		},
		{
			id: 'purge',
			focus: ['Alice', 'Carol', 'Dora'],
			async act(stage) {
				const moderation = stage.person('Alice').messenger.moderation(stage.space);
				await stage.done(moderation.purge([idOf(stage, 'Alice', SLIP)], 'A phone number'));
				const gone = (): boolean => others.every((name) => !stage.shows(name, SLIP));
				await stage.until(gone, 10_000, 'it is gone everywhere');
				await stage.run(1000);
			},
			holds: async (stage) =>
				others.every((name) => !stage.shows(name, SLIP)) &&
				(await filesOn(stage)).every((count) => count === 0),
			opens: {
				as: 'Dora',
				fits: (packet) => packet.to === 'Dora' && saying('entry', 'tombstone')(packet),
			},
		},
		{
			id: 'forged',
			focus: ['Mallory', 'Alice', 'Carol', 'Dora'],
			async act(stage) {
				const mallory = turned.get(stage);
				if (mallory === undefined) throw new Error('Mallory keeps to the rules');
				const alice = stage.person('Alice').self;
				const ban = await mallory.compose({
					kind: KIND.ban,
					target: stage.person('Carol').self.rootHash,
					fence: [],
					voidInvites: true,
					reason: 'Because I can',
				});
				const forged = await mallory.resign(ban, { author: alice.rootHash });
				await mallory.tell([forged.packet, ban.packet]);
				await stage.run(3000);
			},
			holds: (stage) =>
				others.every((name) => membersOf(stage, name).includes('Carol')) &&
				stage.person('Carol').messenger.spaces.get()[0]?.state === 'ready',
			opens: {
				as: 'Mallory',
				fits: (packet) => packet.from === 'Mallory' && saying('entry', 'ban')(packet),
			},
		},
	],
};
