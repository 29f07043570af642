// What the length of a frame tells: everything that two people do, watched by the relay and along the link between them.
import { describe, expect, it } from 'vitest';
import type { Conversation } from '#lib/messenger/api.ts';
import { decodeClientFrame, decodeRelayFrame } from '#lib/protocol/mailbox.ts';
import { BUCKETS } from '#lib/protocol/limits.ts';
import type { Passing } from '#lib/simulation/wire.ts';
import { toHex } from '#lib/util/bytes.ts';
import { addressOf, createWorld, isIn, talk, type World } from './world.ts';

/** What is said and named in a session. */
interface Words {
	readonly space: string;
	readonly channel: string;
	readonly reason: string;
	readonly texts: readonly string[];
}

async function done<T extends { readonly ok: boolean }>(
	world: World,
	work: Promise<T>,
): Promise<Extract<T, { readonly ok: true }>> {
	const result = await world.finish(work);
	if (!result.ok) throw new Error(JSON.stringify(result));
	return result as Extract<T, { readonly ok: true }>;
}

const idOf = (shown: Conversation, text: string): string =>
	shown.messages.get().find((each) => each.text === text)?.id ?? '';

/** From the first relay to a ban; every frame on its way, in order. */
async function session(direct: boolean, words: Words): Promise<Passing[]> {
	const world = createWorld(141);
	const seen: Passing[] = [];
	world.network.watch = (passing) => seen.push(passing);
	await world.addRelay('relay');
	const alice = await world.addNode('Alice', { direct });
	const bob = await world.addNode('Bob', { direct });
	await done(world, alice.messenger.addRelay(addressOf('relay')));
	const { value: space } = await done(world, alice.messenger.createSpace('community', words.space));
	await world.run(500);
	const { value: invited } = await done(world, alice.messenger.invite(space));
	await world.run(500);
	await done(world, bob.messenger.join(invited.link));
	await world.until(() => isIn(bob, space), 20_000, 'Bob joins');
	await world.run(20_000);

	const [hers, his] = [talk(alice, space), talk(bob, space)];
	const says = async (from: Conversation, to: Conversation, text: string): Promise<void> => {
		await done(world, from.send(text));
		await world.until(() => idOf(to, text) !== '', 20_000, 'it is read');
		await world.run(200);
	};
	for (const [n, text] of words.texts.entries()) {
		await (n % 2 === 0 ? says(hers, his, text) : says(his, hers, text));
	}
	const [first = '', second = '', third = '', fourth = ''] = words.texts;
	await done(world, his.send(first + second, idOf(his, first)));
	await world.run(1000);
	const moderation = alice.messenger.moderation(space);
	const member = bob.messenger.moderation(space);
	const { value: channel } = await done(world, moderation.createChannel(words.channel));
	await world.run(1000);
	const change = { name: words.channel.toUpperCase(), timer: 3600 };
	await done(world, moderation.editChannel(channel, change));
	await done(world, member.report(idOf(his, third), words.reason));
	await world.run(1000);
	await done(world, moderation.purge([idOf(hers, fourth)], words.reason));
	await done(world, member.purge([idOf(his, second)], ''));
	await world.run(1000);
	// Left for somebody who is away, and found there.
	await bob.stop();
	await world.run(1000);
	await done(world, hers.send(third));
	await world.run(5000);
	await bob.start();
	await world.run(15_000);
	const root = toHex(bob.self.rootHash);
	await done(world, moderation.grant(root));
	await world.run(1000);
	await done(world, moderation.revoke(root, words.reason));
	await world.run(1000);
	await done(world, moderation.shadowBan(root, words.reason));
	await world.run(1000);
	await done(world, moderation.ban(root, { reason: words.reason, voidInvites: true }));
	await world.run(40_000);
	return seen;
}

const SIZES = [1, 30, 300, 700, 1400, 3000, 6000, 8192];
/** Words of which only their number of characters is the same, plus or minus a few. */
const words = (letter: string, more: number): Words => ({
	space: letter.repeat(4 + more),
	channel: letter.repeat(5 + more),
	reason: letter.repeat(12 + more),
	texts: SIZES.map((size, n) => `${n}${letter.repeat(Math.max(0, size - 20 + more))}`),
});

const toLine = ({ from, to, over, frame }: Passing): string =>
	`${from} → ${to} ${over} ${frame.length}`;

describe.each([
	['through a relay', false],
	['over a direct link', true],
] as const)('a session %s', (_, direct) => {
	it('[BL1] shows the relay nothing sealed that is not of a bucket’s size', async () => {
		const seen = await session(direct, words('a', 0));
		const sizes = new Set<number>();
		const others = new Map<string, number[]>();
		for (const { from, frame, over } of seen) {
			if (over === 'direct') continue;
			const decoded = from === 'relay' ? decodeRelayFrame(frame) : decodeClientFrame(frame);
			if (!decoded.ok) throw new Error('no such frame');
			const { value } = decoded;
			if ('block' in value) {
				sizes.add(value.block.length);
				const around = frame.length - value.block.length;
				expect(around).toBeLessThan(300);
				continue;
			}
			// Long by its kind and the number of things it lists, but for a few bytes that numbers take.
			const { path } =
				value.type === 'stored' || value.type === 'deleted' ? value.receipt : { path: [] };
			const fields: unknown[] = Object.values(value);
			const lists = [...fields, path].filter((field) => Array.isArray(field));
			const count = lists.reduce((sum, list) => sum + list.length, 0);
			const kind = `${value.type} of ${count}`;
			others.set(kind, [...(others.get(kind) ?? []), frame.length]);
		}
		expect([...sizes].filter((size) => !(BUCKETS as readonly number[]).includes(size))).toEqual([]);
		expect(sizes.size).toBeGreaterThan(direct ? 1 : 3);
		const spread = [...others].map(
			([kind, lengths]) => [kind, Math.max(...lengths) - Math.min(...lengths)] as const,
		);
		expect(spread.filter(([, difference]) => difference > 8)).toEqual([]);
	});

	it('[BL1] [BL3] is frame by frame as long whatever is said in it, bucket by bucket', async () => {
		const one = (await session(direct, words('a', 0))).map(toLine);
		const other = (await session(direct, words('b', 7))).map(toLine);
		expect(one.length).toBeGreaterThan(200);
		expect(other).toEqual(one);
	});
});
