// What the simulation tests share: a world from a seed, and the few things that people in it do.
import type { Conversation, MessageView } from '#lib/messenger/api.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import {
	createSimulation,
	type SimulatedNode,
	type Simulation,
} from '#lib/simulation/simulation.ts';
import { createMemoryDisk, type MemoryDisk } from '#lib/storage/memory.ts';
import { createMemoryContent, type MemoryContent } from '#lib/storage/memory-content.ts';
import { createNativeCrypto } from './native-crypto.ts';

export interface World extends Simulation {
	/** Where each node keeps files. */
	content(node: string): MemoryContent;
	readonly disks: ReadonlyMap<string, MemoryDisk>;
	disk(node: string): MemoryDisk;
}

export function createWorld(seed: number, crypto: CryptoProvider = createNativeCrypto()): World {
	const disks = new Map<string, MemoryDisk>();
	const disk = (node: string): MemoryDisk => {
		let found = disks.get(node);
		if (found === undefined) disks.set(node, (found = createMemoryDisk()));
		return found;
	};
	const contents = new Map<string, MemoryContent>();
	const content = (node: string): MemoryContent => {
		let found = contents.get(node);
		if (found === undefined) contents.set(node, (found = createMemoryContent()));
		return found;
	};
	const simulation = createSimulation({
		seed,
		settle: () => new Promise((resolve) => setImmediate(resolve)),
		openStore: (node) => disk(node).open(),
		openContent: (node) => content(node).open(),
		crypto,
	});
	return Object.assign(simulation, { disks, disk, content });
}

export const addressOf = (relay: string): string => `wss://${relay}.test/relay`;

/** Makes a space; its id. */
export async function found(
	world: Simulation,
	node: SimulatedNode,
	everything = false,
): Promise<string> {
	const created = await world.finish(
		node.messenger.createSpace('community', 'Friends', everything),
	);
	if (!created.ok) throw new Error(created.error.type);
	await world.run(500);
	return created.value;
}

export async function useRelay(
	world: Simulation,
	node: SimulatedNode,
	relay: string,
): Promise<void> {
	const added = await world.finish(node.messenger.addRelay(addressOf(relay)));
	if (!added.ok) throw new Error(added.error.type);
}

export async function invitationOf(
	world: Simulation,
	node: SimulatedNode,
	space: string,
): Promise<string> {
	const invited = await world.finish(node.messenger.invite(space));
	if (!invited.ok) throw new Error(invited.error.type);
	await world.run(500);
	return invited.value.link;
}

export const isIn = (node: SimulatedNode, space: string): boolean =>
	node.running &&
	node.messenger.spaces.get().some((each) => each.id === space && each.state === 'ready');

/** Invites and lets join, and waits for it. */
export async function bringIn(
	world: Simulation,
	inviter: SimulatedNode,
	joiner: SimulatedNode,
	space: string,
): Promise<void> {
	const link = await invitationOf(world, inviter, space);
	await world.finish(joiner.messenger.join(link));
	await world.until(() => isIn(joiner, space), 20_000, `${joiner.name} joins`);
}

/** The space's first channel. */
export function talk(node: SimulatedNode, space: string): Conversation {
	const [channel] = node.messenger.channels(space).get();
	if (channel === undefined) throw new Error('no channel');
	return node.messenger.conversation(space, channel.id);
}

export async function say(
	world: Simulation,
	node: SimulatedNode,
	space: string,
	text: string,
): Promise<void> {
	const sent = await world.finish(talk(node, space).send(text));
	if (!sent.ok) throw new Error(sent.error.type);
}

export const textsOf = (messages: readonly MessageView[]): string[] =>
	messages.map((each) => each.text);

/** A look at what a node shows now: subscribe once, then call. */
export function reader(node: SimulatedNode, space: string): () => readonly string[] {
	const conversation = talk(node, space);
	return () => textsOf(conversation.messages.get());
}
