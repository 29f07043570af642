// What three people live through while one of their devices crashes: each stage goes on where the last one ended. What was
// acknowledged they don't do again, and neither what their device shows as done.
import { createSelvesInSpaces } from '#lib/messenger/self-in-space.ts';
import type { SelfInSpace } from '#lib/messenger/ports.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { PREKEY_AGE } from '#lib/protocol/limits.ts';
import { equal, fromHex, toHex } from '#lib/util/bytes.ts';
import type { Stage, Story } from './crash-points.ts';
import { membersOf, rootOf } from './bans.ts';
import { addressOf, isIn, reader, talk } from './world.ts';

const stateOf = (node: SimulatedNode, space: string): string | undefined =>
	node.messenger.spaces.get().find(({ id }) => id === space)?.state;

/** What each of these people shows, in the order shown. */
async function shown({ world, people, space }: Story, names: readonly string[]) {
	const texts: (readonly string[])[] = [];
	for (const name of names) {
		const node = people.get(name);
		const read = node?.running === true && isIn(node, space) ? reader(node, space) : () => [];
		await world.run(0);
		texts.push(read());
	}
	return texts;
}

const selfOf = async (node: SimulatedNode, space: string): Promise<SelfInSpace> =>
	createSelvesInSpaces(node.ports(), node.self).in(fromHex(space) ?? new Uint8Array(0));

const making: Stage = {
	name: 'making a space',
	act(story) {
		const alice = story.person('Alice');
		if (!alice.running) return;
		const { messenger } = alice;
		story.asked.set('Alice', '');
		if (messenger.spaces.get().length > 0 || story.marks.has('made')) return;
		const make = async (): Promise<void> => {
			if (messenger.network.get().relays.length === 0) await messenger.addRelay(addressOf('north'));
			if ((await messenger.createSpace('community', 'Friends')).ok) story.marks.add('made');
		};
		void make();
	},
	done(story) {
		const { messenger } = story.person('Alice');
		const made = messenger.spaces.get();
		if (made.length > 1) throw new Error('made twice');
		story.space = made[0]?.id ?? '';
		return made.length === 1 && messenger.network.get().relays.length === 1;
	},
};

const joining = (name: string): Stage => ({
	name: `${name} joins`,
	act(story) {
		const { space, asked } = story;
		const [alice, joiner] = [story.person('Alice'), story.person(name)];
		if (!isIn(alice, space) || !joiner.running || asked.has(name)) return;
		if (['ready', 'joining'].includes(stateOf(joiner, space) ?? '')) return;
		void alice.messenger.invite(space).then((invited) => {
			if (!invited.ok || !invited.value.reachable || !joiner.running) return;
			const { link } = invited.value;
			void joiner.messenger.join(link).then((kept) => {
				if (kept.ok) asked.set(name, link);
			});
		});
	},
	done: (story) => isIn(story.person(name), story.space),
});

/** Says it, unless that was acknowledged or the own device shows it. */
function saying(story: Story, name: string, text: string): void {
	const { world, space, said } = story;
	const node = story.person(name);
	if (!isIn(node, space) || said.has(text)) return;
	const conversation = talk(node, space);
	void conversation.messages.get();
	world.clock.after(100, () => {
		if (!node.running || conversation.messages.get().some((each) => each.text === text)) return;
		void conversation.send(text).then((sent) => {
			if (sent.ok) said.set(text, name);
		});
	});
}

const WORDS = [
	['Alice', 'Alice one'],
	['Bob', 'Bob one'],
	['Carol', 'Carol one'],
	['Bob', 'Bob two'],
] as const;

const talking: Stage = {
	name: 'talking',
	act(story) {
		for (const [name, text] of WORDS) saying(story, name, text);
	},
	async done(story) {
		const all = await shown(story, ['Alice', 'Bob', 'Carol']);
		return all.every((texts) =>
			WORDS.every(([, text]) => texts.filter((each) => each === text).length === 1),
		);
	},
};

const purging: Stage = {
	name: 'purging a message',
	act(story) {
		const alice = story.person('Alice');
		if (!isIn(alice, story.space) || story.marks.has('purged')) return;
		const { messages } = talk(alice, story.space);
		void messages.get();
		story.world.clock.after(100, () => {
			const found = messages.get().find(({ text }) => text === 'Bob one');
			if (found === undefined || !alice.running) return;
			void alice.messenger
				.moderation(story.space)
				.purge([found.id], 'not here')
				.then(({ ok }) => ok && story.marks.add('purged'));
		});
	},
	async done(story) {
		const all = await shown(story, ['Alice', 'Bob', 'Carol']);
		return all.every((texts) => texts.length === WORDS.length && !texts.includes('Bob one'));
	},
};

/** Bob's disk goes back to before he spoke, and alone he says something else in the same place. */
const forking: Stage = {
	name: 'recovering from a fork',
	before({ world, relays, restored, earlier }) {
		const disk = earlier(3).get('Bob');
		if (disk === undefined) throw new Error('no such stage');
		world.disk('Bob').restore(disk);
		restored.add('Bob');
		world.network.partition([['Bob'], ['Alice', 'Carol', ...relays.map(({ name }) => name)]]);
	},
	act(story) {
		const { world, marks } = story;
		if (marks.has('tried')) return;
		marks.add('tried');
		saying(story, 'Bob', 'Bob otherwise');
		world.clock.after(2000, () => {
			world.network.partition([]);
			marks.add('healed');
		});
	},
	done: ({ marks }) => marks.has('healed'),
	async unhindered(story) {
		const bob = story.person('Bob');
		const { device } = await selfOf(bob, story.space);
		return !equal(device.publicKey, bob.self.device.publicKey);
	},
};

const rotating: Stage = {
	name: 'a fresh prekey',
	later: PREKEY_AGE + 60_000,
	act: () => undefined,
	async done({ people, space, since }) {
		const books = new Set<string>();
		for (const node of people.values()) {
			if ((await selfOf(node, space)).prekeys.record.time < since) return false;
			books.add(toHex((await node.kept(space)).prekeys.digest()));
		}
		return books.size === 1;
	},
};

/** With a new epoch, in which those who are left talk on. */
const banning: Stage = {
	name: 'banning somebody',
	act(story) {
		const { space, marks } = story;
		const [alice, carol] = [story.person('Alice'), story.person('Carol')];
		if (!isIn(alice, space)) return;
		if (membersOf(alice, space).includes('Carol') && !marks.has('banned')) {
			const reason = { reason: 'Spam', voidInvites: false };
			const banned = alice.messenger.moderation(space).ban(rootOf(carol), reason);
			void banned.then(({ ok }) => ok && marks.add('banned'));
			return;
		}
		for (const name of ['Alice', 'Bob']) saying(story, name, `${name} without her`);
	},
	async done(story) {
		const { authority } = (await story.person('Alice').kept(story.space)).ledger;
		const recipients = authority.epoch?.content.recipients.map(({ device }) => toHex(device)) ?? [];
		if (authority.bans.size !== 1 || recipients.length !== 2) return false;
		const both = await shown(story, ['Alice', 'Bob']);
		return both.every((texts) =>
			['Alice', 'Bob'].every(
				(name) => texts.filter((text) => text === `${name} without her`).length === 1,
			),
		);
	},
};

export const STAGES: readonly Stage[] = [
	making,
	joining('Bob'),
	joining('Carol'),
	talking,
	purging,
	forking,
	rotating,
	banning,
];
