// Runs a plan on simulated nodes, heals everything, and lets time pass until the oracle has nothing left to say.
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { SimulatedRelay } from '#lib/simulation/network.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { concat, fromHex, toHex, utf8, type Bytes } from '#lib/util/bytes.ts';
import { act } from './acts.ts';
import { createAttacker } from '#lib/simulation/attacker.ts';
import { attack } from './attacks.ts';
import { complaints, digestOf } from './oracle.ts';
import { describePlan, type Happening, type Plan } from './plan.ts';
import type { Scene } from './scene.ts';
import { addressOf, createWorld, found, isIn, talk, useRelay } from './world.ts';

export interface Outcome {
	/** Digest of what all honest members agree on in the end. */
	readonly digest: string;
	/** Hash of every frame that passed, with its time; zeros unless traced. */
	readonly trace: string;
	/** Entries that the founder holds in the end. */
	readonly entries: number;
}

const QUIET_WITHIN = 400_000;
/** What a clock that is ahead has written is built upon only when it is due: some things settle no sooner. */
const QUIET_WITHIN_SKEWED = 2 * 3_600_000;
const LOOK = 5000;

/** Carries the scene as it stands, for whoever looks into it. */
export class ScenarioError extends Error {
	readonly scene: Scene;
	constructor(message: string, scene: Scene) {
		super(message);
		this.scene = scene;
	}
}

export interface ScenarioOptions {
	readonly crypto?: CryptoProvider;
	/** Hashes every frame: to see whether two runs are the same, not for looking at one. */
	readonly traced?: boolean;
}

export async function runScenario(
	plan: Plan,
	{ crypto, traced = false }: ScenarioOptions = {},
): Promise<Outcome> {
	const world = createWorld(plan.seed, crypto);
	let trace: Bytes = new Uint8Array(32);
	if (traced) {
		world.network.watch = ({ from, to, over, frame }) => {
			const line = utf8(`${world.clock.now()} ${from} ${to} ${over}`);
			trace = world.crypto.sha256(concat(trace, line, frame));
		};
	}
	const isBlocked = new Set(plan.blocked.flatMap(([a, b]) => [`${a} ${b}`, `${b} ${a}`]));
	world.network.blockDirect((a, b) => isBlocked.has(`${a} ${b}`));
	world.network.noise = plan.noise;
	const relays: SimulatedRelay[] = [];
	for (const name of plan.relays) relays.push(await world.addRelay(name));
	const people = new Map<string, SimulatedNode>();
	for (const { name, skew } of plan.people) people.set(name, await world.addNode(name, { skew }));

	const [founder] = people.values();
	if (founder === undefined) throw new Error('nobody there');
	const addedLater = plan.happenings.flatMap((each) =>
		each.type === 'add-relay' ? [each.relay] : [],
	);
	for (const relay of plan.relays) {
		if (!addedLater.includes(relay)) await useRelay(world, founder, relay);
	}
	const space = await found(world, founder);
	const asked = new Map([[founder.name, '']]);
	const scene: Scene = {
		world,
		space,
		people,
		relays,
		asked,
		left: new Set(),
		leaving: new Set(),
		said: new Map(),
		turned: new Map(),
		restored: new Set(),
		copies: new Map(),
		wrong: new Map(),
		atMost: [],
	};

	const start = world.clock.now();
	for (const happening of plan.happenings) {
		await world.run(Math.max(0, start + happening.at - world.clock.now()));
		await happen(scene, happening);
	}
	await heal(scene);

	const healed = world.clock.now();
	const isSkewed = plan.people.some(({ skew }) => skew !== 0);
	const last = healed + (isSkewed ? QUIET_WITHIN_SKEWED : QUIET_WITHIN);
	let wrong = ['not looked yet'];
	// What holds must go on holding: unless somebody hostile said something new in between, which is to reach all as well.
	for (let held = 0; held < 2 && (held > 0 || world.clock.now() < last);) {
		await world.run(held > 0 ? LOOK : Math.max(LOOK, (world.clock.now() - healed) / 10));
		wrong = await complaints(scene);
		held = wrong.length === 0 ? held + 1 : 0;
	}
	if (wrong.length > 0) {
		end(scene);
		const words = `${describePlan(plan)}\n\n${wrong.slice(0, 40).join('\n')}`;
		throw new ScenarioError(words, scene);
	}
	const outcome = {
		digest: await digestOf(scene),
		trace: toHex(trace),
		entries: await entriesOf(scene),
	};
	end(scene);
	return outcome;
}

/** Nothing goes on after it has been judged. */
function end({ people, turned }: Scene): void {
	for (const attacker of turned.values()) attacker?.stop();
	for (const node of people.values()) if (node.running) node.crash();
}

async function entriesOf({ people, space }: Scene): Promise<number> {
	const [founder] = people.values();
	const feeds = (await founder?.kept(space))?.ledger.feeds.values() ?? [];
	return [...feeds].reduce((sum, { seq }) => sum + seq + 1, 0);
}

async function happen(scene: Scene, happening: Happening): Promise<void> {
	const { world, people } = scene;
	switch (happening.type) {
		case 'part':
			world.network.partition(happening.groups);
			break;
		case 'heal':
			world.network.partition([]);
			break;
		case 'relay-down':
			scene.relays.find(({ name }) => name === happening.relay)?.stop();
			break;
		case 'relay-up':
			scene.relays.find(({ name }) => name === happening.relay)?.start();
			break;
		case 'add-relay': {
			const [founder] = people.values();
			if (founder?.running) void founder.messenger.addRelay(addressOf(happening.relay));
			break;
		}
		case 'join':
			join(scene, happening.who, happening.by);
			break;
		default: {
			const node = people.get(happening.who);
			if (node === undefined) throw new Error(`who is ${happening.who}?`);
			if (scene.turned.has(happening.who)) {
				const attacker = scene.turned.get(happening.who);
				if (happening.type === 'attack' && attacker) void attack(scene, attacker, happening.how);
				return;
			}
			await befall(scene, node, happening);
		}
	}
}

/** What happens to one node, or what its person does. */
async function befall(
	scene: Scene,
	node: SimulatedNode,
	happening: Extract<Happening, { readonly who: string }>,
): Promise<void> {
	const { world, space } = scene;
	switch (happening.type) {
		case 'say': {
			if (!isIn(node, space)) return;
			const conversation = talk(node, space);
			void conversation.send(happening.text).then((sent) => {
				if (sent.ok) scene.said.set(happening.text, node.name);
			});
			conversation.close();
			break;
		}
		case 'stop':
			if (node.running) await node.stop();
			break;
		case 'crash':
			if (node.running) node.crash();
			break;
		case 'start':
			if (!node.running) await node.start();
			break;
		case 'leave':
			if (!isIn(node, space)) return;
			scene.leaving.add(node.name);
			void node.messenger.leave(space).then((left) => {
				if (left.ok) scene.left.add(node.name);
			});
			break;
		case 'crash-at-commit': {
			const disk = world.disk(node.name);
			let good = happening.after;
			disk.onCommit = () => {
				if (!node.running || good-- > 0) return 'apply';
				disk.onCommit = undefined;
				node.crash();
				return happening.outcome;
			};
			break;
		}
		case 'act':
			act(scene, node, happening);
			break;
		case 'turn':
			await turn(scene, node);
			break;
		case 'copy-disk':
			if (isIn(node, space)) scene.copies.set(node.name, world.disk(node.name).snapshot());
			break;
		case 'restore-disk': {
			const copy = scene.copies.get(node.name);
			if (copy === undefined || !isIn(node, space)) return;
			node.crash();
			world.disk(node.name).restore(copy);
			scene.restored.add(node.name);
			break;
		}
		case 'join':
		case 'attack':
			break;
	}
}

/** `by` invites, or the founder where that can't be: people ask somebody who is there. */
function join({ people, space, asked, turned }: Scene, who: string, by: string): void {
	const joiner = people.get(who);
	const preferred = people.get(by);
	const [founder] = people.values();
	const inviter = [preferred, founder, ...people.values()].find(
		(each) => each !== undefined && isIn(each, space),
	);
	if (joiner?.running !== true || inviter === undefined || turned.has(who)) return;
	// Whoever waits goes on waiting: asking anew gives up what the first request may have brought.
	const state = joiner.messenger.spaces.get().find(({ id }) => id === space)?.state;
	if (state === 'ready' || state === 'joining') return;
	void inviter.messenger.invite(space).then((invited) => {
		if (!invited.ok || !invited.value.reachable || !joiner.running) return;
		const { link } = invited.value;
		void joiner.messenger.join(link).then((kept) => {
			if (kept.ok) asked.set(who, link);
		});
	});
}

/** The node ends; whoever has its keys goes on without it. */
async function turn(scene: Scene, node: SimulatedNode): Promise<void> {
	if (node.running) node.crash();
	const { random } = scene.world;
	const space = fromHex(scene.space) ?? new Uint8Array(32);
	scene.world.disk(node.name).onCommit = undefined;
	scene.turned.set(node.name, await createAttacker(node, space, random.below(2 ** 31)));
}

async function heal({ world, people, relays, turned }: Scene): Promise<void> {
	world.network.partition([]);
	for (const relay of relays) relay.start();
	for (const node of people.values()) {
		world.disk(node.name).onCommit = undefined;
		if (!node.running && !turned.has(node.name)) await node.start();
	}
}
