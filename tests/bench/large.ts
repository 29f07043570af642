// What a space of many devices costs one of them: `npm run bench -- large [SIZES]`. The real messenger on a simulated
// network; members come in one after another and go, so that few of them run at a time. Cryptography is Node's own.
import { createCryptoProvider } from '#lib/crypto/provider.ts';
import { forBlocks } from '#lib/messenger/delivery/splitting.ts';
import { draftOf } from '#lib/messenger/space/drafting.ts';
import { newEpoch } from '#lib/messenger/space/epochs.ts';
import { openSpace } from '#lib/messenger/space/space.ts';
import type { Space } from '#lib/messenger/space/space-face.ts';
import { EPOCH_REASON } from '#lib/protocol/content.ts';
import { encodePacket, KIND, type Packet } from '#lib/protocol/entry.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { fromHex } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';
import {
	bringIn,
	createWorld,
	found,
	reader,
	say,
	useRelay,
	type World,
} from '../simulation/world.ts';

const SIZES = process.argv[2]?.split(',').map(Number) ?? [30, 100, 300];
const LISTENERS = 3;
const MESSAGES = 20;
const KIB = 1024;

const crypto = createCryptoProvider();
const rounded = (value: number): number => Math.round(value * 10) / 10;
const median = (values: readonly number[]): number =>
	[...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
const parts = (packet: Packet): number =>
	forBlocks(crypto, { type: 'entries', packets: [packet] }).length;

async function timed<T>(work: () => Promise<T>): Promise<readonly [T, number]> {
	const since = performance.now();
	const result = await work();
	return [result, performance.now() - since];
}

async function keptBy(node: SimulatedNode, id: string): Promise<Space> {
	return unwrap(await openSpace(node.ports(), node.self, fromHex(id) ?? new Uint8Array()));
}

/** Bytes that pass between nodes and relays while this goes on. */
async function bytesOf(world: World, sender: string, work: () => Promise<void>) {
	const passed = { sent: 0, received: 0 };
	const before = world.network.watch;
	world.network.watch = ({ from, frame }) => {
		if (from === sender) passed.sent += frame.length;
		else passed.received += frame.length;
	};
	await work();
	world.network.watch = before;
	return passed;
}

async function measure(world: World, alice: SimulatedNode, id: string, size: number) {
	const listeners = await Promise.all(
		Array.from({ length: LISTENERS }, (_, n) => world.addNode(`Listener ${size} ${n}`)),
	);
	for (const node of listeners) await bringIn(world, alice, node, id);
	await world.run(5000);
	const readers = listeners.map((node) => reader(node, id));
	const text = `Heard by all of ${size}`;
	const since = world.clock.now();
	const passed = await bytesOf(world, 'Alice', async () => {
		await say(world, alice, id, text);
		await world.until(() => readers.every((read) => read().includes(text)), 60_000, 'all read it');
	});
	const heardAfter = world.clock.now() - since;
	await alice.stop();
	for (const node of listeners) await node.stop();

	// What is written from here on is nobody's.
	const disk = world.disk('Alice').snapshot();
	globalThis.gc?.();
	const before = process.memoryUsage().heapUsed;
	const [space, openMs] = await timed(() => keptBy(alice, id));
	globalThis.gc?.();
	const heap = process.memoryUsage().heapUsed - before;

	const [channel] = space.ledger.authority.channels;
	if (channel === undefined) throw new Error('no channel');
	const times: number[] = [];
	let bytes = 0;
	const ports = alice.ports();
	for (let n = 0; n < MESSAGES; n++) {
		const content = { kind: KIND.message, channel: channel.id, text: `Hello ${n}`, replyTo: null };
		const [written, ms] = await timed(() =>
			space.write(() => Promise.resolve(draftOf(ports, alice.self, space, content))),
		);
		times.push(ms);
		bytes = encodePacket(unwrap(written).packet).length;
	}
	const [made, epochMs] = await timed(() =>
		space.write(() =>
			newEpoch(ports, alice.self.device.publicKey, space, EPOCH_REASON.removal, []),
		),
	);
	const epoch = unwrap(made).packet;
	world.disk('Alice').restore(disk);
	return {
		devices: space.ledger.authority.active.size,
		heard_after_s: heardAfter / 1000,
		message_bytes: bytes,
		sent_bytes: passed.sent,
		write_ms: rounded(median(times)),
		epoch_bytes: encodePacket(epoch).length,
		epoch_parts: parts(epoch),
		epoch_ms: rounded(epochMs),
		open_ms: rounded(openMs),
		heap_kib: rounded(heap / KIB),
	};
}

const world = createWorld(4);
await world.addRelay('relay');
const alice = await world.addNode('Alice');
await useRelay(world, alice, 'relay');
const id = await found(world, alice);
let members = 1;
for (const size of SIZES) {
	const [, ms] = await timed(async () => {
		for (; members < size; members++) {
			const node = await world.addNode(`Member ${members}`);
			await bringIn(world, alice, node, id);
			await node.stop();
		}
	});
	console.log(`${size}: joins took ${Math.round(ms)} ms`);
	console.log(await measure(world, alice, id, size));
	members += LISTENERS;
	await world.finish(alice.start());
	await world.run(5000);
}
