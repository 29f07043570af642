import { describe, expect, it } from 'vitest';
import type { Ledger } from '#lib/crdt/ledger.ts';
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import { looksOf } from '#lib/messenger/look-alike.ts';
import { createVerification, type LiveVerification } from '#lib/messenger/verification.ts';
import { createDocumentKeeper } from '#lib/messenger/devices/document-keeper.ts';
import { createSeededRandom } from '#lib/simulation/random.ts';
import { createVerifiedPeople } from '#lib/messenger/verified.ts';
import { namesakesIn } from '#lib/messenger/warnings.ts';
import { createMemoryDisk } from '#lib/storage/memory.ts';
import { fromHex, type Bytes } from '#lib/util/bytes.ts';
import { createManualClock } from '../../support/manual-clock.ts';

const hex = (name: string): string => Buffer.from(name.padEnd(32, '.')).toString('hex');
const root = (name: string): Bytes => fromHex(hex(name))!;

interface Person {
	name: string;
	active?: boolean;
	/** Names of devices; those that are no longer a member begin with a minus. */
	devices: readonly string[];
}

/** As much of a ledger as warnings are about. */
const ledgerOf = (people: Readonly<Record<string, Person>>): Ledger => {
	const states = Object.entries(people).map(([key, { name, active = true, devices }]) => [
		hex(key),
		{
			rootHash: root(key),
			name,
			active,
			devices: devices.map((device) => {
				const deviceName = device.replace('-', '');
				return {
					device: root(deviceName),
					active: active && !device.startsWith('-'),
					member: { certificate: { deviceName } },
				};
			}),
		},
	]);
	return { authority: { people: new Map(states as []) } } as unknown as Ledger;
};

async function world() {
	const disk = createMemoryDisk();
	let people: Record<string, Person> = {
		me: { name: 'Me', devices: ['mine'] },
		anna: { name: 'Anna', devices: ['phone'] },
	};
	const clock = createManualClock();
	const crypto = createSyncCryptoProvider();
	const random = createSeededRandom(4);
	let verification: LiveVerification;
	const open = async (): Promise<void> => {
		const keeper = createDocumentKeeper(
			{ clock, crypto, random, store: disk.open() },
			{ device: { publicKey: root('mine') } },
		);
		await keeper.load();
		const verified = createVerifiedPeople(keeper);
		verification = createVerification({ crypto, clock }, { rootHash: root('me') }, verified, {
			ledger: () => ledgerOf(people),
			ledgers: () => [ledgerOf(people)],
			onChange: () => undefined,
		});
		verification.warnings('space');
	};
	await open();
	return {
		open,
		get verification() {
			return verification;
		},
		warnings: () => verification.warnings('space').get(),
		now(next: Record<string, Person>) {
			people = next;
			verification.update('space');
		},
	};
}
const me: Person = { name: 'Me', devices: ['mine'] };

describe('somebody who was verified', () => {
	it('[SN4] is warned of when a device is added or ends, until it is taken note of', async () => {
		const it = await world();
		await it.verification.set(hex('anna'), true);
		expect(it.warnings()).toEqual([]);
		it.now({ me, anna: { name: 'Anna', devices: ['-phone', 'tablet'] } });
		expect(it.warnings()).toEqual([
			{ type: 'devices', rootHash: hex('anna'), name: 'Anna', added: ['tablet'], ended: ['phone'] },
		]);
		await it.verification.note('space', it.warnings()[0]!);
		expect(it.warnings()).toEqual([]);
		it.now({ me, anna: { name: 'Anna', devices: ['-phone', 'tablet', 'desk'] } });
		expect(it.warnings()).toMatchObject([{ added: ['desk'], ended: [] }]);
	});

	it('[SN3] stays so over a restart, with the devices of then', async () => {
		const it = await world();
		await it.verification.set(hex('anna'), true);
		await it.open();
		expect(it.warnings()).toEqual([]);
		it.now({ me, anna: { name: 'Anna', devices: ['phone', 'tablet'] } });
		expect(it.warnings()).toMatchObject([{ added: ['tablet'] }]);
		await it.open();
		expect(it.warnings()).toMatchObject([{ added: ['tablet'] }]);
	});

	it('[SN4] gives no cause for warnings once nobody says so any longer, or when they have left', async () => {
		const it = await world();
		await it.verification.set(hex('anna'), true);
		it.now({ me, anna: { name: 'Anna', devices: ['phone', 'tablet'], active: false } });
		expect(it.warnings()).toEqual([]);
		it.now({ me, anna: { name: 'Anna', devices: ['phone', 'tablet'] } });
		expect(it.warnings()).toHaveLength(1);
		await it.verification.set(hex('anna'), false);
		expect(it.warnings()).toEqual([]);
	});

	it('[SN5] is told apart from others by that name, loudly, once', async () => {
		const it = await world();
		await it.verification.set(hex('anna'), true);
		it.now({
			me,
			anna: { name: 'Anna', devices: ['phone'], active: false },
			mallory: { name: 'ANNА', devices: ['laptop'] },
		});
		expect(it.warnings()).toEqual([
			{
				type: 'namesake',
				rootHash: hex('mallory'),
				name: 'ANNА',
				verified: hex('anna'),
				verifiedName: 'Anna',
			},
		]);
		await it.verification.note('space', it.warnings()[0]!);
		expect(it.warnings()).toEqual([]);
	});
});

describe('names', () => {
	it('[SN5] are taken for each other in spite of case, gaps, accents and other alphabets', () => {
		const alike = ['Anna', 'anna', ' A n n a ', 'Ａｎｎａ', 'Аnnа', 'Ánna', 'An\u200bna', 'ANNA'];
		for (const name of alike) expect(looksOf(name), name).toBe(looksOf('Anna'));
		for (const name of ['Anne', 'Hanna', 'An']) expect(looksOf(name)).not.toBe(looksOf('Anna'));
		expect(looksOf('Bi11')).toBe(looksOf('Bill'));
	});

	it('[SN5] are marked where two have them, one who has left included', () => {
		const ledger = ledgerOf({
			anna: { name: 'Anna', devices: ['a'], active: false },
			other: { name: 'anna', devices: ['b'] },
			bob: { name: 'Bob', devices: ['c'] },
		});
		expect(namesakesIn(ledger)).toEqual(new Set([hex('anna'), hex('other')]));
	});
});
