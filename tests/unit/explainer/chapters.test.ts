// Every chapter is walked in the simulated world itself: a step whose words would not be true fails here.
import { describe, expect, it } from 'vitest';
import { CAPTIONS } from '#lib/components/explainer/captions.ts';
import { record } from '#lib/explainer/chapter.ts';
import { CHAPTERS } from '#lib/explainer/chapters/index.ts';
import type { Packet, RecordedStep, Scene, ShownPerson } from '#lib/explainer/recording.ts';
import { stageParts } from '../../support/stage-parts.ts';

async function walk(id: string): Promise<readonly RecordedStep[]> {
	const chapter = CHAPTERS.find((each) => each.id === id);
	if (chapter === undefined) throw new Error(id);
	const steps: RecordedStep[] = [];
	for await (const step of record(chapter, stageParts())) steps.push(step);
	return steps;
}

const stepOf = (steps: readonly RecordedStep[], id: string): RecordedStep => {
	const step = steps.find((each) => each.id === id);
	if (step === undefined) throw new Error(id);
	return step;
};
const endOf = (steps: readonly RecordedStep[], id: string): Scene => {
	const scene = stepOf(steps, id).scenes.at(-1);
	if (scene === undefined) throw new Error(id);
	return scene;
};
const personIn = (scene: Scene, name: string): ShownPerson => {
	const person = scene.people.find((each) => each.name === name);
	if (person === undefined) throw new Error(name);
	return person;
};
const textsOf = (person: ShownPerson): string[] => person.messages.map(({ text }) => text);
/** What somebody reads of the packet that a step opens: the values of all lines. */
function readBy(steps: readonly RecordedStep[], id: string, who: string): string[] {
	const { opened } = stepOf(steps, id);
	const all: readonly Packet[] = steps.flatMap(({ packets }) => packets);
	const packet = all.find((each) => each.id === opened?.packet);
	const reading = packet?.readings.find((each) => each.who === who);
	if (reading === undefined) throw new Error(`${who} has nothing to do with it`);
	return reading.lines.map(({ name, value }) => `${name}: ${value}`);
}

describe.each(CHAPTERS.map(({ id }) => id))('the chapter %s', (id) => {
	it('[EX2] is true at every step, and the same each time', async () => {
		const steps = await walk(id);
		const chapter = CHAPTERS.find((each) => each.id === id);
		expect(steps.map((step) => step.id)).toEqual(chapter?.steps.map((step) => step.id));
		for (const [n, step] of steps.entries()) {
			// Whatever is to be opened is there, and somebody reads it.
			if (chapter?.steps[n]?.opens) {
				expect(step.opened).not.toBeNull();
				expect(readBy(steps, step.id, step.opened?.as ?? '')).not.toEqual([]);
			}
		}
		expect(await walk(id)).toEqual(steps);
	});
});

it('[EX2] has words for every step of every chapter, and no others', () => {
	const told = Object.entries(CAPTIONS).map(([id, { steps }]) => [id, Object.keys(steps)]);
	expect(told).toEqual(CHAPTERS.map(({ id, steps }) => [id, steps.map((step) => step.id)]));
});

describe('what is read of a packet', () => {
	it('[EX3] is ciphertext for the relay, and the text for Bob', async () => {
		const steps = await walk('relay');
		const text = 'text: Dinner at eight?';
		expect(readBy(steps, 'leaves', 'Alice')).toContain(text);
		expect(readBy(steps, 'at-bob', 'Bob')).toContain(text);
		const relay = readBy(steps, 'at-the-relay', 'Harbor');
		expect(relay.join()).not.toContain('Dinner');
		expect(relay).toContain('asks: put');
		expect(relay).toContain('size: 1024');
		expect(relay.some((line) => line.startsWith('mailbox: '))).toBe(true);
		// Nobody on the way is told more than the size.
		expect(readBy(steps, 'on-the-way', '')).toHaveLength(1);
	});

	it('[EX3] is nothing for those who drop it unopened, and the text for its author', async () => {
		const steps = await walk('moderation');
		const own = readBy(steps, 'nothing', 'Dora');
		const theirs = readBy(steps, 'nothing', 'Carol');
		expect(own).toContain('text: You are all fools.');
		expect(theirs.some((line) => line.startsWith('text:'))).toBe(false);
		expect(theirs.some((line) => line.startsWith('body:'))).toBe(true);
	});
});

describe('what screens show', () => {
	it('[EX2] of a ban: a locked space there, and no Bob elsewhere', async () => {
		const steps = await walk('moderation');
		const after = endOf(steps, 'ban');
		expect(personIn(after, 'Bob')).toMatchObject({
			space: 'banned',
			bannedBy: 'Alice',
			reason: 'Spam',
		});
		expect(personIn(after, 'Carol').members).not.toContain('Bob');
		const shadowed = endOf(steps, 'nothing');
		expect(textsOf(personIn(shadowed, 'Dora'))).toContain('You are all fools.');
		expect(textsOf(personIn(shadowed, 'Carol'))).not.toContain('You are all fools.');
		const purged = endOf(steps, 'purge');
		for (const name of ['Alice', 'Carol', 'Dora']) {
			expect(personIn(purged, name).messages.at(-1)?.gone).toBe('purged');
		}
	});

	it('[EX2] of what waits: two copies, which are gone when Bob has it', async () => {
		const steps = await walk('offline');
		const held = (id: string): number =>
			endOf(steps, id).relays.filter((relay) => relay.held.length > 0).length;
		expect(held('leaves')).toBe(0);
		expect(held('waits')).toBe(2);
		expect(personIn(endOf(steps, 'alice-learns'), 'Alice').messages.at(-1)?.delivery).toBe(
			'delivered',
		);
	});

	it('[EX2] of receipts: Bob’s go to both relays that kept a copy', async () => {
		const steps = await walk('offline');
		const keeping = endOf(steps, 'waits').relays.filter(({ held }) => held.length > 0);
		const receipts = ['returns', 'deleted']
			.flatMap((id) => stepOf(steps, id).packets)
			.filter(({ kind, from, readings }) => {
				const lines = readings.flatMap((reading) => reading.lines);
				return kind === 'receipt' && from === 'Bob' && lines.some(({ value }) => value === 'ack');
			});
		for (const { name } of keeping) expect(receipts.map(({ to }) => to)).toContain(name);
	});

	it('[EX2] of a thief: one wrapped key less, and nothing of what comes after', async () => {
		const steps = await walk('keys');
		expect(readBy(steps, 'session-key', 'Alice')).toContain('boxes: 2');
		expect(readBy(steps, 'after', 'Bob')).toContain('boxes: 1');
		const told = steps
			.slice(steps.findIndex(({ id }) => id === 'after'))
			.flatMap(({ packets }) => packets)
			.flatMap(({ readings }) => readings.filter(({ who }) => who === 'Bob’s phone'));
		expect(JSON.stringify(told)).not.toContain('Thursday');
	});

	it('[EX2] of a friend who introduces: the new one had never been connected, and no relay is there', async () => {
		const steps = await walk('dies');
		const isLinked = (id: string): boolean =>
			endOf(steps, id).links.some(({ a, b }) => [a, b].sort().join() === 'Alice,Carol');
		const before = steps.slice(
			0,
			steps.findIndex(({ id }) => id === 'introduced'),
		);
		expect(before.some(({ id }) => isLinked(id))).toBe(false);
		expect(isLinked('introduced')).toBe(true);
		// What they tell each other goes by Bob, who reads that it is for somebody else, and nothing of it.
		const { packets, scenes } = stepOf(steps, 'introduced');
		expect(scenes.every(({ relays }) => relays.every(({ running }) => !running))).toBe(true);
		const signals = packets.filter(({ kind }) => kind === 'signal');
		expect(signals.some(({ from, to }) => from === 'Alice' && to === 'Bob')).toBe(true);
		expect(signals.some(({ from, to }) => from === 'Bob' && to === 'Carol')).toBe(true);
	});

	it('[EX2] of a photo: sealed pieces that relays keep, and hand to Bob', async () => {
		const steps = await walk('offline');
		const pieces = (id: string): readonly Packet[] =>
			stepOf(steps, id).packets.filter(({ kind }) => kind === 'file');
		expect(pieces('photo').map(({ from }) => from)).toEqual(['Alice', 'Alice']);
		expect(new Set(pieces('photo').map(({ to }) => to)).size).toBe(2);
		expect(pieces('returns').some(({ from, to }) => from !== 'Alice' && to === 'Bob')).toBe(true);
		const [, relay] = pieces('photo')[0]?.readings ?? [];
		expect(JSON.stringify(relay)).not.toContain('garden');
		expect(readBy(steps, 'returns', 'Bob')).toContain('file: garden.jpg');
		// What is left there is Bob's word for Alice.
		const sizes = (id: string): number[] =>
			endOf(steps, id).relays.flatMap(({ held }) => held.map(({ size }) => size));
		expect(sizes('photo').filter((size) => size > 40_000)).toHaveLength(2);
		expect(sizes('deleted').filter((size) => size > 40_000)).toEqual([]);
	});

	it('[EX2] of discovery: everybody knows everybody, and no relay is there', async () => {
		const all = endOf(await walk('discovery'), 'all');
		expect(all.people.map(({ knows }) => knows.length)).toEqual([4, 4, 4, 4, 4]);
		expect(all.links.every(({ over }) => over === 'direct')).toBe(true);
	});

	it('[EX2] of strict routers: every probe dropped, and nobody there', async () => {
		const steps = await walk('strict');
		const checks = steps.flatMap(({ packets }) => packets).filter(({ kind }) => kind === 'check');
		expect(checks.length).toBeGreaterThan(2);
		expect(checks.every(({ dropped }) => dropped)).toBe(true);
		expect(endOf(steps, 'alone').links).toEqual([]);
	});
});
