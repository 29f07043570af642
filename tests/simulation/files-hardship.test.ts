// Files through everything that may go wrong: relays that come and go or lie, links that break, devices that crash. What
// comes of it is the same file, or nothing.
import { describe, expect, it } from 'vitest';
import { createSeededRandom } from '#lib/simulation/random.ts';
import { equal, type Bytes } from '#lib/util/bytes.ts';
import { fileScene, placeOf, plainOf } from './file-scene.ts';

const SIZE = 5_000_000;

describe('files in hard times', () => {
	it.each([1, 2, 3, 4, 5, 6])(
		'[FR3] [FR6] [TR5] arrive as they were sent, whatever comes and goes meanwhile (seed %i)',
		async (seed) => {
			const scene = await fileScene(400 + seed, ['one', 'two', 'three']);
			const { world, alice, bob, relays } = scene;
			const draw = createSeededRandom(seed);
			if (draw.below(2) === 0) await bob.stop();
			const place = placeOf(await scene.send(alice, SIZE));
			const isUp = relays.map(() => true);
			let isWanted = false;
			for (let n = 0; n < 25; n++) {
				const which = draw.below(relays.length);
				switch (draw.below(6)) {
					case 0:
						if (isUp[which]) relays[which]!.stop();
						else relays[which]!.start();
						isUp[which] = !isUp[which];
						break;
					case 1:
						if (alice.running) alice.crash();
						else await alice.start();
						break;
					case 2:
						if (bob.running) bob.crash();
						else await bob.start();
						break;
					case 3:
						world.network.blockDirect(() => draw.below(2) === 0);
						break;
					case 4:
						world.network.partition(draw.below(2) === 0 ? [] : [['Alice'], ['Bob']]);
						break;
				}
				await world.run(draw.below(3000));
				if (bob.running && !isWanted) isWanted = await scene.fetch(bob, place);
			}
			for (const [n, relay] of relays.entries()) if (!isUp[n]) relay.start();
			world.network.partition([]);
			world.network.blockDirect(() => seed % 2 === 0);
			if (!bob.running) await bob.start();
			if (!alice.running) await alice.start();
			for (let n = 0; n < 60 && !isWanted; n++) {
				await world.run(2000);
				isWanted = await scene.fetch(bob, place);
			}
			await scene.untilWhole(bob, place);
			expect(equal(await scene.read(bob, place), plainOf(SIZE))).toBe(true);
		},
	);

	const lies: Readonly<Record<string, (bytes: Bytes, index: number, others: Bytes[]) => Bytes>> = {
		'changes a byte': (bytes, index) =>
			index === 3 ? bytes.map((b, n) => (n === 9 ? b ^ 1 : b)) : bytes,
		'cuts a part': (bytes, index) => (index === 2 ? bytes.slice(0, 100) : bytes),
		'makes a part longer': (bytes, index) => (index === 0 ? Uint8Array.from([...bytes, 1]) : bytes),
		'swaps parts': (bytes, _, others) => others[0] ?? bytes,
	};
	it.each(Object.entries(lies))(
		'[FR3] [TR4] are not taken from a relay that %s',
		async (_, lie) => {
			const scene = await fileScene(420, ['one', 'two']);
			const { world, alice, bob, relays } = scene;
			await bob.stop();
			const place = placeOf(await scene.send(alice, SIZE));
			await scene.untilLeft(place);
			await alice.stop();
			const { store } = relays[0]!;
			const honest = store.fetchChunk.bind(store);
			const given: Bytes[] = [];
			let lied = 0;
			const fetchChunk: typeof store.fetchChunk = async (mailbox, token, packet, index) => {
				const bytes = await honest(mailbox, token, packet, index);
				if (bytes === undefined) return undefined;
				const told = lie(bytes, index, given);
				given.push(bytes);
				if (!equal(told, bytes)) lied += 1;
				return told;
			};
			Object.assign(store, { fetchChunk });
			await bob.start();
			await world.run(3000);
			await scene.lastSeen(bob);
			relays[1]!.stop();
			await scene.fetch(bob, place);
			await world.run(20_000);
			expect(lied).toBeGreaterThan(0);
			expect((await scene.look(bob, place)).state).not.toBe('whole');
			relays[1]!.start();
			await scene.untilWhole(bob, place);
			expect(equal(await scene.read(bob, place), plainOf(SIZE))).toBe(true);
		},
	);
});
