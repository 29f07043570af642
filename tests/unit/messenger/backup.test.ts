// A backup file: who can open it, and what becomes of it when anything of it is missing or changed.
import { readFile, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { OwnValue } from '#lib/messenger/archive/own-values.ts';
import { checkBackup } from '#lib/messenger/archive/restore-backup.ts';
import { VERIFIED } from '#lib/messenger/devices/sections.ts';
import { ARCHIVE_VERSION, type ArchiveRecord } from '#lib/protocol/archive.ts';
import { concat, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, unwrap } from '#lib/util/result.ts';
import {
	archiveFrom,
	backupOf,
	backupTools,
	importInto,
	recordsOf,
	sourceOf,
} from '../../support/archives.ts';
import { createDevices, found, say, type Device, type Devices } from '../../support/devices.ts';
import { linesOf } from '../../support/moderating.ts';

const SEGMENT = 65_552;
const HEADER = 85;
/** As each version wrote it. WRITE_BACKUP=1 writes the present one's anew: only while nothing is released. */
const fixture = (version: number): URL =>
	new URL(`../../vectors/backup-${version}.aegis`, import.meta.url);
const TEXTS = {
	1: 'written with the first version',
	2: 'written with the second version',
} as const;

const VERIFIED_BOB: OwnValue = [
	VERIFIED.name('b0'.repeat(32)),
	VERIFIED.encode({ name: 'Bob', since: 1_800_000_000_000 }),
];

let world: Devices;
let alice: Device;
let file: Bytes;

/** Enough for several segments. */
async function* many(): AsyncGenerator<ArchiveRecord> {
	const [begin] = await archiveFrom(alice);
	if (begin !== undefined) yield begin;
	for (let n = 0; n < 8; n++) {
		const blocked = Array.from({ length: 1000 }, (_, at) => alice.self.rootHash.map((b) => b ^ at));
		yield { type: 'person', blocked, relays: [] };
	}
	yield { type: 'end', records: 9 };
}

const check = async (bytes: Bytes, by: Device = alice): Promise<string> => {
	const checked = await checkBackup(backupTools(by), by.self.root.backupKey, sourceOf(bytes));
	return checked.ok ? 'whole' : checked.error.type;
};

beforeAll(async () => {
	world = createDevices(11);
	alice = await world.device('Alice');
	await found(alice);
	await say(alice, 'kept for ever');
	file = await backupOf(alice, many());
});

describe('a backup file', () => {
	it('[BK5] [BK6] gives back what went in, to whoever has the phrase', async () => {
		const again = await world.anotherOf(alice);
		const whole = await backupOf(alice);
		const progress: number[] = [];
		const checked = unwrap(
			await checkBackup(backupTools(again), again.self.root.backupKey, sourceOf(whole), {
				onProgress: (done) => progress.push(done),
			}),
		);
		const taken = await checked.takeInto({ takeIn: () => importInto(again) });
		expect(taken).toEqual(ok(1));
		expect(await linesOf(again)).toEqual(['kept for ever']);
		expect(progress.at(-1)).toBe(1);
		expect(progress).toEqual([...progress].sort((a, b) => a - b));
	});

	it('[BK5] opens for nobody else', async () => {
		expect(await check(file, await world.device('Bob'))).toBe('other-phrase');
		expect(await check(file)).toBe('whole');
	});

	it('[BK6] that is something else, or of a later version, is said to be that', async () => {
		expect(await check(new Uint8Array(500))).toBe('not-a-backup');
		expect(await check(new Uint8Array())).toBe('not-a-backup');
		const later = file.slice();
		later[8] = 2;
		expect(await check(later)).toBe('newer');
		// A later archive inside of today's file.
		expect(ARCHIVE_VERSION).toBe(2);
	});

	it('[BK6] with any byte changed is refused before anything is taken in', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.integer({ min: 0, max: file.length - 1 }),
				fc.integer({ min: 1, max: 255 }),
				async (at, by) => {
					const changed = file.slice();
					changed[at] = (changed[at] ?? 0) ^ by;
					expect(await check(changed)).not.toBe('whole');
				},
			),
			{ numRuns: 25 },
		);
	});

	it('[BK6] cut anywhere, or with parts swapped, left out or doubled, is refused', async () => {
		const part = (n: number): Bytes => file.slice(HEADER + n * SEGMENT, HEADER + (n + 1) * SEGMENT);
		const header = file.slice(0, HEADER);
		const last = part(3);
		expect(last.length).toBeGreaterThan(0);
		const changed = [
			concat(header, part(1), part(0), part(2), last),
			concat(header, part(0), part(2), last),
			concat(header, part(0), part(0), part(1), part(2), last),
			concat(header, part(0), part(1), part(2)),
			concat(header, part(0)),
			header,
			concat(file, Uint8Array.of(0)),
		];
		for (const bytes of changed) expect(await check(bytes)).toBe('damaged');
		await fc.assert(
			fc.asyncProperty(fc.integer({ min: 0, max: file.length - 1 }), async (length) => {
				expect(await check(file.slice(0, length))).not.toBe('whole');
			}),
			{ numRuns: 25 },
		);
	});

	it('[BK6] can be given up, and a file that can’t be read is said to be that', async () => {
		const { backupKey } = alice.self.root;
		const signal = AbortSignal.abort();
		const givenUp = await checkBackup(backupTools(alice), backupKey, sourceOf(file), { signal });
		expect(givenUp).toEqual(err({ type: 'cancelled' }));
		const gone = { size: 500, read: () => Promise.reject(new Error('gone')) };
		const unread = await checkBackup(backupTools(alice), backupKey, gone);
		expect(unread).toEqual(err({ type: 'unreadable' }));
	});

	it.each([1, 2] as const)('[BK7] of version %i is read for ever', async (version) => {
		const others = createDevices(1_000_001);
		const writer = await others.device('Alice');
		if (process.env['WRITE_BACKUP'] === '1' && version === ARCHIVE_VERSION) {
			await found(writer);
			await say(writer, TEXTS[version]);
			await writeFile(fixture(version), await backupOf(writer, recordsOf(writer, [VERIFIED_BOB])));
		}
		const kept = new Uint8Array(await readFile(fixture(version)));
		const again = await others.anotherOf(writer);
		const { backupKey } = again.self.root;
		const checked = unwrap(await checkBackup(backupTools(again), backupKey, sourceOf(kept)));
		const values: OwnValue[] = [];
		const importing = importInto(again, values);
		expect(await checked.takeInto({ takeIn: () => importing })).toEqual(ok(1));
		expect(await linesOf(again)).toEqual([TEXTS[version]]);
		expect(values).toEqual(version === 1 ? [] : [VERIFIED_BOB]);
	});
});
