// True entries where there is no place for them: of another space, by others than members, before what they build on,
// beside the chain, beyond an end. [HO4]
import type { Entry } from '#lib/crdt/check-entry.ts';
import { HISTORY, SPACE_KIND, type Content } from '#lib/protocol/content.ts';
import { KIND, type Header } from '#lib/protocol/entry.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { channelOf, type Device } from '../devices.ts';
import { one, type HostileCase } from './case.ts';
import { carrying } from './deliver.ts';
import { forge, type Forgery } from './forge.ts';
import { spoken } from './packets.ts';
import type { HostileWorld } from './world.ts';

const zeros = (length: number): Bytes => new Uint8Array(length);
const id = (n: number): Bytes => zeros(32).fill(n);
const leave: Content = { kind: KIND.leave };
const words = (by: Device, text = 'Hm'): Content => ({
	kind: KIND.message,
	channel: channelOf(by),
	text,
	replyTo: null,
});

/** What Bob carries, whoever wrote it. */
const place = (
	name: string,
	reason: string,
	make: (world: HostileWorld) => Promise<Entry>,
): HostileCase =>
	one('HO4', name, reason, async (world, by) => carrying(by, (await make(world)).packet));

/** An entry by somebody who has no place in the space, with the help of Bob's keys. */
const helped = (world: HostileWorld, by: Device, forgery: Forgery): Promise<Entry> =>
	forge(by, {
		...forgery,
		keysOf: world.bob,
		header: {
			seq: 0,
			prev: zeros(0),
			authorityHeads: world.bob.space.ledger.authorityHeads(),
			...forgery.header,
		},
	});

/** Something timed at the very moment of what it builds on, or before. */
const early = (world: HostileWorld, content: Content, before: number): Promise<Entry> => {
	const { ledger } = world.bob.space;
	const [head] = ledger.authorityHeads();
	const time = head && ledger.control.get(toHex(head))?.entry.header.time;
	if (time === undefined) throw new Error('there is a head');
	const header: Partial<Header> = { time: { ...time, ms: time.ms - before } };
	return forge(world.bob, { content, header });
};

export const places: readonly HostileCase[] = [
	place('a message that names another space', 'other-space', ({ bob }) =>
		spoken(bob, { space: id(9) }),
	),
	place('a control entry that names another space', 'other-space', ({ bob }) =>
		forge(bob, { content: leave, header: { space: id(9) } }),
	),
	place('a message of another space', 'other-space', ({ olga }) => spoken(olga)),
	place('another GENESIS', 'other-space', ({ bob }) =>
		forge(bob, {
			content: {
				kind: KIND.genesis,
				spaceKind: SPACE_KIND.community,
				name: 'Friends',
				history: HISTORY.everything,
				spaceKey: id(1),
				founder: bob.self.member,
			},
			header: { seq: 0, prev: zeros(0), authorityHeads: [] },
		}),
	),
	place('a stranger’s message', 'not-a-member', (world) =>
		helped(world, world.mallory, { content: words(world.bob) }),
	),
	place('a stranger’s INVITE, under the members’ key', 'not-a-member', (world) =>
		helped(world, world.mallory, {
			content: {
				kind: KIND.invite,
				inviteKey: id(1),
				uses: 9,
				expiry: 0,
				role: 0,
				lobbySecret: id(2),
				relays: [],
			},
		}),
	),
	place('a message of Bob’s device in Carol’s name', 'not-a-member', ({ bob, carol }) =>
		spoken(bob, { author: carol.self.rootHash }),
	),
	place('a LEAVE of Bob’s device in Carol’s name', 'not-a-member', ({ bob, carol }) =>
		forge(bob, { content: leave, header: { author: carol.self.rootHash } }),
	),
	place('a GRANT of Bob’s device in Alice’s name', 'not-a-member', ({ bob, alice }) =>
		forge(bob, {
			content: { kind: KIND.grant, target: bob.self.rootHash },
			header: { author: alice.self.rootHash },
		}),
	),
	place('a message of a device that Bob never brought in', 'not-a-member', (world) =>
		helped(world, world.mallory, {
			content: words(world.bob),
			header: { author: world.bob.self.rootHash },
		}),
	),
	place('a message at the time of what it builds on', 'not-after-dependencies', (world) =>
		early(world, words(world.bob), 0),
	),
	place('a control entry from before what it builds on', 'not-after-dependencies', (world) =>
		early(world, leave, 50_000),
	),
	place('a message from before the one it follows', 'not-after-dependencies', ({ bob, his }) =>
		spoken(bob, {
			time: { ...his.header.time, ms: his.header.time.ms - 1 },
			authorityHeads: his.header.authorityHeads.slice(0, 0),
		}),
	),
	place('a message that follows another than is held', 'broken-chain', ({ bob }) =>
		spoken(bob, { prev: id(9) }),
	),
	place('a message far ahead in its feed', 'waits', ({ bob }) => spoken(bob, { seq: 1000 })),
	place('a message at the last place there is', 'waits', ({ bob }) =>
		spoken(bob, { seq: Number.MAX_SAFE_INTEGER }),
	),
	place('a message on what nobody has', 'waits', ({ bob }) =>
		spoken(bob, { authorityHeads: Array.from({ length: 16 }, (_, n) => id(n)) }),
	),
	place('a control entry on what nobody has', 'waits', ({ bob }) =>
		forge(bob, { content: leave, header: { authorityHeads: [id(9)] } }),
	),
	place('a control entry under a key that nobody has', 'waits', ({ bob }) =>
		forge(bob, {
			content: leave,
			header: { key: { mode: 'control', epoch: zeros(16).fill(9), salt: zeros(16) } },
		}),
	),
	place('an ADMIT on an INVITE that nobody has', 'waits', ({ bob, mallory }) =>
		forge(bob, {
			content: {
				kind: KIND.admit,
				invite: id(9),
				proof: zeros(64),
				member: mallory.self.member,
				tokenHash: id(1),
				epoch: zeros(16),
				step: 1,
			},
		}),
	),
	place('a message of who has left', 'after-leaving', ({ erin }) => spoken(erin)),
	place('a message of who is banned', 'beyond-fence', ({ dave }) => spoken(dave)),
	place('a message of who is banned, dated back', 'beyond-fence', ({ dave, hers }) =>
		spoken(dave, {
			time: { ...hers.header.time, counter: 7 },
			authorityHeads: [],
		}),
	),
	place('what was said before, again', 'known', ({ his }) => Promise.resolve(his)),
	place('what was said before, without its text', 'known', ({ his }) =>
		Promise.resolve({ ...his, packet: { ...his.packet, wraps: null, body: null } }),
	),
	{
		rule: 'HO4',
		name: 'more beyond a fork of one’s own',
		reasons: ['forked', 'frozen'],
		async frames({ bob, his }) {
			const { prev, seq } = his.header;
			const other = await spoken(bob, { seq, prev }, 'Never said');
			const next = await forge(bob, { content: words(bob), after: other });
			return [carrying(bob, other.packet), carrying(bob, next.packet)];
		},
	},
];
