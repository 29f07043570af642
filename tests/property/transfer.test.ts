// Files between devices, frame by frame: whoever sends, whatever goes wrong on the way, what arrives is what was sealed.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attachmentRoot, chunkHash, sealAttachment } from '#lib/crypto/attachment.ts';
import { createBulkCrypto, createSyncBulkCrypto } from '#lib/crypto/bulk.ts';
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import { CHUNK } from '#lib/protocol/attachment-size.ts';
import { decodeFileFrame, encodeFileFrame, type FileFrame } from '#lib/protocol/file-frame.ts';
import { createSimulatedClock, type SimulatedClock } from '#lib/simulation/clock.ts';
import { createWire, type Wire } from '#lib/simulation/wire.ts';
import { createAskedDevice, type AskedDevice } from '#lib/transfer/asking.ts';
import { createFetch, type Fetch } from '#lib/transfer/fetching.ts';
import {
	createServing,
	type ServedDevice,
	type ServedFile,
	type Serving,
} from '#lib/transfer/serving.ts';
import { concat, equal, type Bytes } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';

const bulk = await createBulkCrypto(globalThis.crypto.subtle);
const provider = createSyncCryptoProvider();
const id = new Uint8Array(32).fill(3);
const of = { space: id, device: id, seq: 7, entry: id };

const FILE = 4 * CHUNK + 70_000;
async function* plain(): AsyncGenerator<Bytes> {
	for (let at = 0; at < FILE; at += 50_000) {
		const part = new Uint8Array(Math.min(50_000, FILE - at));
		for (let i = 0; i < part.length; i++) part[i] = ((at + i) * 31 + ((at + i) >> 9)) & 0xff;
		yield part;
	}
}
const chunks: Bytes[] = [];
const random = { bytes: (length: number) => new Uint8Array(length).fill(5) };
const sealed = await sealAttachment(
	{ crypto: provider, bulk, random },
	plain(),
	FILE,
	async (n, c) => {
		chunks[n] = c;
		return true;
	},
);
if (sealed === undefined) throw new Error('not sealed');
const { root, length, hashes } = sealed;
const COUNT = chunks.length;
const WHOLE = concat(...chunks);

/** liar: one byte is other. lister: another list of hashes. cutter: pieces too short. mute: takes and gives nothing. */
type Kind = 'honest' | 'partial' | 'liar' | 'lister' | 'cutter' | 'mute' | 'none';

function servedBy(kind: Kind): ServedFile | undefined {
	if (kind === 'none') return undefined;
	const numbers = [...chunks.keys()];
	return {
		length,
		hashes: kind === 'lister' ? hashes.map((byte) => byte ^ 1) : hashes,
		held: async () => (kind === 'partial' ? numbers.filter((n) => n % 2 === 0) : numbers),
		async read(chunk) {
			const bytes = chunks[chunk]?.slice();
			if (kind === 'liar' && bytes !== undefined) bytes[70_000 % bytes.length]! ^= 1;
			return bytes;
		},
	};
}

interface Device {
	readonly asked: AskedDevice;
	readonly server: ServedDevice;
	wire: Wire | undefined;
	readonly kind: Kind;
}

const createDevice = (kind: Kind, serving: Serving): Device => ({
	asked: createAskedDevice(),
	server: serving.device(async () => servedBy(kind)),
	wire: undefined,
	kind,
});

interface World {
	readonly clock: SimulatedClock;
	readonly devices: Device[];
	readonly kept: Map<number, Bytes>;
	readonly keptTwice: number[];
	fetch: Fetch;
	isWhole: boolean;
	/** False: what comes can't be kept. */
	hasRoom: boolean;
	connect(device: Device): Wire;
	begin(): void;
	run(ms: number): Promise<void>;
}

function createWorld(kinds: readonly Kind[], serving: Serving = createServing()): World {
	const clock = createSimulatedClock(() => new Promise((resolve) => setImmediate(resolve)), 1e12);
	let list: Bytes | null = null;

	function connect(device: Device): Wire {
		const wire = createWire({
			clock,
			latency: () => 20,
			passes: () => true,
			watch: () => undefined,
			tamper: (frame) => {
				if (device.kind !== 'cutter') return frame;
				const decoded = unwrap<FileFrame, unknown>(decodeFileFrame(frame));
				if (decoded.type !== 'piece' || decoded.segment !== 3) return frame;
				return encodeFileFrame({ ...decoded, bytes: decoded.bytes.slice(1) });
			},
			fate: () => ({ times: 1, late: 0 }),
			onEnd: () => undefined,
		});
		const [here, there] = wire.ends;
		const { server } = device;
		there.onFrame = (frame) => {
			const decoded = unwrap(decodeFileFrame(frame));
			if (device.kind !== 'mute') server.take(there, decoded);
		};
		there.onClose = () => {
			server.lost(there);
		};
		here.onFrame = (frame) => {
			device.asked.take(unwrap(decodeFileFrame(frame)));
		};
		here.onClose = () => {
			device.asked.lost(here);
		};
		device.asked.attach(here, true);
		device.wire = wire;
		return wire;
	}

	const world: World = {
		clock,
		devices: kinds.map((kind) => createDevice(kind, serving)),
		kept: new Map(),
		keptTwice: [],
		fetch: undefined as unknown as Fetch,
		isWhole: false,
		hasRoom: true,
		connect,
		begin() {
			world.fetch?.stop();
			world.fetch = createFetch({
				clock,
				of,
				length,
				hashes: list,
				held: [...world.kept.keys()],
				// Done at once: simulated time waits for no thread.
				hash: (bytes) => chunkHash(createSyncBulkCrypto(), bytes),
				async takeHashes(named) {
					if (!equal(attachmentRoot(provider, named), root)) return false;
					list = named;
					return true;
				},
				async keep(chunk, bytes) {
					if (!world.hasRoom) return false;
					if (world.kept.has(chunk)) world.keptTwice.push(chunk);
					world.kept.set(chunk, bytes);
					return true;
				},
				onChange: () => undefined,
				onWhole: () => (world.isWhole = true),
			});
			for (const [n, device] of world.devices.entries()) {
				world.fetch.addSource(String(n), device.asked);
			}
		},
		run: (ms) => clock.run(ms),
	};
	for (const device of world.devices) connect(device);
	world.begin();
	return world;
}

const arrived = ({ kept }: World): Bytes =>
	concat(...Array.from({ length: COUNT }, (_, n) => kept.get(n) ?? new Uint8Array()));

const kinds = fc.array(
	fc.constantFrom<Kind>('honest', 'partial', 'liar', 'lister', 'cutter', 'mute', 'none'),
	{ maxLength: 3 },
);
const disturbance = fc.tuple(
	fc.constantFrom('cut', 'second way', 'restart', 'pause', 'prefer'),
	fc.nat(3),
	fc.nat(400),
);

describe('a file between devices', () => {
	it('[TR1] [TR3] [TR4] [TR7] arrives as it was sealed, each chunk once, whoever else sends and whatever breaks', async () => {
		await fc.assert(
			fc.asyncProperty(
				kinds,
				fc.nat(3),
				fc.array(disturbance, { maxLength: 6 }),
				async (others, at, disturbances) => {
					const all = [...others];
					all.splice(at % (others.length + 1), 0, 'honest');
					const world = createWorld(all);
					for (const [what, which, ms] of disturbances) {
						await world.run(ms);
						const number = which % world.devices.length;
						const device = world.devices[number];
						if (device === undefined) continue;
						if (what === 'cut') {
							device.wire?.cut('cut');
							await world.run(50);
							world.connect(device);
							world.fetch.addSource(String(number), device.asked);
						} else if (what === 'second way') {
							world.connect(device);
						} else if (what === 'restart') {
							world.begin();
						} else if (what === 'pause') {
							world.fetch.pause();
							await world.run(100);
							world.fetch.resume();
						} else {
							world.fetch.prefer(which * CHUNK);
						}
					}
					for (let n = 0; n < 400 && !world.isWhole; n++) await world.run(500);
					expect(world.isWhole).toBe(true);
					expect(equal(arrived(world), WHOLE)).toBe(true);
					expect(world.keptTwice).toEqual([]);
					expect(world.fetch.progress()).toMatchObject({ state: 'whole', held: COUNT, rate: 0 });
				},
			),
			{ numRuns: 40 },
		);
	}, 120_000);

	it('[TR4] takes nothing from those who send something else, and waits for somebody who doesn’t', async () => {
		const world = createWorld(['liar', 'lister', 'cutter']);
		await world.run(60_000);
		expect(world.kept.size).toBe(0);
		expect(world.fetch.progress()).toMatchObject({ state: 'waiting', held: 0, left: null });
		const honest = createDevice('honest', createServing());
		world.connect(honest);
		world.fetch.addSource('9', honest.asked);
		await world.run(3000);
		expect(equal(arrived(world), WHOLE)).toBe(true);
	});

	it('[TR6] [TR7] pauses when it can’t be kept, and goes on from what it has', async () => {
		const world = createWorld(['honest']);
		world.hasRoom = false;
		await world.run(3000);
		expect(world.fetch.progress()).toMatchObject({ state: 'full', held: 0 });
		world.hasRoom = true;
		await world.run(3000);
		expect(world.fetch.progress().state).toBe('full');
		world.fetch.resume();
		await world.run(3000);
		expect(world.isWhole).toBe(true);
		expect(world.keptTwice).toEqual([]);
	});

	it('[TW6] goes on by another way when the one it came by goes', async () => {
		const world = createWorld(['honest']);
		const [device] = world.devices;
		if (device === undefined) throw new Error('nobody');
		const first = device.wire;
		const second = world.connect(device);
		await world.run(110);
		second.cut('gone');
		await world.run(3000);
		expect(world.isWhole).toBe(true);
		first?.cut('gone');
	});
});

describe('serving', () => {
	/** A way whose other end takes only what it is told to. */
	function way() {
		const frames: FileFrame[] = [];
		let held = 0;
		const channel = {
			onFrame: undefined,
			onClose: undefined,
			onDrain: undefined,
			send(frame: Uint8Array) {
				frames.push(unwrap(decodeFileFrame(frame)));
				held += frame.length;
			},
			buffered: () => held,
			close: () => undefined,
		};
		const pieces = (): string[] =>
			frames.flatMap((each) => (each.type === 'piece' ? [`${each.chunk}:${each.segment}`] : []));
		return { channel, frames, pieces, empty: () => (held = 0) };
	}
	const settled = async (): Promise<void> => {
		for (let n = 0; n < 20; n++) await new Promise((resolve) => setImmediate(resolve));
	};
	const get = (chunk: number, file = 0): FileFrame => ({ type: 'get', file, chunk });
	const ask: FileFrame = { type: 'ask', file: 0, of, hashes: true };

	it('[TW3] says what there is, and gives nothing of what was not asked for or may not be had', async () => {
		const serving = createServing();
		const peer = serving.device(async () => servedBy('honest'));
		const { channel, frames } = way();
		peer.take(channel, get(0));
		expect(frames).toEqual([{ type: 'lack', file: 0, chunk: 0 }]);
		peer.take(channel, ask);
		await settled();
		expect(frames.at(-1)).toMatchObject({ type: 'have', hashes, bits: Uint8Array.of(0b11111) });
		peer.take(channel, { ...ask, hashes: false });
		await settled();
		expect(frames.at(-1)).toMatchObject({ type: 'have', hashes: null });
		peer.take(channel, get(COUNT));
		expect(frames.at(-1)).toEqual({ type: 'lack', file: 0, chunk: COUNT });
		peer.take(channel, { type: 'close', file: 0, whole: false });
		peer.take(channel, get(1));
		expect(frames.at(-1)).toEqual({ type: 'lack', file: 0, chunk: 1 });
		const none = serving.device(async () => undefined);
		none.take(channel, ask);
		await settled();
		expect(frames.at(-1)).toEqual({ type: 'none', file: 0 });
	});

	it('[TW4] sends no more than the way takes, and goes on when there is room', async () => {
		const peer = createServing().device(async () => servedBy('honest'));
		const { channel, pieces, empty } = way();
		peer.take(channel, ask);
		await settled();
		for (const chunk of [0, 1, 2]) peer.take(channel, get(chunk));
		await settled();
		expect(pieces().length).toBeLessThanOrEqual(17);
		const before = pieces().length;
		await settled();
		expect(pieces().length).toBe(before);
		for (let n = 0; n < 5; n++) {
			empty();
			peer.drained(channel);
			await settled();
		}
		expect(pieces().length).toBe(48);
		expect(new Set(pieces()).size).toBe(48);
	});

	it('[TW4] forgets what is cancelled, and queues a bounded number', async () => {
		const peer = createServing().device(async () => servedBy('honest'));
		const { channel, frames, pieces, empty } = way();
		peer.take(channel, ask);
		await settled();
		peer.take(channel, get(0));
		await settled();
		for (let n = 0; n < 40; n++) peer.take(channel, get(n % COUNT));
		peer.take(channel, { type: 'cancel', file: 0, chunk: 1 });
		for (let n = 0; n < 10; n++) {
			empty();
			peer.drained(channel);
			await settled();
		}
		expect(pieces().filter((piece) => piece.startsWith('1:'))).toEqual([]);
		expect(frames.filter(({ type }) => type === 'piece').length).toBeLessThanOrEqual(16 * 5);
	});

	it('[TW5] serves everybody in turn, and one who takes nothing holds up nobody', async () => {
		const serving = createServing();
		const ways = [way(), way(), way()];
		const peers = ways.map(({ channel }) => {
			const peer = serving.device(async () => servedBy('honest'));
			peer.take(channel, ask);
			return peer;
		});
		await settled();
		for (const [n, peer] of peers.entries()) {
			for (const chunk of [0, 1, 2, 3]) peer.take(ways[n]!.channel, get(chunk));
		}
		await settled();
		const [stuck, ...others] = ways;
		for (let n = 0; n < 12; n++) {
			for (const [m, each] of others.entries()) {
				each.empty();
				peers[m + 1]?.drained(each.channel);
				await settled();
			}
			const [a = 0, b = 0] = others.map(({ pieces }) => pieces().length);
			expect(Math.abs(a - b)).toBeLessThanOrEqual(17);
		}
		expect(others.map(({ pieces }) => pieces().length)).toEqual([64, 64]);
		expect(stuck?.pieces().length).toBeLessThanOrEqual(17);
		peers[0]?.lost(ways[0]!.channel);
		peers[0]?.stop();
	});
});
