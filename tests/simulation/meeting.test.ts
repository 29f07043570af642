// Two people connect with no server at all: by two codes, whoever carries them.
import { describe, expect, it } from 'vitest';
import type { Meeting, MeetingView } from '#lib/messenger/meeting-api.ts';
import {
	createSimulation,
	type SimulatedNode,
	type Simulation,
} from '#lib/simulation/simulation.ts';
import { createMemoryDisk, type MemoryDisk } from '#lib/storage/memory.ts';

function simulate(seed: number): Simulation {
	const disks = new Map<string, MemoryDisk>();
	return createSimulation({
		seed,
		settle: () => new Promise((resolve) => setImmediate(resolve)),
		openStore(node) {
			const disk = disks.get(node) ?? createMemoryDisk();
			disks.set(node, disk);
			return disk.open();
		},
	});
}

async function meet(simulation: Simulation, node: SimulatedNode): Promise<Meeting> {
	const meeting = await simulation.finish(node.messenger.meet());
	await simulation.until(() => meeting.view.get().state !== 'starting', 5000, 'a code');
	return meeting;
}

function view<S extends MeetingView['state']>(
	meeting: Meeting,
	state: S,
): Extract<MeetingView, { state: S }> {
	const now = meeting.view.get();
	if (now.state !== state) throw new Error(`it is ${JSON.stringify(now)}`);
	return now as Extract<MeetingView, { state: S }>;
}

/** The second takes the first one's code, the first the answer to it. */
async function exchange(
	simulation: Simulation,
	first: Meeting,
	second: Meeting,
	delay = 0,
): Promise<void> {
	expect(second.take(view(first, 'offering').link)).toEqual({ ok: true, value: undefined });
	await simulation.until(() => second.view.get().state === 'answering', 5000, 'an answer');
	await simulation.run(delay);
	expect(first.take(view(second, 'answering').code)).toEqual({ ok: true, value: undefined });
}

const bothDone = (simulation: Simulation, ...meetings: readonly Meeting[]): Promise<void> =>
	simulation.until(
		() => meetings.every(({ view: now }) => now.get().state === 'done'),
		20_000,
		'both are connected',
	);

function talk(node: SimulatedNode, space: string) {
	const [channel] = node.messenger.channels(space).get();
	if (channel === undefined) throw new Error('no channel');
	return node.messenger.conversation(space, channel.id);
}

async function strangers() {
	const simulation = simulate(41);
	const alice = await simulation.addNode('Alice');
	const bob = await simulation.addNode('Bob');
	return { simulation, alice, bob };
}

describe('two people with no server at all', () => {
	it('[MT1] [MT3] [MT4] connect by two codes, though it takes minutes, and talk in a space of their own', async () => {
		const { simulation, alice, bob } = await strangers();
		const hers = await meet(simulation, alice);
		const his = await meet(simulation, bob);
		await exchange(simulation, hers, his, 120_000);
		await bothDone(simulation, hers, his);
		const { space, name } = view(hers, 'done');
		expect(name).toBe('Bob');
		expect(view(his, 'done')).toMatchObject({ name: 'Alice', space });
		if (space === null) throw new Error('no space');
		const summary = bob.messenger.spaces.get().find(({ id }) => id === space);
		expect(summary).toMatchObject({ name: 'Alice & Bob', kind: 'direct', state: 'ready' });
		const [one, other] = [talk(alice, space), talk(bob, space)];
		await simulation.finish(one.send('no server here'));
		await simulation.finish(other.send('nor here'));
		await simulation.until(
			() => one.messages.get().length === 2 && other.messages.get().length === 2,
			5000,
			'both read',
		);
		await simulation.run(60_000);
		expect(alice.messenger.network.get().state).toBe('direct');
	});

	it('[MT3] who share a space are linked again, and no further space is made', async () => {
		const { simulation, alice, bob } = await strangers();
		const first = [await meet(simulation, alice), await meet(simulation, bob)] as const;
		await exchange(simulation, ...first);
		await bothDone(simulation, ...first);
		await bob.stop();
		await bob.start();
		await simulation.run(30_000);
		expect(alice.messenger.network.get().state).toBe('no-relay');
		// This time Bob shows the first code.
		const again = [await meet(simulation, bob), await meet(simulation, alice)] as const;
		await exchange(simulation, ...again);
		await bothDone(simulation, ...again);
		const { space } = view(first[0], 'done');
		expect(view(again[0], 'done').space).toBe(space);
		expect(view(again[1], 'done').space).toBe(space);
		for (const { messenger } of [alice, bob]) {
			expect(messenger.spaces.get().map(({ id }) => id)).toEqual([space]);
			expect(messenger.network.get().state).toBe('direct');
		}
	});

	it('[MT3] may both show and read a first code: the first link counts', async () => {
		const { simulation, alice, bob } = await strangers();
		const [hers, his] = [await meet(simulation, alice), await meet(simulation, bob)];
		const [one, other] = [view(hers, 'offering'), view(his, 'offering')];
		hers.take(other.code);
		his.take(one.code);
		await simulation.until(
			() => [hers, his].every(({ view: now }) => now.get().state === 'answering'),
			5000,
			'two answers',
		);
		hers.take(view(his, 'answering').code);
		await bothDone(simulation, hers, his);
		expect(view(hers, 'done').space).toBe(view(his, 'done').space);
		expect(alice.messenger.spaces.get()).toHaveLength(1);
	});

	it('[MT2] are told what is wrong with a code, and go on', async () => {
		const { simulation, alice, bob } = await strangers();
		const [hers, his] = [await meet(simulation, alice), await meet(simulation, bob)];
		const { link, code } = view(hers, 'offering');
		expect(hers.take(link)).toEqual({ ok: false, error: 'own' });
		expect(his.take('hello')).toEqual({ ok: false, error: 'not-a-code' });
		expect(his.take(`${code.slice(0, -1)}!`)).toEqual({ ok: false, error: 'not-a-code' });
		expect(his.take(link.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')))).toEqual({
			ok: false,
			error: 'mistyped',
		});
		const third = await simulation.addNode('Carol');
		const another = await meet(simulation, third);
		his.take(view(another, 'offering').code);
		await simulation.until(() => his.view.get().state === 'answering', 5000, 'an answer');
		expect(hers.take(view(his, 'answering').code)).toEqual({ ok: false, error: 'other' });
		expect(view(hers, 'offering').link).toBe(link);
	});

	it('[MT2] wait ten minutes, and take no code that is older', async () => {
		const { simulation, alice, bob } = await strangers();
		const hers = await meet(simulation, alice);
		const { code } = view(hers, 'offering');
		await simulation.run(600_000);
		expect(view(hers, 'failed').problem).toBe('expired');
		await simulation.run(301_000);
		const his = await meet(simulation, bob);
		expect(his.take(code)).toEqual({ ok: false, error: 'old' });
	});
});
