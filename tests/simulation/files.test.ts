// Files among people on simulated devices: sent with a message, fetched over direct links, and gone when they should be.
import { beforeEach, describe, expect, it } from 'vitest';
import type { FileSource, TransferView } from '#lib/messenger/files-api.ts';
import type { MessageView } from '#lib/messenger/api.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { concat, equal, utf8, type Bytes } from '#lib/util/bytes.ts';
import { bringIn, createWorld, found, talk, useRelay, type World } from './world.ts';

const CANARY = utf8('canary-5d1c-file');

function plainOf(size: number): Bytes {
	const bytes = new Uint8Array(size);
	for (let i = 0; i < size; i++) bytes[i] = (i * 31 + (i >> 10) * 5) & 0xff;
	bytes.set(CANARY.subarray(0, size));
	return bytes;
}
const sourceOf = (name: string, plain: Bytes, type = 'application/zip'): FileSource => ({
	name,
	type,
	size: plain.length,
	read: async (from, to) => plain.slice(from, to),
});

describe('files in a space of three', () => {
	let world: World;
	let space: string;
	let alice: SimulatedNode;
	let bob: SimulatedNode;
	let carol: SimulatedNode;

	beforeEach(async () => {
		world = createWorld(77);
		await world.addRelay('relay');
		alice = await world.addNode('Alice');
		bob = await world.addNode('Bob');
		carol = await world.addNode('Carol');
		for (const { messenger } of [alice, bob, carol]) {
			await world.finish(messenger.fileSettings.setAutomatic(0));
		}
		await useRelay(world, alice, 'relay');
		space = await found(world, alice);
		await bringIn(world, alice, bob, space);
		await bringIn(world, alice, carol, space);
		for (const node of [alice, bob, carol]) await untilLinked(node);
	});

	const untilLinked = (node: SimulatedNode): Promise<void> =>
		world.until(
			() => node.messenger.network.get().state === 'direct',
			30_000,
			`${node.name} linked`,
		);

	async function send(
		from: SimulatedNode,
		files: readonly FileSource[],
		text = '',
	): Promise<MessageView> {
		const [channel] = from.messenger.channels(space).get();
		const sent = await world.finish(
			from.messenger.files(space).send(channel?.id ?? '', text, files),
		);
		expect(sent).toEqual({ ok: true, value: undefined });
		await world.run(1000);
		const own = talk(from, space);
		await world.run(100);
		const message = own.messages.get().at(-1);
		own.close();
		if (message?.files === undefined) throw new Error('no files');
		return message;
	}
	async function lastSeen(node: SimulatedNode): Promise<MessageView> {
		const conversation = talk(node, space);
		await world.run(200);
		const message = conversation.messages.get().at(-1);
		conversation.close();
		if (message === undefined) throw new Error('nothing said');
		return message;
	}
	const placeOf = (message: MessageView): string => message.files?.place ?? '';
	const look = (node: SimulatedNode, place: string): Promise<TransferView> =>
		world.finish(node.messenger.files(space).look(place));
	async function read(node: SimulatedNode, place: string, index: number, ...range: number[]) {
		const parts: Bytes[] = [];
		const work = (async () => {
			for await (const part of node.messenger.files(space).read(place, index, ...range)) {
				parts.push(part);
			}
		})();
		await world.finish(work);
		return concat(...parts);
	}
	const startFetch = (node: SimulatedNode, place: string): Promise<boolean> =>
		world.finish(node.messenger.files(space).fetch(place));
	async function untilWhole(node: SimulatedNode, place: string): Promise<void> {
		for (let n = 0; n < 200; n++) {
			if ((await look(node, place)).state === 'whole') return;
			await world.run(250);
		}
		throw new Error(`${node.name} did not get it all: ${JSON.stringify(await look(node, place))}`);
	}
	const holdsFiles = (name: string): boolean => world.content(name).chunks().length > 0;
	const PICTURE = plainOf(70_000);
	const FILM = plainOf(1_500_000);

	it('[AF3] [FL3] [FL4] come with a message, and are read as they were by whoever fetches them', async () => {
		const sent = await send(
			alice,
			[sourceOf('../a\u202Eb.png', PICTURE, 'image/png'), sourceOf('film.mp4', FILM, 'video/mp4')],
			'look',
		);
		const seen = await lastSeen(bob);
		expect(seen.text).toBe('look');
		expect(seen.files?.files.map(({ name, size, showable }) => [name, size, showable])).toEqual([
			['ab.png', 70_000, 'image'],
			['film.mp4', 1_500_000, 'video'],
		]);
		expect(placeOf(seen)).toBe(placeOf(sent));
		expect((await look(bob, placeOf(seen))).state).toBe('absent');
		expect(holdsFiles('Bob')).toBe(false);
		expect(await startFetch(bob, placeOf(seen))).toBe(true);
		await untilWhole(bob, placeOf(seen));
		expect(equal(await read(bob, placeOf(seen), 0), PICTURE)).toBe(true);
		expect(equal(await read(bob, placeOf(seen), 1), FILM)).toBe(true);
		expect(
			equal(await read(bob, placeOf(seen), 1, 65_000, 140_000), FILM.subarray(65_000, 140_000)),
		).toBe(true);
		// Nothing lies there open, and nothing that says what it is.
		for (const name of ['Alice', 'Bob']) {
			for (const chunk of world.content(name).chunks()) {
				expect(Buffer.from(chunk).includes(Buffer.from(CANARY))).toBe(false);
			}
		}
	});

	it('[FL4] come from any member who has them, and from several at once', async () => {
		const sent = await send(alice, [sourceOf('film.mp4', FILM)]);
		const place = placeOf(sent);
		await startFetch(bob, place);
		await untilWhole(bob, place);
		await alice.stop();
		await startFetch(carol, place);
		await untilWhole(carol, place);
		expect(equal(await read(carol, place, 0), FILM)).toBe(true);
	});

	it('[FL4] [TR7] go on after a restart from what is here, and wait for somebody who has them', async () => {
		const place = placeOf(await send(alice, [sourceOf('film.mp4', plainOf(6_000_000))]));
		await alice.stop();
		expect(await startFetch(bob, place)).toBe(true);
		await world.run(2000);
		expect((await look(bob, place)).state).toBe('waiting');
		await alice.start();
		for (let n = 0; n < 400 && !holdsFiles('Bob'); n++) await world.run(50);
		bob.crash();
		const before = world.content('Bob').chunks().length;
		expect(before).toBeGreaterThan(0);
		await world.run(1000);
		await bob.start();
		await untilWhole(bob, place);
		expect(equal(await read(bob, place, 0), plainOf(6_000_000))).toBe(true);
	});

	it('[TB1] [FL2] go with a purge everywhere, those under way too', async () => {
		const sent = await send(bob, [sourceOf('film.mp4', FILM)], 'not here');
		const place = placeOf(sent);
		await startFetch(alice, place);
		await untilWhole(alice, place);
		await bob.messenger.files(space).pause(place);
		await startFetch(carol, place);
		await world.run(30);
		const purged = await world.finish(alice.messenger.moderation(space).purge([sent.id], 'no'));
		expect(purged.ok).toBe(true);
		await world.run(5000);
		for (const node of [alice, bob, carol]) {
			expect([node.name, holdsFiles(node.name)]).toEqual([node.name, false]);
			expect((await lastSeen(node)).files).toBeUndefined();
			expect((await look(node, place)).state).toBe('absent');
			expect(await startFetch(node, place)).toBe(false);
			expect(await world.finish(node.messenger.files(space).usage())).toEqual([]);
		}
	});

	it('[FL2] leave nothing behind when they could not be sent, or the device ended meanwhile', async () => {
		const [channel] = alice.messenger.channels(space).get();
		const files = alice.messenger.files(space);
		const id = channel?.id ?? '';
		const broken: FileSource = {
			...sourceOf('broken', FILM),
			read: async (from, to) => {
				if (from > 1_000_000) throw new Error('gone');
				return FILM.slice(from, to);
			},
		};
		expect(await world.finish(files.send(id, '', [broken]))).toMatchObject({
			error: { type: 'unreadable' },
		});
		const shrunk = { ...sourceOf('shrunk', FILM), size: FILM.length + 5 };
		expect(await world.finish(files.send(id, '', [shrunk]))).toMatchObject({
			error: { type: 'unreadable' },
		});
		expect(await world.finish(files.send(id, '', []))).toMatchObject({
			error: { type: 'too-many' },
		});
		const huge = { ...sourceOf('huge', FILM), size: 2 ** 31 + 1 };
		expect(await world.finish(files.send(id, '', [huge]))).toMatchObject({
			error: { type: 'too-large' },
		});
		world.content('Alice').room = 1_000_000;
		expect(await world.finish(files.send(id, '', [sourceOf('film', FILM)]))).toMatchObject({
			error: { type: 'no-room' },
		});
		world.content('Alice').room = null;
		world.content('Alice').onWrite = (_, chunk) =>
			chunk === 1 ? { type: 'full', detail: 'no room' } : undefined;
		expect(await world.finish(files.send(id, '', [sourceOf('film', FILM)]))).toMatchObject({
			error: { type: 'no-room' },
		});
		world.content('Alice').onWrite = undefined;
		expect(holdsFiles('Alice')).toBe(false);

		// The disk stops at the very commit that would name what has been written.
		world.disk('Alice').onCommit = (writes) =>
			writes.some(({ table }) => table === 'file') ? 'crash-before' : 'apply';
		void files.send(id, '', [sourceOf('film', FILM)]);
		await world.run(2000);
		expect(holdsFiles('Alice')).toBe(true);
		alice.crash();
		world.disk('Alice').onCommit = undefined;
		await alice.start();
		await world.run(1000);
		expect(holdsFiles('Alice')).toBe(false);
	});

	it('[FL5] are counted, and freed without the message', async () => {
		const place = placeOf(await send(alice, [sourceOf('film.mp4', FILM)], 'see'));
		await startFetch(bob, place);
		await untilWhole(bob, place);
		const usage = await world.finish(bob.messenger.files(space).usage());
		expect(usage).toMatchObject([
			{ place, bytes: 1_572_864, state: 'whole', isOwn: false, names: ['film.mp4'] },
		]);
		await world.finish(bob.messenger.files(space).free(place));
		expect(holdsFiles('Bob')).toBe(false);
		expect((await lastSeen(bob)).text).toBe('see');
		expect((await look(bob, place)).state).toBe('absent');
	});

	it('[FL5] stay known once freed, also after a restart, and come again from whoever has them', async () => {
		const place = placeOf(await send(alice, [sourceOf('film.mp4', FILM)]));
		await startFetch(bob, place);
		await untilWhole(bob, place);
		await world.finish(alice.messenger.files(space).free(place));
		await alice.stop();
		await alice.start();
		await untilLinked(alice);
		await world.run(1000);
		const files = alice.messenger.files(space);
		const freed = { place, bytes: 0, size: FILM.length, state: 'freed', names: ['film.mp4'] };
		expect(await world.finish(files.usage())).toMatchObject([freed]);
		expect(holdsFiles('Alice')).toBe(false);
		expect(await read(alice, place, 0)).toHaveLength(0);
		await world.finish(files.pause(place));
		expect((await look(alice, place)).state).toBe('absent');
		expect(await startFetch(alice, place)).toBe(true);
		await untilWhole(alice, place);
		expect(equal(await read(alice, place, 0), FILM)).toBe(true);
		expect(await world.finish(files.usage())).toMatchObject([
			{ ...freed, state: 'whole', bytes: 1_572_864 },
		]);
	});

	it('[FL5] leave nothing here when they are freed while they come', async () => {
		const place = placeOf(await send(alice, [sourceOf('film.mp4', plainOf(6_000_000))]));
		await startFetch(bob, place);
		for (let n = 0; n < 400 && !holdsFiles('Bob'); n++) await world.run(5);
		expect(holdsFiles('Bob')).toBe(true);
		await world.finish(bob.messenger.files(space).free(place));
		await world.run(5000);
		expect(holdsFiles('Bob')).toBe(false);
		expect((await look(bob, place)).state).toBe('absent');
	});

	it('[FL5] leave nothing of a chunk that is being written while they are freed', async () => {
		const place = placeOf(await send(alice, [sourceOf('film.mp4', FILM)]));
		let finishWriting = (): void => undefined;
		let writing = 0;
		const written = new Promise<undefined>((resolve) => {
			finishWriting = () => {
				resolve(undefined);
			};
		});
		world.content('Bob').onWrite = () => {
			writing += 1;
			return written;
		};
		await startFetch(bob, place);
		await world.until(() => writing > 0, 10_000, 'Bob writes');
		await world.finish(bob.messenger.files(space).free(place));
		expect(holdsFiles('Bob')).toBe(false);
		finishWriting();
		await world.run(1000);
		expect(holdsFiles('Bob')).toBe(false);
	});
	it('[FL5] are not told as gone when they were never all here', async () => {
		const place = placeOf(await send(alice, [sourceOf('film.mp4', FILM)]));
		const files = bob.messenger.files(space);
		await alice.stop();
		await startFetch(bob, place);
		expect(await world.finish(files.usage())).toMatchObject([{ place, state: 'partly' }]);
		await world.finish(files.free(place));
		expect(await world.finish(files.usage())).toEqual([]);
		await bob.stop();
		await alice.start();
		await bob.start();
		await untilLinked(bob);
		expect(await world.finish(bob.messenger.files(space).usage())).toEqual([]);
		expect((await look(bob, place)).state).toBe('absent');
		await startFetch(bob, place);
		await untilWhole(bob, place);
		expect(equal(await read(bob, place, 0), FILM)).toBe(true);
	});
	it('[TW9] are given to members alone', async () => {
		const place = placeOf(await send(alice, [sourceOf('film.mp4', FILM)]));
		await world.run(1000);
		const [member] = alice.messenger
			.members(space)
			.get()
			.filter(({ name }) => name === 'Carol');
		await world.finish(
			alice.messenger
				.moderation(space)
				.ban(member?.rootHash ?? '', { reason: '', voidInvites: false }),
		);
		await world.run(5000);
		expect(world.content('Carol').chunks()).toEqual([]);
		await startFetch(bob, place);
		await untilWhole(bob, place);
		await world.run(5000);
		expect(world.content('Carol').chunks()).toEqual([]);
	});
});
