// What is purged is gone everywhere, whoever was away, cut off or late; what is hidden is hidden from its author too.
import { describe, expect, it } from 'vitest';
import type { MessageView, Moderation } from '#lib/messenger/api.ts';
import { packetName } from '#lib/messenger/delivery/outbox.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import type { SimulatedRelay } from '#lib/simulation/network.ts';
import { fromHex, toHex } from '#lib/util/bytes.ts';
import {
	bringIn,
	createWorld,
	found,
	invitationOf,
	isIn,
	say,
	talk,
	useRelay,
	type World,
} from './world.ts';

const CANARY = 'canary-51c9';

async function community(seed: number, names: readonly string[]) {
	const world = createWorld(seed);
	const relay = await world.addRelay('relay');
	const alice = await world.addNode('Alice');
	await useRelay(world, alice, 'relay');
	const space = await found(world, alice);
	const others: SimulatedNode[] = [];
	for (const name of names) {
		const node = await world.addNode(name);
		await bringIn(world, alice, node, space);
		others.push(node);
	}
	await world.run(5000);
	return { world, relay, alice, others, space };
}

/** Messages as lines: texts, and in angle brackets how one is gone. */
const lines = (views: readonly MessageView[]): string[] =>
	views.map(({ text, gone }) => (gone === null ? text : `<${gone.how}>`));

function reader(node: SimulatedNode, space: string): () => readonly string[] {
	const conversation = talk(node, space);
	return () => lines(conversation.messages.get());
}

async function done(world: World, work: ReturnType<Moderation['grant']>): Promise<void> {
	const result = await world.finish(work);
	if (!result.ok) throw new Error(result.error.type);
}

async function idOf(world: World, node: SimulatedNode, space: string, text: string) {
	const { messages } = talk(node, space);
	const there = (): MessageView | undefined => messages.get().find((each) => each.text === text);
	await world.until(() => there() !== undefined, 20_000, `${node.name} reads ${text}`);
	return there()?.id ?? '';
}

/** Where these words can still be found: in plain rows, or by any store with the node's own keys. */
async function holders(world: World, node: SimulatedNode, space: string): Promise<string[]> {
	const kept = await node.kept(space);
	const found: string[] = [];
	for (const store of kept.purging.stores) {
		if (await store.holds(CANARY)) found.push(`${node.name} ${store.name}`);
	}
	for (const { table, value } of world.disk(node.name).rows()) {
		if (Buffer.from(value).includes(CANARY)) found.push(`${node.name} table ${table}`);
	}
	return found;
}

async function expectGone(world: World, nodes: readonly SimulatedNode[], space: string) {
	const found: string[] = [];
	for (const node of nodes) found.push(...(await holders(world, node, space)));
	expect(found).toEqual([]);
}

/** Whether the relay keeps the packet of this message under its own name. */
async function keeps(
	world: World,
	relay: SimulatedRelay,
	node: SimulatedNode,
	space: string,
	message: string,
): Promise<() => boolean> {
	const { ledger } = await node.kept(space);
	const spaceKey = ledger.authority.genesis?.spaceKey ?? new Uint8Array(0);
	const name = toHex(packetName(world.crypto, spaceKey, fromHex(message) ?? new Uint8Array(0)));
	return () => relay.store.held().some(({ packet }) => toHex(packet) === name);
}

describe('a purge', () => {
	it('[TB1] [TB4] reaches who is away through the relay, where nothing of the message is left', async () => {
		const { world, relay, alice, others, space } = await community(51, ['Bob', 'Carol', 'Dave']);
		const [bob, carol, dave] = others as [SimulatedNode, SimulatedNode, SimulatedNode];
		await say(world, bob, space, 'good morning');
		await world.run(3000);
		await dave.stop();
		await world.run(3000);
		await say(world, bob, space, CANARY);
		const id = await idOf(world, alice, space, CANARY);
		const isKept = await keeps(world, relay, alice, space, id);
		await world.until(isKept, 10_000, 'a copy waits for Dave');
		// Its author hears nothing of it, and does nothing about it.
		await bob.stop();
		const seen = [alice, carol].map((node) => reader(node, space));
		await done(world, alice.messenger.moderation(space).purge([id], 'not here'));
		for (const look of seen) {
			await world.until(() => look().includes('<purged>'), 10_000, 'it is purged');
		}
		await world.until(() => !isKept(), 10_000, 'the relay has deleted it');
		const view = talk(carol, space);
		await world.until(() => view.messages.get().length > 0, 5000, 'Carol looks');
		expect(view.messages.get().at(-1)?.gone).toEqual({
			how: 'purged',
			byName: 'Alice',
			reason: 'not here',
		});
		await expectGone(world, [alice, carol], space);

		// Everybody else is away: all that Dave gets is what waits for him.
		await world.run(3000);
		for (const node of [alice, carol]) await node.stop();
		await dave.start();
		const his = reader(dave, space);
		const inOrder = (): boolean => his().join() === 'good morning,<purged>';
		await world.until(inOrder, 20_000, 'Dave sees that something was there');
		await expectGone(world, [dave], space);
		await bob.start();
		const authors = reader(bob, space);
		await world.until(() => authors().includes('<purged>'), 20_000, 'Bob sees it too');
		await expectGone(world, [bob], space);
	});

	it('[TB3] comes before the message where the network will have it so', async () => {
		const { world, alice, others, space } = await community(52, ['Bob', 'Carol']);
		const [bob, carol] = others as [SimulatedNode, SimulatedNode];
		world.network.blockDirect(() => true);
		// Carol hears nobody while it is written, and Bob's device is gone when she comes back.
		world.network.partition([['Alice', 'Bob', 'relay'], ['Carol']]);
		await world.run(20_000);
		await say(world, bob, space, CANARY);
		const id = await idOf(world, alice, space, CANARY);
		await world.run(5000);
		await done(world, alice.messenger.moderation(space).purge([id], ''));
		await world.run(5000);
		world.network.partition([]);
		const hers = reader(carol, space);
		await world.until(() => hers().includes('<purged>'), 60_000, 'Carol knows');
		await world.run(10_000);
		await say(world, bob, space, 'sorry');
		await world.until(() => hers().join() === '<purged>,sorry', 30_000, 'life goes on');
		await expectGone(world, [alice, bob, carol], space);
	});

	it('[TB1] catches a message that its author still sends from an old state', async () => {
		const { world, alice, others, space } = await community(53, ['Bob', 'Carol']);
		const [bob, carol] = others as [SimulatedNode, SimulatedNode];
		await say(world, bob, space, CANARY);
		const id = await idOf(world, alice, space, CANARY);
		await world.run(5000);
		await carol.stop();
		await bob.stop();
		await done(world, alice.messenger.moderation(space).purge([id], ''));
		await world.run(5000);
		await alice.stop();
		// Bob and Carol meet without Alice: what they have is the relay's word of it.
		await bob.start();
		await carol.start();
		const [his, hers] = [reader(bob, space), reader(carol, space)];
		const both = (): boolean => his().join() === '<purged>' && hers().join() === '<purged>';
		await world.until(both, 30_000, 'both have heard');
		await expectGone(world, [alice, bob, carol], space);
	});

	it('[TB4] reaches a relay that was away, once it is back', async () => {
		const { world, relay, alice, others, space } = await community(58, ['Bob', 'Carol', 'Dave']);
		const [bob, , dave] = others as [SimulatedNode, SimulatedNode, SimulatedNode];
		await world.run(15_000);
		await dave.stop();
		await say(world, bob, space, CANARY);
		const id = await idOf(world, alice, space, CANARY);
		const isKept = await keeps(world, relay, alice, space, id);
		await world.until(isKept, 10_000, 'a copy waits for Dave');
		await bob.stop();
		relay.stop();
		await done(world, alice.messenger.moderation(space).purge([id], ''));
		await world.run(3000);
		expect(isKept()).toBe(true);
		// Also by whoever has been started anew meanwhile.
		await alice.stop();
		await alice.start();
		relay.start();
		await world.until(() => !isKept(), 60_000, 'the relay has deleted it');
	});

	it('[TB4] by the author takes its own copies back, without anybody’s help', async () => {
		const { world, relay, alice, others, space } = await community(54, ['Bob', 'Carol']);
		const [bob, carol] = others as [SimulatedNode, SimulatedNode];
		await alice.stop();
		await carol.stop();
		await world.run(3000);
		await say(world, bob, space, CANARY);
		const id = await idOf(world, bob, space, CANARY);
		const isKept = await keeps(world, relay, bob, space, id);
		await world.until(isKept, 10_000, 'a copy is left');
		await done(world, bob.messenger.moderation(space).purge([id], ''));
		await world.until(() => !isKept(), 10_000, 'it is taken back');
		await world.run(5000);
		await bob.stop();
		await carol.start();
		const hers = reader(carol, space);
		await world.until(() => hers().join() === '<deleted>', 30_000, 'Carol sees a gap');
		await expectGone(world, [bob, carol], space);
	});
});

describe('what may be done with a message', () => {
	it('[TB2] depends on whose it is, and is nothing once it is gone', async () => {
		const { world, alice, others, space } = await community(55, ['Bob', 'Carol']);
		const [bob, carol] = others as [SimulatedNode, SimulatedNode];
		await say(world, bob, space, 'hello');
		const id = await idOf(world, carol, space, 'hello');
		const [hers, his, carols] = [alice, bob, carol].map((node) => talk(node, space).messages);
		await world.until(() => [hers, his, carols].every((m) => m?.get().length === 1), 9000, 'all');
		const mayOf = (messages: typeof hers) => messages?.get()[0]?.may;
		expect(mayOf(hers)).toEqual({ purge: true, delete: false, report: true });
		expect(mayOf(his)).toEqual({ purge: false, delete: true, report: false });
		expect(mayOf(carols)).toEqual({ purge: false, delete: false, report: true });
		await world.finish(carol.messenger.block(toHex(bob.self.rootHash), true));
		await world.until(() => carols?.get()[0]?.blocked === true, 3000, 'Bob is blocked');
		await world.finish(talk(carol, space).send('so?', id));
		await world.until(() => carols?.get()[1]?.replyTo?.text === 'hello', 3000, 'a reply');
		await done(world, bob.messenger.moderation(space).purge([id], ''));
		await world.until(() => carols?.get()[0]?.gone?.how === 'deleted', 9000, 'it is deleted');
		expect(mayOf(carols)).toEqual({ purge: false, delete: false, report: false });
		expect(carols?.get()[1]?.replyTo).toEqual({ id, authorName: 'Bob', text: '' });
		expect(carol.messenger.spaces.get()[0]?.lastText).toBe('so?');
	});
});

describe('a shadow-ban', () => {
	it('[SH5] is kept from nobody but its target, who notices nothing', async () => {
		const { world, alice, others, space } = await community(56, ['Bob', 'Carol']);
		const [bob, carol] = others as [SimulatedNode, SimulatedNode];
		await done(world, alice.messenger.moderation(space).shadowBan(toHex(bob.self.rootHash), ''));
		await world.run(5000);
		await say(world, bob, space, CANARY);
		const his = talk(bob, space);
		const state = (): string | undefined => his.messages.get()[0]?.delivery?.state;
		await world.until(() => state() === 'delivered', 20_000, 'it is delivered, as it truly is');
		await world.run(3000);
		expect(reader(alice, space)()).toEqual([]);
		await say(world, carol, space, 'quiet today');
		const hers = reader(alice, space);
		await world.until(() => hers().join() === 'quiet today', 5000, 'Alice reads Carol');
		await expectGone(world, [alice, carol], space);
		expect(carol.messenger.spaces.get()[0]?.unread).toBe(0);
		// Who comes later hears of it from whoever lets them in, Carol or Bob himself.
		for (const [host, name] of [
			[carol, 'Dora'],
			[bob, 'Eve'],
		] as const) {
			const link = await invitationOf(world, host, space);
			const newcomer = await world.addNode(name);
			await world.finish(newcomer.messenger.join(link));
			await world.until(() => isIn(newcomer, space), 30_000, `${name} joins`);
			const isTold = async (): Promise<boolean> => {
				const { shadowed } = (await newcomer.kept(space)).ledger.authority;
				return shadowed.has(toHex(bob.self.rootHash));
			};
			for (let waited = 0; waited < 30 && !(await isTold()); waited++) await world.run(1000);
			expect(await isTold()).toBe(true);
			await say(world, bob, space, `${CANARY} for ${name}`);
			await world.run(8000);
			expect(reader(newcomer, space)()).toEqual([]);
			await expectGone(world, [newcomer], space);
		}
		const { shadowed } = (await bob.kept(space)).ledger.authority;
		expect(shadowed.size).toBe(0);
	});

	/** All frames that reach Bob, once Alice has sealed either a shadow-ban or a report about him. */
	async function framesToBob(act: 'shadow-ban' | 'report'): Promise<string[]> {
		const { world, alice, others, space } = await community(57, ['Bob', 'Carol']);
		const [bob] = others as [SimulatedNode];
		await say(world, bob, space, 'hello');
		const id = await idOf(world, alice, space, 'hello');
		await world.run(5000);
		const frames: string[] = [];
		world.network.watch = ({ from, to, over, frame }) => {
			if (to === 'Bob') frames.push(`${from} ${over} ${frame.length}`);
		};
		const moderation = alice.messenger.moderation(space);
		await done(
			world,
			act === 'report'
				? moderation.report(id, 'look')
				: moderation.shadowBan(toHex(bob.self.rootHash), 'look'),
		);
		await world.run(4000);
		for (let n = 0; n < 3; n++) {
			await say(world, bob, space, `message ${n}`);
			await world.run(7000);
		}
		await world.run(90_000);
		const carols = (await others[1]?.kept(space))?.ledger.feeds.get(
			toHex(bob.self.device.publicKey),
		);
		expect(carols?.seq).toBe(3);
		return frames;
	}

	it('[SH6] sends its target the very frames that a report would', async () => {
		const [banned, reported] = [await framesToBob('shadow-ban'), await framesToBob('report')];
		expect(banned.length).toBeGreaterThan(20);
		expect(banned).toEqual(reported);
	});
});
