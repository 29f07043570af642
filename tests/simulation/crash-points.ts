// Goes through one stage of a scenario again for each commit that a device makes in it, with the device ending right before
// or right after that commit and starting again; the oracle judges each. A stage begins with the disks and the relay
// that the one before left, so that none but its own time is lived through again. [ST11]
import type { Self } from '#lib/messenger/ports.ts';
import type { MailboxesSnapshot } from '#lib/mailbox/memory-store.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { createMemoryDisk, type DiskSnapshot } from '#lib/storage/memory.ts';
import { complaints } from './oracle.ts';
import type { Scene } from './scene.ts';
import { createWorld, type World } from './world.ts';

export interface Story extends Scene {
	/** Empty until there is one. */
	space: string;
	/** When the stage began. */
	readonly since: number;
	person(name: string): SimulatedNode;
	/** The stage so many stages back left these disks. */
	earlier(stages: number): ReadonlyMap<string, DiskSnapshot>;
	/** What has come about; a stage's own marks. */
	readonly marks: Set<string>;
}

export interface Stage {
	readonly name: string;
	/** How much later than the stage before, ms. */
	readonly later?: number;
	/** What was done to disks and network meanwhile. */
	readonly before?: (story: Story) => void;
	/** What people do; called every while until it is done, they do again what was not acknowledged. */
	act(story: Story): void;
	done(story: Story): boolean | Promise<boolean>;
	/** What must have come about besides, where nothing was in the way. */
	readonly unhindered?: (story: Story) => boolean | Promise<boolean>;
}

type CrashOutcome = 'crash-before' | 'crash-after';

interface CrashPoint {
	readonly who: string;
	/** Commits of this device since the stage began, before this one. */
	readonly at: number;
	readonly outcome: CrashOutcome;
}

interface Left {
	readonly now: number;
	readonly disks: ReadonlyMap<string, DiskSnapshot>;
	readonly relay: MailboxesSnapshot;
	readonly space: string;
	readonly asked: ReadonlyMap<string, string>;
	readonly said: ReadonlyMap<string, string>;
	readonly restored: ReadonlySet<string>;
}

const NAMES = ['Alice', 'Bob', 'Carol'];
const SEED = 77;
const LOOK = 1000;
const AGAIN = 15_000;
const QUIET_WITHIN = 400_000;
const AWAY = 700;

/** All stages so far: who the people are, and what each stage left. */
interface Path {
	readonly selves: Map<string, Self>;
	readonly left: readonly Left[];
}

/** A stage that was gone through without hindrance. */
export interface Trodden {
	readonly stage: Stage;
	/** What there was before. */
	readonly path: Path;
	/** How often each device committed. */
	readonly commits: ReadonlyMap<string, number>;
}

/** Goes through them in turn, without hindrance. */
export async function goThrough(stages: readonly Stage[]): Promise<readonly Trodden[]> {
	const trodden: Trodden[] = [];
	let path: Path = { selves: new Map(), left: [] };
	for (const stage of stages) {
		const { story, commits } = await live(path, stage, undefined);
		if (stage.unhindered && !(await stage.unhindered(story))) {
			throw new Error(`${stage.name}: not what the stage is for`);
		}
		trodden.push({ stage, path, commits });
		path = { ...path, left: [...path.left, await leave(story)] };
	}
	return trodden;
}

/** Goes through a stage again for each commit of each device; how often that was. Throws what the oracle says. */
export async function crashEverywhere(
	{ stage, path, commits }: Trodden,
	outcome: CrashOutcome,
): Promise<number> {
	let runs = 0;
	for (const [who, count] of commits) {
		for (let at = 0; at < count; at++) {
			const { people } = (await live(path, stage, { who, at, outcome })).story;
			for (const node of people.values()) if (node.running) node.crash();
			runs += 1;
		}
	}
	return runs;
}

async function leave({
	world,
	people,
	relays,
	space,
	asked,
	said,
	restored,
}: Story): Promise<Left> {
	for (const node of people.values()) await node.stop();
	await world.run(LOOK);
	return {
		now: world.clock.now(),
		disks: new Map([...people.keys()].map((name) => [name, world.disk(name).snapshot()])),
		relay: relays[0]?.store.snapshot() ?? { mailboxes: new Map(), bytes: 0, floor: 0 },
		space,
		asked,
		said,
		restored,
	};
}

async function live(
	path: Path,
	stage: Stage,
	point: CrashPoint | undefined,
): Promise<{ story: Story; commits: ReadonlyMap<string, number> }> {
	const story = await begin(path, stage);
	const { world, people } = story;
	stage.before?.(story);
	const commits = new Map<string, number>();
	let crashed = false;
	let judging = false;
	const where = point === undefined ? '' : `, ${point.who} ${point.outcome} ${point.at}`;
	for (const node of people.values()) {
		world.disk(node.name).onCommit = () => {
			// What is opened to be judged is not the device.
			if (judging) return 'apply';
			const count = commits.get(node.name) ?? 0;
			commits.set(node.name, count + 1);
			if (point?.who !== node.name || point.at !== count || crashed) return 'apply';
			crashed = true;
			node.crash();
			world.clock.after(AWAY, () => void node.start());
			return point.outcome;
		};
		void node.start();
	}
	let wrong = ['nothing was done'];
	let next = 0;
	const end = world.clock.now() + QUIET_WITHIN;
	while (wrong.length > 0) {
		if (world.clock.now() >= next) {
			next = world.clock.now() + AGAIN;
			await world.run(LOOK);
			stage.act(story);
		}
		await world.run(LOOK);
		judging = true;
		const isDone =
			[...people.values()].every(({ running }) => running) && (await stage.done(story));
		wrong = isDone ? await complaints(story) : ['it is not done'];
		judging = false;
		if (wrong.length > 0 && world.clock.now() > end) {
			throw new Error(`${stage.name}${where}:\n${wrong.slice(0, 20).join('\n')}`);
		}
	}
	for (const name of people.keys()) world.disk(name).onCommit = undefined;
	if (point !== undefined && !crashed) throw new Error(`${stage.name}${where}: never crashed`);
	return { story, commits };
}

/** The world as the last stage left it, nobody there yet. */
async function begin({ selves, left }: Path, { later = 0 }: Stage): Promise<Story> {
	const world: World = createWorld(SEED);
	const before = left.at(-1);
	const relay = await world.addRelay('north');
	// Nothing that is drawn in one stage may be drawn again in the next.
	for (let n = 0; n < left.length; n++) for (const _ of NAMES) world.random.fork();
	const people = new Map<string, SimulatedNode>();
	if (before !== undefined) await world.run(before.now + later - world.clock.now());
	for (const name of NAMES) {
		const known = selves.get(name);
		const node = await world.addNode(
			name,
			known === undefined ? {} : { identify: () => Promise.resolve(known) },
		);
		node.crash();
		selves.set(name, node.self);
		people.set(name, node);
		world.disk(name).restore(before?.disks.get(name) ?? createMemoryDisk().snapshot());
	}
	if (before !== undefined) relay.store.restore(before.relay);
	return {
		world,
		people,
		relays: [relay],
		space: before?.space ?? '',
		asked: new Map(before?.asked),
		left: new Set(),
		leaving: new Set(),
		said: new Map(before?.said),
		turned: new Map(),
		restored: new Set(before?.restored),
		copies: new Map(),
		wrong: new Map(),
		atMost: [],
		since: world.clock.now(),
		marks: new Set(),
		person(name) {
			const node = people.get(name);
			if (node === undefined) throw new Error(`who is ${name}?`);
			return node;
		},
		earlier: (stages) => left.at(-stages)?.disks ?? new Map<string, DiskSnapshot>(),
	};
}
