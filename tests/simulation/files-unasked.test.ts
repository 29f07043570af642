// Small files come unasked, up to a size that each device has for itself; of hidden messages they come too, and are kept
// nowhere.
import { describe, expect, it } from 'vitest';
import { equal } from '#lib/util/bytes.ts';
import { fileScene, placeOf, plainOf, type FileScene } from './file-scene.ts';

const SMALL = 1_500_000;
const LIMIT = 2 << 20;

const linked = ({ world, bob }: FileScene): Promise<void> =>
	world.until(() => bob.messenger.network.get().state === 'direct', 30_000, 'linked');
const onRelays = ({ relays, onRelay }: FileScene): number =>
	relays.reduce((sum, relay) => sum + onRelay(relay), 0);

describe('files that nobody asked for', () => {
	it('[FL6] come where they are small enough for this device', async () => {
		const scene = await fileScene(321, ['one'], LIMIT);
		const { world, alice, bob } = scene;
		expect(await bob.messenger.fileSettings.automatic()).toBe(LIMIT);
		await linked(scene);
		const small = placeOf(await scene.send(alice, SMALL));
		await scene.untilWhole(bob, small);
		expect(equal(await scene.read(bob, small), plainOf(SMALL))).toBe(true);
		const large = placeOf(await scene.send(alice, LIMIT + 1));
		await world.run(10_000);
		expect((await scene.look(bob, large)).state).toBe('absent');
		// The choice holds over a restart.
		await world.finish(bob.messenger.fileSettings.setAutomatic(0));
		await bob.stop();
		await bob.start();
		await linked(scene);
		const none = placeOf(await scene.send(alice, 5000));
		await world.run(10_000);
		expect((await scene.look(bob, none)).state).toBe('absent');
	});

	it('[FL6] come from relays to who was away, and go as others do when they are freed', async () => {
		const scene = await fileScene(322, ['one', 'two'], LIMIT);
		const { world, alice, bob, space } = scene;
		await bob.stop();
		const place = placeOf(await scene.send(alice, SMALL));
		await scene.untilLeft(place);
		await alice.stop();
		await bob.start();
		await scene.untilWhole(bob, place);
		await world.finish(bob.messenger.files(space).free(place));
		await world.run(5000);
		expect((await scene.look(bob, place)).state).toBe('absent');
		expect(world.content('Bob').chunks()).toEqual([]);
	});

	for (const isAway of [false, true]) {
		it(`[SH7] of a hidden message are taken and kept nowhere, ${isAway ? 'from relays' : 'over links'}`, async () => {
			const scene = await fileScene(isAway ? 323 : 324, ['one', 'two'], LIMIT);
			const { world, alice, bob, space } = scene;
			await linked(scene);
			const [him] = alice.messenger
				.members(space)
				.get()
				.filter(({ name }) => name === 'Bob');
			const banned = alice.messenger.moderation(space).shadowBan(him?.rootHash ?? '', '');
			expect((await world.finish(banned)).ok).toBe(true);
			await world.run(3000);
			let kept = 0;
			world.content('Alice').onWrite = () => {
				kept += 1;
				return undefined;
			};
			if (isAway) await alice.stop();
			const sent = await scene.send(bob, SMALL);
			expect((await scene.look(bob, placeOf(sent))).state).toBe('whole');
			if (isAway) {
				const leaving = bob.messenger.files(space).leaving;
				const isLeft = (): boolean => leaving.get().get(placeOf(sent))?.state === 'left';
				await world.until(isLeft, 60_000, 'left');
				expect(onRelays(scene)).toBe(4);
				await bob.stop();
				await alice.start();
				await world.until(() => onRelays(scene) === 0, 60_000, 'acknowledged');
			} else {
				// As everybody has them, nothing is left for anybody when they go.
				await world.run(5000);
				await alice.stop();
				await world.run(60_000);
				expect(onRelays(scene)).toBe(0);
			}
			expect(kept).toBe(0);
			expect(world.content('Alice').chunks()).toEqual([]);
		});
	}
});
