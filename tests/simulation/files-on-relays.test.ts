// Files for those who are away: left on relays, found there, and gone from there when nobody needs them any longer.
import { describe, expect, it } from 'vitest';
import { decodeClientFrame } from '#lib/protocol/mailbox.ts';
import { err } from '#lib/util/result.ts';
import { equal } from '#lib/util/bytes.ts';
import { bringIn } from './world.ts';
import { fileScene, placeOf, plainOf, type FileScene } from './file-scene.ts';

const SIZE = 6_000_000;
const CHUNKS = 6;

const counts = (scene: FileScene): number[] => scene.relays.map((relay) => scene.onRelay(relay));
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

async function untilGone(scene: FileScene): Promise<void> {
	await scene.world.until(() => sum(counts(scene)) === 0, 30_000, 'relays hold nothing');
}

describe('files for who is away', () => {
	it('[FR1] [FR2] [FR3] [FR4] [FR5] lie on two relays each, are found there, and go once everybody has them', async () => {
		const scene = await fileScene(301, ['one', 'two', 'three']);
		const { world, alice, bob } = scene;
		await bob.stop();
		const place = placeOf(await scene.send(alice, SIZE));
		await scene.untilLeft(place);
		expect(sum(counts(scene))).toBe(2 * CHUNKS);
		for (const count of counts(scene)) expect(count).toBeGreaterThan(0);
		// In none of the mailboxes that messages lie in.
		const boxes = scene.relays.flatMap(({ store }) => [...store.snapshot().mailboxes.values()]);
		const kinds = boxes
			.map(({ packets }) => [...packets.values()].map(({ chunks }) => chunks > 0))
			.filter((each) => each.length > 0);
		expect(kinds.every((each) => new Set(each).size === 1)).toBe(true);
		expect(new Set(kinds.map(([isFile]) => isFile))).toEqual(new Set([true, false]));
		await alice.stop();
		await bob.start();
		await world.run(3000);
		expect(placeOf(await scene.lastSeen(bob))).toBe(place);
		expect(await scene.fetch(bob, place)).toBe(true);
		await scene.untilWhole(bob, place);
		expect(equal(await scene.read(bob, place), plainOf(SIZE))).toBe(true);
		await untilGone(scene);
	});

	it('[FR5] are left nowhere while all who lack them are linked, or have them', async () => {
		const scene = await fileScene(302, ['one', 'two']);
		const { world, alice, bob } = scene;
		await world.until(() => bob.messenger.network.get().state === 'direct', 30_000, 'linked');
		const place = placeOf(await scene.send(alice, SIZE));
		await world.run(20_000);
		expect(counts(scene)).toEqual([0, 0]);
		await scene.fetch(bob, place);
		await scene.untilWhole(bob, place);
		await bob.stop();
		await world.run(40_000);
		expect(counts(scene)).toEqual([0, 0]);
		// Nor is it done for them after a restart.
		await alice.stop();
		await alice.start();
		await world.run(40_000);
		expect(counts(scene)).toEqual([0, 0]);
	});

	it('[FR5] are left when somebody goes who did not take them', async () => {
		const scene = await fileScene(303, ['one', 'two']);
		const { world, alice, bob } = scene;
		await world.until(() => bob.messenger.network.get().state === 'direct', 30_000, 'linked');
		const place = placeOf(await scene.send(alice, SIZE));
		await bob.stop();
		await scene.untilLeft(place);
		expect(counts(scene)).toEqual([CHUNKS, CHUNKS]);
	});

	it('[FR3] come by relays where no direct link comes about', async () => {
		const scene = await fileScene(304, ['one', 'two']);
		const { world, alice, bob } = scene;
		world.network.blockDirect(() => true);
		world.network.drop('Bob');
		await bob.stop();
		await bob.start();
		await world.run(5000);
		const place = placeOf(await scene.send(alice, SIZE));
		await world.run(2000);
		await scene.lastSeen(bob);
		await scene.fetch(bob, place);
		await scene.untilWhole(bob, place);
		expect(equal(await scene.read(bob, place), plainOf(SIZE))).toBe(true);
		await untilGone(scene);
	});

	it('[FR5] [FR3] survive a relay that dies while they are left, and one while they are fetched', async () => {
		const scene = await fileScene(305, ['one', 'two', 'three']);
		const { world, alice, bob, relays } = scene;
		await bob.stop();
		const place = placeOf(await scene.send(alice, SIZE));
		await world.until(() => sum(counts(scene)) >= 3, 60_000, 'some are left');
		relays[0]!.stop();
		await scene.untilLeft(place);
		await alice.stop();
		relays[0]!.start();
		await bob.start();
		await world.run(5000);
		await scene.lastSeen(bob);
		await scene.fetch(bob, place);
		await world.until(() => world.content('Bob').chunks().length >= 2, 60_000, 'some came');
		relays[1]!.stop();
		await scene.untilWhole(bob, place);
		expect(equal(await scene.read(bob, place), plainOf(SIZE))).toBe(true);
	});

	it('[FR6] go on being left, and being fetched, after a crash', async () => {
		const scene = await fileScene(306, ['one', 'two']);
		const { world, alice, bob } = scene;
		await bob.stop();
		const place = placeOf(await scene.send(alice, SIZE));
		await world.until(() => sum(counts(scene)) >= 8, 60_000, 'some are left');
		alice.crash();
		expect(sum(counts(scene))).toBeLessThan(2 * CHUNKS);
		await world.run(1000);
		let begun = 0;
		world.network.watch = ({ from, frame, over }) => {
			if (from !== 'Alice' || over !== 'relay') return;
			const asked = decodeClientFrame(frame);
			if (asked.ok && asked.value.type === 'put' && asked.value.chunks > 0) begun += 1;
		};
		await alice.start();
		await scene.untilLeft(place);
		expect(sum(counts(scene))).toBe(2 * CHUNKS);
		expect(begun).toBeGreaterThan(0);
		expect(begun).toBeLessThan(2 * CHUNKS);
		await alice.stop();
		await bob.start();
		await world.run(3000);
		await scene.lastSeen(bob);
		await scene.fetch(bob, place);
		await world.until(() => world.content('Bob').chunks().length >= 2, 60_000, 'some came');
		bob.crash();
		await world.run(1000);
		await bob.start();
		await scene.untilWhole(bob, place);
		expect(equal(await scene.read(bob, place), plainOf(SIZE))).toBe(true);
		await untilGone(scene);
	});

	it('[FR7] that relays have no room for, or that are too large for any, go when both are there', async () => {
		const scene = await fileScene(307, ['one', 'two']);
		const { world, alice, bob, relays } = scene;
		await bob.stop();
		const full = async () => err({ type: 'full' as const, detail: 'no room' });
		for (const { store } of relays) Object.assign(store, { begin: full });
		const place = placeOf(await scene.send(alice, SIZE));
		await scene.untilLeft(place, 'full');
		const large = placeOf(await scene.send(alice, 118 << 20));
		await scene.untilLeft(large, 'too-large');
		await bob.start();
		await world.until(() => bob.messenger.network.get().state === 'direct', 30_000, 'linked');
		await scene.fetch(bob, place);
		await scene.untilWhole(bob, place);
		await world.run(20_000);
		expect(scene.leaving(place)).toBeUndefined();
	});

	it('[FR8] [FL5] go from relays with a purge by their author, whose device had freed them', async () => {
		const scene = await fileScene(309, ['one', 'two']);
		const { world, alice, bob, space } = scene;
		await world.run(5000);
		await alice.stop();
		const sent = await scene.send(bob, SIZE);
		const { leaving } = bob.messenger.files(space);
		const isLeft = (): boolean => leaving.get().get(placeOf(sent))?.state === 'left';
		await world.until(isLeft, 120_000, 'left');
		await world.finish(bob.messenger.files(space).free(placeOf(sent)));
		expect(world.content('Bob').chunks()).toEqual([]);
		await bob.stop();
		await bob.start();
		await world.run(20_000);
		expect(counts(scene)).toEqual([CHUNKS, CHUNKS]);
		await scene.lastSeen(bob);
		expect((await world.finish(bob.messenger.moderation(space).purge([sent.id], ''))).ok).toBe(
			true,
		);
		await untilGone(scene);
		expect(await world.finish(bob.messenger.files(space).usage())).toEqual([]);
	});

	for (const who of ['its author', 'the owner', 'both in one']) {
		it(`[FR8] [TB4] go from relays with a purge by ${who}, and when a relay comes up`, async () => {
			const scene = await fileScene(308, ['one', 'two']);
			const { world, alice, bob, space, relays } = scene;
			const author = who === 'both in one' ? alice : bob;
			const purger = who === 'its author' ? bob : alice;
			const carol = await world.addNode('Carol');
			await bringIn(world, alice, carol, space);
			await world.run(5000);
			await carol.stop();
			const sent = await scene.send(author, SIZE);
			const { leaving } = author.messenger.files(space);
			const isLeft = (): boolean => leaving.get().get(placeOf(sent))?.state === 'left';
			await world.until(isLeft, 120_000, 'left');
			expect(counts(scene)).toEqual([CHUNKS, CHUNKS]);
			await (purger === bob ? alice : bob).stop();
			relays[1]!.stop();
			await world.run(2000);
			await scene.lastSeen(purger);
			const purged = await world.finish(purger.messenger.moderation(space).purge([sent.id], ''));
			expect(purged.ok).toBe(true);
			await world.until(() => scene.onRelay(relays[0]!) === 0, 20_000, 'gone from one');
			expect(scene.onRelay(relays[1]!)).toBe(CHUNKS);
			relays[1]!.start();
			await world.until(() => scene.onRelay(relays[1]!) === 0, 60_000, 'gone from the other');
		});
	}
});
