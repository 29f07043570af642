// A small world on a stage: people with the real messenger behind routers of all kinds, relays with the real mailboxes,
// and everything that passes between them written down as it happens.
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import { recordNameHex } from '#lib/protocol/peer-record.ts';
import { createAttacker } from '#lib/simulation/attacker.ts';
import type { SimulatedRelay } from '#lib/simulation/network.ts';
import { linkDevice } from '#lib/simulation/own-devices.ts';
import { createRememberingCrypto } from '#lib/simulation/remembering.ts';
import { createSimulation, type SimulatedNode } from '#lib/simulation/simulation.ts';
import type { Passing } from '#lib/simulation/wire.ts';
import { createWitness, type Witness } from '#lib/simulation/witness.ts';
import { fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';
import { createLook, type Look } from './look.ts';
import { readPacket, type Parties } from './reading.ts';
import type { Packet, Scene, ShownRelay } from './recording.ts';
import type { Stage, StageParts } from './stage-face.ts';

export type { Stage, StageParts } from './stage-face.ts';

/** Milliseconds: how closely the stage is looked at. */
const TICK = 25;
const SELDOM = 500;
/** Up to so many people, whatever comes to somebody is looked for in whom they know at once; among more, seldom. */
const FEW = 8;
const LATENCY = 60;
const JITTER = 20;
const HEAD = 256;
const DONE_WITHIN = 60_000;
export const SPACE_NAME = 'Friends';
export const addressOf = (relay: string): string => `wss://${relay.toLowerCase()}.test/relay`;

export function createStage(seed: number, parts: StageParts): Stage {
	const witnesses = new Map<string, Witness>();
	const people = new Map<string, SimulatedNode>();
	const relays = new Map<string, SimulatedRelay>();
	const down = new Set<string>();
	const names = new Map<string, string>();
	const world = createSimulation({
		seed,
		...parts,
		crypto: parts.crypto ?? createRememberingCrypto(createSyncCryptoProvider()),
		cryptoFor(node, crypto) {
			const witness = witnesses.get(node) ?? createWitness(crypto);
			witnesses.set(node, witness);
			return witness.crypto;
		},
	});
	const begin = world.clock.now();
	const jitter = world.random.fork();
	let slower = 0;
	world.network.latency = () => LATENCY + slower + jitter.below(JITTER);
	/** Pairs by their names in order. */
	const cuts = new Map<string, readonly [string, string]>();
	const pairOf = (a: string, b: string): string => [a, b].sort().join(' ');
	world.network.isCut = (a, b) => cuts.has(pairOf(shownName(a), shownName(b)));
	/** Those who run another client. */
	const turned = new Set<string>();
	/** Relays have addresses in small letters, and are known by name. */
	const relayOf = new Map<string, string>();
	const shownName = (name: string): string => relayOf.get(name) ?? name;

	/** Devices are also called by the first bytes of their keys. */
	function named({ self }: SimulatedNode, name: string): void {
		const key = toHex(self.device.publicKey);
		names.set(key, name);
		names.set(recordNameHex(key), name);
	}
	const parties: Parties = {
		isRelay: (name) => relays.has(shownName(name)),
		witness: (node) => witnesses.get(node),
		nameOf: (key) => names.get(toHex(key)) ?? '?',
	};

	let passed: Passing[] = [];
	let packets: Packet[] = [];
	let scenes: Scene[] = [];
	let count = 0;
	let space = '';
	/** Another space than the story's, by who looks at it. */
	const lookedAt = new Map<string, string>();
	const arrivals = new Map<Passing, number>();
	world.network.watch = (passing) => {
		passed.push(passing);
		arrivals.set(passing, world.clock.now());
	};

	const relayViews = (): ShownRelay[] =>
		[...relays.values()].map(({ name, store }) => ({
			name: shownName(name),
			running: !down.has(shownName(name)),
			held: store.held().map(({ mailbox, packet, waitingFor, size }) => ({
				mailbox: mailbox.slice(0, 16),
				packet: toHex(packet.subarray(0, 8)),
				size,
				waiting: waitingFor.length,
			})),
		}));
	const look: Look = createLook(
		(name) => lookedAt.get(name) ?? space,
		(name) => world.network.routers.get(name)?.kind,
		(name) => turned.has(name),
	);

	function scene(): Scene {
		return {
			time: world.clock.now() - begin,
			people: [...people.values()].map((node) => look.person(node)),
			relays: relayViews(),
			links: [
				...world.network
					.connections()
					.map(({ a, b, over }) => ({ a: shownName(a), b: shownName(b), over })),
				...[...cuts.values()].map(([a, b]) => ({ a, b, over: 'cut' as const })),
			],
		};
	}

	/** What happened is read once all its consequences are there: whoever opens something has opened it. */
	function note(): void {
		for (const passing of passed) {
			if (people.size <= FEW) for (const name of [passing.from, passing.to]) look.stir(name);
			const { kind, readings } = readPacket(
				{ ...passing, from: shownName(passing.from), to: shownName(passing.to) },
				parties,
			);
			packets.push({
				id: count++,
				left: passing.left - begin,
				at: (arrivals.get(passing) ?? passing.left) - begin,
				from: shownName(passing.from),
				to: shownName(passing.to),
				over: passing.over,
				kind,
				dropped: passing.dropped === true,
				size: passing.frame.length,
				head: passing.frame.slice(0, HEAD),
				readings,
			});
		}
		passed = [];
		arrivals.clear();
		const next = scene();
		const last = scenes.at(-1);
		if (last === undefined || isOther(last, next)) scenes.push(next);
	}

	/** Word of who is there also grows old by itself. */
	let stirred = 0;
	function stirAll(): void {
		if (world.clock.now() < stirred + SELDOM) return;
		stirred = world.clock.now();
		for (const name of people.keys()) look.stir(name);
	}

	async function run(ms: number): Promise<void> {
		const end = world.clock.now() + ms;
		do {
			await world.run(Math.min(TICK, end - world.clock.now()));
			stirAll();
			note();
		} while (world.clock.now() < end);
	}

	async function until(condition: () => boolean, ms: number, what: string): Promise<void> {
		const end = world.clock.now() + ms;
		await run(0);
		while (!condition()) {
			if (world.clock.now() >= end) throw new Error(`not within ${ms} ms: ${what}`);
			await run(TICK);
		}
	}

	async function finish<T>(work: Promise<T>): Promise<T> {
		let isDone = false;
		const finished = work.finally(() => {
			isDone = true;
		});
		finished.catch(() => undefined);
		await until(() => isDone, DONE_WITHIN, 'it is done');
		return finished;
	}

	const stage: Stage = {
		world,
		people,
		relays,
		get space() {
			return space;
		},
		get now() {
			return world.clock.now() - begin;
		},
		async addRelay(name) {
			relayOf.set(name.toLowerCase(), name);
			const relay = await world.addRelay(name.toLowerCase());
			relays.set(name, relay);
			return relay;
		},
		async addPerson(name, { router, ...options } = {}) {
			if (router !== undefined) world.network.routers.set(name, router);
			const node = await finish(world.addNode(name, options));
			people.set(name, node);
			names.set(toHex(node.self.rootHash), name);
			named(node, name);
			return node;
		},
		async turn(name) {
			const node = stage.person(name);
			await finish(node.stop());
			turned.add(name);
			const id = fromHex(space);
			const attacker = id && (await finish(createAttacker(node, id, seed)));
			if (!attacker) throw new Error(`${name} is not in`);
			return attacker;
		},
		async addDevice(of, name, router) {
			if (router !== undefined) world.network.routers.set(name, router);
			const pace = { ...world, until, finish };
			const node = await linkDevice(pace, stage.person(of), name);
			people.set(name, node);
			named(node, name);
			return node;
		},
		person(name) {
			const node = people.get(name);
			if (node === undefined) throw new Error(`nobody is called ${name}`);
			return node;
		},
		relay(name) {
			const relay = relays.get(name);
			if (relay === undefined) throw new Error(`no relay is called ${name}`);
			return relay;
		},
		stopRelay(name) {
			down.add(name);
			stage.relay(name).stop();
		},
		startRelay(name) {
			down.delete(name);
			stage.relay(name).start();
		},
		async useRelay(person, relay) {
			await stage.done(stage.person(person).messenger.addRelay(addressOf(relay)));
		},
		async found(by) {
			space = await stage.done(stage.person(by).messenger.createSpace('community', SPACE_NAME));
			await run(500);
		},
		async invite(by) {
			const invitation = await stage.done(stage.person(by).messenger.invite(space));
			await run(500);
			return invitation;
		},
		async bringIn(by, who) {
			const { link } = await stage.invite(by);
			const joiner = stage.person(who);
			await stage.done(joiner.messenger.join(link));
			const isIn = (): boolean =>
				joiner.messenger.spaces.get().some(({ id, state }) => id === space && state === 'ready');
			await until(isIn, 30_000, `${who} is in`);
		},
		async say(by, text) {
			await stage.done(look.conversation(stage.person(by)).send(text));
		},
		async sendFile(by, text, name, size) {
			const { messenger } = stage.person(by);
			const [channel] = messenger.channels(space).get();
			const read = (from: number, to: number): Promise<Bytes> =>
				Promise.resolve(Uint8Array.from({ length: to - from }, (_, n) => (from + n) % 251));
			const files = [{ name, type: 'image/jpeg', size, read }];
			await stage.done(messenger.files(space).send(channel?.id ?? '', text, files));
		},
		async filesOn(person) {
			const content = parts.openContent(person);
			const names = await content.names();
			content.close();
			return names.length;
		},
		filesHeldBy: (relay) =>
			[...stage.relay(relay).store.snapshot().mailboxes.values()]
				.flatMap(({ packets }) => [...packets.values()])
				.filter(({ kept }) => kept.size > 0).length,
		messages: (of) => look.messages(stage.person(of)),
		shows: (person, text) =>
			look.messages(stage.person(person)).some((message) => message.text === text),
		rootOf: (person) => toHex(stage.person(person).self.rootHash),
		isRunning: (name) => (relays.has(name) ? !down.has(name) : stage.person(name).running),
		move(person, router) {
			world.network.routers.set(person, router);
			world.network.drop(person);
			const node = stage.person(person);
			if (node.running) node.messenger.reconnect();
		},
		cut(a, b) {
			const pair = pairOf(a, b);
			if (!cuts.delete(pair)) cuts.set(pair, [a, b]);
		},
		async remove(person) {
			const node = stage.person(person);
			if (node.running) await finish(node.stop());
			people.delete(person);
			for (const [pair, ends] of cuts) if (ends.includes(person)) cuts.delete(pair);
		},
		slow(hundreds) {
			slower = 100 * hundreds;
		},
		goTo(other, people) {
			for (const name of people) lookedAt.set(name, other);
		},
		run,
		until,
		finish,
		seen: (fits) => packets.some(fits),
		async done(work) {
			const result = await finish(work);
			if (!result.ok) throw new Error(`refused: ${result.error.type}`);
			return result.value;
		},
		take() {
			note();
			const taken = { packets, scenes };
			packets = [];
			scenes = [{ ...(scenes.at(-1) ?? scene()), time: world.clock.now() - begin }];
			return taken;
		},
	};
	return stage;
}

/** Scenes are plain values: they are the same when they say the same. */
function isOther(a: Scene, b: Scene): boolean {
	return JSON.stringify({ ...a, time: 0 }) !== JSON.stringify({ ...b, time: 0 });
}
