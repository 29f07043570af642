// A space whose members send each other files, on relays that can be looked into.
import type { LeavingView, TransferView } from '#lib/messenger/files-api.ts';
import type { MessageView } from '#lib/messenger/api.ts';
import type { SimulatedRelay } from '#lib/simulation/network.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { concat, utf8, type Bytes } from '#lib/util/bytes.ts';
import { bringIn, createWorld, found, talk, useRelay, type World } from './world.ts';

export const CANARY = utf8('canary-5d1c-file');

export function plainOf(size: number): Bytes {
	const bytes = new Uint8Array(size);
	for (let i = 0; i < size; i++) bytes[i] = (i * 31 + (i >> 10) * 5) & 0xff;
	bytes.set(CANARY.subarray(0, size));
	return bytes;
}

export interface FileScene {
	readonly world: World;
	readonly space: string;
	readonly relays: readonly SimulatedRelay[];
	readonly alice: SimulatedNode;
	readonly bob: SimulatedNode;
	/** Sends a film of so many bytes; the message's place. */
	send(from: SimulatedNode, size: number): Promise<MessageView>;
	lastSeen(node: SimulatedNode): Promise<MessageView>;
	look(node: SimulatedNode, place: string): Promise<TransferView>;
	leaving(place: string): LeavingView | undefined;
	fetch(node: SimulatedNode, place: string): Promise<boolean>;
	untilWhole(node: SimulatedNode, place: string): Promise<void>;
	untilLeft(place: string, state?: LeavingView['state']): Promise<void>;
	read(node: SimulatedNode, place: string): Promise<Bytes>;
	/** Chunks of files that lie on this relay. */
	onRelay(relay: SimulatedRelay): number;
}

export const placeOf = (message: MessageView): string => message.files?.place ?? '';

/** `automatic`: up to so many bytes files are fetched unasked. */
export async function fileScene(
	seed: number,
	relayNames: readonly string[],
	automatic = 0,
): Promise<FileScene> {
	const world = createWorld(seed);
	const relays: SimulatedRelay[] = [];
	for (const name of relayNames) relays.push(await world.addRelay(name));
	const alice = await world.addNode('Alice');
	const bob = await world.addNode('Bob');
	for (const { messenger } of [alice, bob]) {
		await world.finish(messenger.fileSettings.setAutomatic(automatic));
	}
	for (const name of relayNames) await useRelay(world, alice, name);
	await world.run(1000);
	const space = await found(world, alice);
	await bringIn(world, alice, bob, space);
	await world.run(3000);
	const files = (node: SimulatedNode) => node.messenger.files(space);

	async function lastSeen(node: SimulatedNode): Promise<MessageView> {
		const conversation = talk(node, space);
		await world.run(200);
		const message = conversation.messages.get().at(-1);
		conversation.close();
		if (message === undefined) throw new Error('nothing said');
		return message;
	}
	const look = (node: SimulatedNode, place: string): Promise<TransferView> =>
		world.finish(files(node).look(place));
	const leaving = (place: string): LeavingView | undefined => files(alice).leaving.get().get(place);

	return {
		world,
		space,
		relays,
		alice,
		bob,
		lastSeen,
		look,
		leaving,
		async send(from, size) {
			const plain = plainOf(size);
			const [channel] = from.messenger.channels(space).get();
			const source = {
				name: 'film.mp4',
				type: 'video/mp4',
				size,
				read: async (at: number, to: number) => plain.slice(at, to),
			};
			const sent = await world.finish(files(from).send(channel?.id ?? '', '', [source]));
			if (!sent.ok) throw new Error(sent.error.type);
			return lastSeen(from);
		},
		fetch: (node, place) => world.finish(files(node).fetch(place)),
		async untilWhole(node, place) {
			for (let n = 0; n < 600; n++) {
				if ((await look(node, place)).state === 'whole') return;
				await world.run(250);
			}
			throw new Error(`${node.name} did not get it: ${JSON.stringify(await look(node, place))}`);
		},
		async untilLeft(place, state = 'left') {
			await world.until(() => leaving(place)?.state === state, 120_000, `files are ${state}`);
		},
		async read(node, place) {
			const parts: Bytes[] = [];
			const work = (async () => {
				for await (const part of files(node).read(place, 0)) parts.push(part);
			})();
			await world.finish(work);
			return concat(...parts);
		},
		onRelay: ({ store }) =>
			[...store.snapshot().mailboxes.values()].reduce(
				(sum, { packets }) =>
					sum + [...packets.values()].filter(({ kept }) => kept.size > 0).length,
				0,
			),
	};
}
