// What of the account document an archive brings back, and what it can't do.
import { describe, expect, it } from 'vitest';
import { ownValues, takeOwnValues } from '#lib/messenger/archive/own-values.ts';
import { createDocumentKeeper } from '#lib/messenger/devices/document-keeper.ts';
import {
	BLOCKED,
	DRAFTS,
	HIDDEN,
	PREFERRED_RELAYS,
	RELAY_INVITATIONS,
	REMOVED_RELAYS,
	SPACES,
	VERIFIED,
} from '#lib/messenger/devices/sections.ts';
import { utf8 } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';
import { createDevices } from '../../support/devices.ts';

async function keeperOf(seed: number) {
	const { ports, self } = await createDevices(seed).device('Alice');
	const keeper = createDocumentKeeper(ports, self);
	await keeper.load();
	return keeper;
}
const BOB = VERIFIED.name('b0'.repeat(32));
const verified = (name: string) => VERIFIED.encode({ name, since: 5 });

describe('what an archive holds of the account document', () => {
	it('[BK2] is what one chose of relays, with the invitations of their operators, and from whom one hides', async () => {
		const keeper = await keeperOf(35);
		const chosen = [
			[HIDDEN.name('aa'), HIDDEN.encode(true)],
			[REMOVED_RELAYS.name('bb'), REMOVED_RELAYS.encode(true)],
			[PREFERRED_RELAYS.name('cc'), PREFERRED_RELAYS.encode(true)],
			[RELAY_INVITATIONS.name('dd'), RELAY_INVITATIONS.encode(new Uint8Array(32).fill(7))],
		] as const;
		unwrap(await keeper.write(new Map(chosen)));
		expect(ownValues(keeper)).toEqual(chosen);

		const fresh = await keeperOf(36);
		unwrap(await takeOwnValues(fresh, ownValues(keeper)));
		for (const [name, value] of chosen) expect(fresh.get(name)).toEqual(value);
	});

	it('[BK2] is whom one has verified and what was typed, and not what other rows say or devices share', async () => {
		const keeper = await keeperOf(31);
		const draft = DRAFTS.encode({ text: 'half a', replyTo: null });
		unwrap(
			await keeper.write(
				new Map([
					[BOB, verified('Bob')],
					[DRAFTS.name('aa', 'bb'), draft],
					[BLOCKED.name('cc'), BLOCKED.encode(3)],
					[SPACES.name('dd'), SPACES.encode({ name: 'Friends', here: true })],
				]),
			),
		);
		expect(ownValues(keeper)).toEqual([
			[BOB, verified('Bob')],
			[DRAFTS.name('aa', 'bb'), draft],
		]);
	});

	it('[BK3] fills what was never set, and leaves what is there or was taken back', async () => {
		const keeper = await keeperOf(32);
		const there = VERIFIED.name('c0'.repeat(32));
		const gone = VERIFIED.name('d0'.repeat(32));
		unwrap(await keeper.write(new Map([[there, verified('Carol')]])));
		unwrap(await keeper.write(new Map([[gone, verified('Dora')]])));
		unwrap(await keeper.write(new Map([[gone, null]])));
		const given = [BOB, there, gone].map((name) => [name, verified('of before')] as const);
		unwrap(await takeOwnValues(keeper, given));
		expect(VERIFIED.decode(keeper.get(BOB))?.name).toBe('of before');
		expect(VERIFIED.decode(keeper.get(there))?.name).toBe('Carol');
		expect(keeper.get(gone)).toBeUndefined();
	});

	it('[BK3] brings nothing that is of another kind, or not of its shape', async () => {
		const keeper = await keeperOf(33);
		const space = SPACES.encode({ name: 'Theirs', here: true });
		unwrap(await takeOwnValues(keeper, [[SPACES.name('aa'), space]]));
		unwrap(await takeOwnValues(keeper, [[BOB, utf8('no such thing')]]));
		expect(keeper.list('')).toEqual([]);
	});

	it('[BK3] leaves out what there is no room for, and takes the rest', async () => {
		const keeper = await keeperOf(34);
		const draft = DRAFTS.encode({ text: 'x'.repeat(16_000), replyTo: null });
		for (let n = 0; n < 40; n++) {
			unwrap(
				await takeOwnValues(keeper, [
					[DRAFTS.name('aa', String(n)), draft],
					[`${BOB}${n}`, verified('Bob')],
				]),
			);
		}
		expect(keeper.list(DRAFTS.prefix).length).toBeLessThan(40);
		expect(keeper.list(VERIFIED.prefix).length).toBeGreaterThan(keeper.list(DRAFTS.prefix).length);
	});
});
