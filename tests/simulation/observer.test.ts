// A relay that writes down every frame, and what it can make of them.
import { describe, expect, it } from 'vitest';
import { shareTold } from '../support/telling-apart.ts';
import { isBucket } from '#lib/protocol/block.ts';
import {
	decodeClientFrame,
	decodeRelayFrame,
	MAX_CHUNK,
	type ClientFrame,
} from '#lib/protocol/mailbox.ts';
import { concat, fromHex, utf8, type Bytes } from '#lib/util/bytes.ts';
import { addressOf, bringIn, createWorld, reader, say, useRelay, type World } from './world.ts';

interface Session {
	readonly frames: readonly Bytes[];
	/** What was asked of the relay. */
	readonly asked: readonly ClientFrame[];
	/** Sizes of all blocks, both ways. */
	readonly blocks: readonly number[];
	/** What nobody but the two may know, by name. */
	readonly secrets: ReadonlyMap<string, Bytes>;
}

const SPACE = 'The gardeners of Ulm';
const TEXTS = Array.from({ length: 60 }, (_, n) =>
	`This is the ${String(n)}th thing that is said, ${'and said again '.repeat(n % 40)}`.trim(),
);

/** Two people found a space, meet, write to each other and come back: all of it through one relay. */
async function record(seed: number): Promise<Session> {
	const world: World = createWorld(seed);
	const frames: Bytes[] = [];
	const asked: ClientFrame[] = [];
	const blocks: number[] = [];
	world.network.watch = ({ to, frame, over }) => {
		if (over !== 'relay') return;
		frames.push(frame);
		const decoded = to === 'relay' ? decodeClientFrame(frame) : decodeRelayFrame(frame);
		if (!decoded.ok) throw new Error('neither says what it should');
		if ('block' in decoded.value) blocks.push(decoded.value.block.length);
		if (to === 'relay') asked.push(decoded.value as ClientFrame);
	};
	await world.addRelay('relay');
	const alice = await world.addNode('Alice Liddell', { direct: false });
	const bob = await world.addNode('Bob Hargreaves', { direct: false });
	await useRelay(world, alice, 'relay');
	const made = await world.finish(alice.messenger.createSpace('community', SPACE));
	if (!made.ok) throw new Error(made.error.type);
	const space = made.value;
	await bringIn(world, alice, bob, space);
	const [hers, his] = [reader(alice, space), reader(bob, space)];
	for (const [n, text] of TEXTS.entries()) {
		await say(world, n % 2 === 0 ? alice : bob, space, text);
		await world.until(() => [hers(), his()].every((read) => read.includes(text)), 30_000, text);
	}
	await bob.stop();
	await say(world, alice, space, 'Where are you?');
	await world.run(5000);
	await bob.start();
	const again = reader(bob, space);
	await world.until(() => again().includes('Where are you?'), 30_000, 'Bob reads on');

	const id = fromHex(space);
	if (id === undefined) throw new Error('a space without an id');
	return {
		...{ frames, asked, blocks },
		secrets: new Map<string, Bytes>([
			['the space’s id', id],
			['the space’s name', utf8(SPACE)],
			['a text', utf8('thing that is said')],
			['the relay’s own address', utf8(addressOf('relay'))],
			...[alice, bob].flatMap(({ name, self }): [string, Bytes][] => [
				[`${name}’s name`, utf8(name)],
				[`${name}’s Root Hash`, self.rootHash],
				[`${name}’s device`, self.device.publicKey],
			]),
		]),
	};
}

const seenIn = (frames: readonly Bytes[], secrets: Session['secrets']): string[] =>
	[...secrets]
		.filter(([, secret]) =>
			frames.some((frame) => Buffer.from(frame).includes(Buffer.from(secret))),
		)
		.map(([name]) => name);

/** Everything that was put, each as its name, the hash that deletes it and what is in it. */
const putIn = ({ asked }: Session): Bytes[] =>
	asked.flatMap((frame) =>
		frame.type === 'put' ? [concat(frame.packet, frame.deleteHash, frame.block)] : [],
	);

describe('a relay that records everything', () => {
	it('[BL4] sees no name, no Root Hash, no id of a space, no word, and no size but the buckets', async () => {
		const session = await record(401);
		expect(session.frames.length).toBeGreaterThan(300);
		expect(seenIn(session.frames, session.secrets)).toEqual([]);
		expect(session.blocks.length).toBeGreaterThan(60);
		expect(session.blocks.filter((size) => !isBucket(size))).toEqual([]);
		expect(new Set(session.blocks).size).toBeGreaterThan(1);
		for (const frame of session.asked) {
			if (frame.type === 'chunk') expect(frame.bytes.length).toBe(MAX_CHUNK);
		}
		// It would have been found.
		const leak = [...session.secrets].map(([, secret]) => concat(new Uint8Array(99), secret));
		expect(seenIn(leak, session.secrets)).toEqual([...session.secrets.keys()]);
	});

	it('[BL4] can’t tell two spaces apart by what is put in them', async () => {
		const [one, other] = [putIn(await record(402)), putIn(await record(403))];
		const pairs = Math.min(one.length, other.length);
		expect(pairs).toBeGreaterThan(60);
		// Guesses about `pairs` packets: by chance half of them are right, give or take four times the deviation.
		const luck = (4 * Math.sqrt(pairs / 4)) / pairs;
		expect(Math.abs(shareTold(one, other) - 0.5)).toBeLessThan(luck);

		// It could, if there were anything: nine bytes anywhere, or the same low bits in sixteen places.
		const marked =
			(mark: string) =>
			(packet: Bytes, n: number): Bytes => {
				const copy = packet.slice();
				copy.set(utf8(mark), 70 + ((n * 37) % 900));
				return copy;
			};
		const skewed =
			(low: number) =>
			(packet: Bytes): Bytes => {
				const copy = packet.slice();
				for (let at = 64; at < 80; at++) copy[at] = ((copy[at] ?? 0) & 0xf0) | low;
				return copy;
			};
		expect(shareTold(one.map(marked('bonn bonn')), other.map(marked('ulm & ulm')))).toBeGreaterThan(
			0.95,
		);
		expect(shareTold(one.map(skewed(3)), other.map(skewed(12)))).toBeGreaterThan(0.9);
	});
});
