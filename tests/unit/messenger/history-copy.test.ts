// What the two sides of a copy do with what the other should not say.
import { describe, expect, it } from 'vitest';
import type { Import } from '#lib/messenger/archive-api.ts';
import { createGiving } from '#lib/messenger/devices/copy-giving.ts';
import { createCopyNotes } from '#lib/messenger/devices/copy-notes.ts';
import { createTaking } from '#lib/messenger/devices/copy-taking.ts';
import { encodeRecordBody, type ArchiveRecord } from '#lib/protocol/archive.ts';
import { COPY_END, RECORD_PART, type CopyMessage } from '#lib/protocol/history-copy.ts';
import { DAY } from '#lib/protocol/limits.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { ok } from '#lib/util/result.ts';
import { createDevices, found, say, type Device } from '../../support/devices.ts';
import { until } from '../../support/until.ts';

const name = (byte: number): Bytes => new Uint8Array(16).fill(byte);
const COPY = name(1);
const OTHER = toHex(new Uint8Array(32).fill(7));

/** What one side says, in order, to a device that is always there. */
function createWays() {
	const said: CopyMessage[] = [];
	return {
		said,
		ways: {
			others: () => [OTHER],
			linked: () => true,
			say: (_device: string, message: CopyMessage) => void said.push(message),
			onChange: () => undefined,
		},
	};
}

async function alice(): Promise<Device> {
	const device = await createDevices(90).device('Alice');
	await found(device);
	for (let n = 0; n < 40; n++) await say(device, `${n} ${'x'.repeat(4000)}`);
	return device;
}

describe('whoever has a history', () => {
	const ask = (number: number, parts: Partial<Extract<CopyMessage, { step: 'ask' }>> = {}) => ({
		...{ step: 'ask' as const, copy: COPY, run: name(2), number, from: null, done: 0 },
		...{ space: new Uint8Array(32), ...parts },
	});

	it('[HC1] gives nothing to whoever only asks', async () => {
		const { ports, space } = await alice();
		const { said, ways } = createWays();
		const giving = createGiving(ports, ways, () => [{ space, past: false }]);
		await giving.load();
		giving.onMessage(OTHER, { step: 'want', copy: COPY });
		giving.onMessage(OTHER, ask(0, { space: space.id }));
		await until(() => expect(said.length === 2).toBe(true));
		for (const each of said) {
			expect(each).toEqual({ step: 'stop', copy: COPY, end: COPY_END.cancelled });
		}
	});

	it('[HC3] tells one record for each question, in small parts, and goes on from a place', async () => {
		const device = await alice();
		const { ports, space } = device;
		const { said, ways } = createWays();
		const giving = createGiving(ports, ways, () => [{ space, past: false }]);
		await giving.begin(OTHER);
		await until(() => expect(said[0]?.step === 'offer').toBe(true));
		const [offer] = said.splice(0);
		expect(offer).toMatchObject({ spaces: [{ messages: 40, past: false }] });
		const copy = offer?.copy ?? COPY;
		const records = (): number[] =>
			said.flatMap((each) => (each.step === 'record' ? [each.number] : []));
		// The one after next is no answer to anything.
		giving.onMessage(OTHER, ask(1, { copy, space: space.id }));
		giving.onMessage(OTHER, ask(0, { copy, space: space.id }));
		giving.onMessage(OTHER, ask(2, { copy, space: space.id }));
		giving.onMessage(OTHER, ask(1, { copy, space: space.id }));
		await until(() => expect(records().length === 2).toBe(true));
		expect(records()).toEqual([0, 1]);
		for (const each of said) {
			if (each.step === 'record') expect(each.bytes.length).toBeLessThanOrEqual(RECORD_PART);
		}
		said.splice(0);
		const from = { feed: device.self.device.publicKey, seq: 40 };
		for (const number of [0, 1, 2]) {
			giving.onMessage(OTHER, ask(number, { copy, run: name(3), space: space.id, from }));
			await until(() => expect(records().includes(number)).toBe(true));
		}
		// The space, its last three entries, the end.
		expect(said.map((each) => (each.step === 'record' ? each.bytes.length > 9000 : null))).toEqual([
			false,
			true,
			false,
		]);
	});
});

describe('whoever gets a history', () => {
	const SPACE = new Uint8Array(32).fill(3);
	const spaceRecord: ArchiveRecord = {
		...{ type: 'space', space: SPACE, name: 'Friends', relays: [], read: [] },
	};

	async function story() {
		const { ports } = await createDevices(91).device('Alice');
		const { said, ways } = createWays();
		const taken: string[] = [];
		const takeIn = (): Import => ({
			take: (record) => {
				taken.push(record.type);
				return Promise.resolve(ok());
			},
			spaces: 0,
			refused: 0,
		});
		const taking = createTaking(ports, ways, { archive: { takeIn }, standing: () => 'here' });
		taking.onMessage(OTHER, {
			step: 'offer',
			copy: COPY,
			spaces: [{ space: SPACE, messages: 3, past: false }],
		});
		const asked = () => said.findLast((each) => each.step === 'ask');
		await until(() => expect(asked() !== undefined).toBe(true));
		const answer = (record: ArchiveRecord, parts: object = {}): void => {
			const { run = name(0), number = 0 } = asked() ?? {};
			const body = encodeRecordBody(record);
			taking.onMessage(OTHER, {
				...{ step: 'record', copy: COPY, run, number, index: 0, parts: 1, bytes: body },
				...parts,
			});
		};
		return { said, taken, taking, answer, asked };
	}

	it('[HC3] passes over what it did not ask for', async () => {
		const { taken, answer, asked } = await story();
		answer(spaceRecord, { run: name(9) });
		answer(spaceRecord, { number: 1 });
		answer(spaceRecord, { copy: name(9) });
		answer(spaceRecord, { index: 1, parts: 2 });
		expect(taken).toEqual([]);
		answer(spaceRecord);
		await until(() => expect(asked()?.number === 1).toBe(true));
		expect(taken).toEqual(['space']);
	});

	it.each<[string, ArchiveRecord]>([
		['of another space', { ...spaceRecord, space: new Uint8Array(32).fill(4) }],
		['of whom it blocks', { type: 'person', blocked: [SPACE], relays: [] }],
		['of what the account document says', { type: 'values', values: [['setting/look', SPACE]] }],
		['of a whole archive', { type: 'begin', rootHash: SPACE, time: 1 }],
	])('[HC3] ends where it gets a record %s', async (_what, record) => {
		const { said, taken, taking, answer } = await story();
		answer(record);
		await until(() => expect(said.at(-1)?.step === 'stop').toBe(true));
		expect(said.at(-1)).toEqual({ step: 'stop', copy: COPY, end: COPY_END.failed });
		expect(taken).not.toContain(record.type === 'space' ? 'space' : record.type);
		expect(taking.states()).toMatchObject([{ phase: 'failed' }]);
	});

	it('[HC3] ends where a record is none', async () => {
		const { said, answer } = await story();
		answer(spaceRecord, { bytes: new Uint8Array(40) });
		await until(() => expect(said.at(-1)?.step === 'stop').toBe(true));
	});

	it('[HC4] waits a week to be let into what is left, then says so, and tries again where asked to', async () => {
		const world = createDevices(92);
		const { ports } = await world.device('Alice');
		const { said, ways } = createWays();
		const takeIn = (): Import => ({ take: () => Promise.resolve(ok()), spaces: 0, refused: 0 });
		const standing = (): 'coming' => 'coming';
		const offer = (copy: Bytes) =>
			({ step: 'offer', copy, spaces: [{ space: SPACE, messages: 3, past: false }] }) as const;
		const start = async () => {
			const taking = createTaking(ports, ways, { archive: { takeIn }, standing });
			await taking.load();
			taking.look();
			return taking;
		};
		const first = await start();
		first.onMessage(OTHER, offer(COPY));
		const noted = async () => (await createCopyNotes(ports.store).read()).get(OTHER);
		const begun = world.clock.now();
		await expect.poll(async () => (await noted())?.waitingSince).toBe(begun);
		world.clock.advance(6 * DAY);
		await until(() => expect(first.states()[0]).toMatchObject({ phase: 'open', arriving: true }));
		// It is the whole wait that counts, over starts.
		first.stop();
		const second = await start();
		world.clock.advance(6000);
		await until(() => expect(second.states()[0]).toMatchObject({ phase: 'open', arriving: true }));
		world.clock.advance(DAY);
		await until(() => expect(second.states()[0]?.phase).toBe('partial'));
		expect(said.at(-1)).toEqual({ step: 'stop', copy: COPY, end: COPY_END.partial });
		second.onMessage(OTHER, offer(COPY));
		await until(() => expect(said.filter(({ step }) => step === 'stop')).toHaveLength(2));
		expect(said.at(-1)).toEqual({ step: 'stop', copy: COPY, end: COPY_END.partial });
		second.onMessage(OTHER, offer(name(5)));
		await until(() => expect(second.states()[0]).toMatchObject({ phase: 'open', arriving: true }));
		second.stop();
	});

	it('[HC1] is done with a copy once, whoever offers it again', async () => {
		const { said, answer, asked, taking } = await story();
		answer(spaceRecord);
		await until(() => expect(asked()?.number === 1).toBe(true));
		answer({ type: 'end', records: 1 });
		await until(() => expect(said.at(-1)?.step === 'stop').toBe(true));
		const asks = said.length;
		taking.onMessage(OTHER, { step: 'offer', copy: COPY, spaces: [] });
		await until(() => expect(said.length > asks).toBe(true));
		expect(said.at(-1)).toEqual({ step: 'stop', copy: COPY, end: COPY_END.done });
	});
});
