// The ways of files between two devices, and what becomes of them when their link falls, or is ended on purpose.
import { beforeEach, describe, expect, it } from 'vitest';
import { createFileWays, type FileWays } from '#lib/messenger/delivery/file-ways.ts';
import { createTally } from '#lib/messenger/delivery/traffic.ts';
import { createFlowChannel } from '#lib/p2p/flow-channel.ts';
import type { FlowChannel } from '#lib/ports/channel.ts';
import type { DirectDialer, Meeting } from '#lib/ports/direct-dialer.ts';
import { sealedChunkLength } from '#lib/protocol/attachment-size.ts';
import { decodeFileFrame, type FileFrame } from '#lib/protocol/file-frame.ts';
import type { AskedFileEvents } from '#lib/transfer/asking.ts';
import type { ServedFile } from '#lib/transfer/serving.ts';
import { ok } from '#lib/util/result.ts';
import { createManualClock } from '../../support/manual-clock.ts';

const [ALICE, BOB] = ['aa', 'bb'];
const id = new Uint8Array(32).fill(3);
const of = { space: id, device: id, seq: 7, entry: id };
const LENGTH = 4 << 20;
const file: ServedFile = {
	length: LENGTH,
	hashes: new Uint8Array(4 * 32),
	held: () => Promise.resolve([0, 1, 2, 3]),
	read: (chunk) => Promise.resolve(new Uint8Array(sealedChunkLength(LENGTH, chunk))),
};

interface Way {
	readonly ends: readonly [FlowChannel, FlowChannel];
	/** Types of what went over it, from either end. */
	readonly went: FileFrame['type'][];
	isOpen: boolean;
	cut(): void;
}

function createWay(): Way {
	const went: FileFrame['type'][] = [];
	const flows = [0, 1].map((side) =>
		createFlowChannel({
			send(frame) {
				const copy = new Uint8Array(frame);
				const decoded = decodeFileFrame(copy);
				if (decoded.ok) went.push(decoded.value.type);
				queueMicrotask(() => {
					if (way.isOpen) flows[1 - side]?.push(copy);
				});
			},
			buffered: () => 0,
			close: () => {
				cut();
			},
		}),
	);
	const cut = (): void => {
		way.isOpen = false;
		for (const flow of flows) flow.lost('gone');
	};
	const [a, b] = flows.map(({ link }) => link);
	if (a === undefined || b === undefined) throw new Error('two ends');
	const way: Way = { ends: [a, b], went, isOpen: true, cut };
	return way;
}

const settled = async (): Promise<void> => {
	for (let n = 0; n < 5; n++) await new Promise((resolve) => setTimeout(resolve));
};

describe('ways of files', () => {
	let streams: Way[];
	let quick: Way[];
	let alice: FileWays;
	let bob: FileWays;
	/** What Bob has heard of each chunk that he asked for. */
	let heard: string[];
	const events: AskedFileEvents = {
		onHave: () => undefined,
		onPiece: (chunk) => heard.push(`piece of ${chunk}`),
		onLack: (chunk) => heard.push(`no ${chunk}`),
		onNone: () => heard.push('none'),
		onReturned: () => undefined,
		onLost: () => undefined,
	};

	beforeEach(() => {
		[streams, quick, heard] = [[], [], []];
		const word = new Uint8Array(1);
		const waiting: ((way: Way) => void)[] = [];
		const bulk: Meeting<FlowChannel> = {
			offer: () =>
				Promise.resolve(
					ok({
						offer: word,
						cancel: () => undefined,
						accept() {
							const way = createWay();
							quick.push(way);
							waiting.shift()?.(way);
							return Promise.resolve(ok(way.ends[0]));
						},
					}),
				),
			answer: () =>
				Promise.resolve(
					ok({
						answer: word,
						cancel: () => undefined,
						link: new Promise((resolve) => {
							waiting.push(({ ends }) => {
								resolve(ok(ends[1]));
							});
						}),
					}),
				),
		};
		const directDialer = (): Promise<DirectDialer> =>
			Promise.resolve({ available: true, bulk } as unknown as DirectDialer);
		const create = (openStream: () => Promise<FlowChannel | undefined>): FileWays =>
			createFileWays(
				{ clock: createManualClock(), directDialer },
				{
					openStream,
					stun: () => [],
					tally: () => createTally(),
					serve: () => Promise.resolve(file),
				},
			);
		alice = create(() => Promise.resolve(undefined));
		bob = create(() => {
			const way = createWay();
			streams.push(way);
			alice.opened(BOB, way.ends[1]);
			return Promise.resolve(way.ends[0]);
		});
	});

	const connected = async () => {
		const ways = bob.to(ALICE);
		expect(await ways.connect()).toBe(true);
		await settled();
		expect(quick).toHaveLength(1);
		return ways;
	};

	it('[TW6] [TW8] go on by the quicker one when the link comes back, as if nothing had been', async () => {
		const ways = await connected();
		const asked = ways.device.open(of, events);
		asked?.ask(false);
		await settled();
		streams[0]?.cut();
		for (const [node, other] of [[alice, BOB] as const, [bob, ALICE] as const])
			node.linkLost(other);
		expect(quick[0]?.isOpen).toBe(true);
		expect(await ways.connect()).toBe(true);
		await settled();
		asked?.get(0);
		await settled();
		expect(quick[0]?.went).toContain('get');
		// And by the new stream when that one falls, for whom the file still has its number.
		quick[0]?.cut();
		asked?.get(1);
		await settled();
		expect(streams[1]?.went).toContain('get');
		expect(new Set(heard)).toEqual(new Set(['piece of 0', 'piece of 1']));
	});

	it('[TW10] end with the parting of either side, whichever there are', async () => {
		for (const part of [() => alice.part(BOB), () => bob.part(ALICE)]) {
			[streams, quick] = [[], []];
			await connected();
			part();
			await settled();
			expect([...streams, ...quick].map(({ isOpen }) => isOpen)).toEqual([false, false]);
		}
	});

	it('[TW10] end with the parting when the link fell before', async () => {
		for (const part of [() => alice.part(BOB), () => bob.part(ALICE)]) {
			[streams, quick] = [[], []];
			await connected();
			streams[0]?.cut();
			expect(quick[0]?.isOpen).toBe(true);
			part();
			expect(quick[0]?.isOpen).toBe(false);
			await settled();
		}
	});

	it('[TW10] end when this device stops', async () => {
		await connected();
		alice.stop();
		expect([...streams, ...quick].map(({ isOpen }) => isOpen)).toEqual([false, false]);
	});
});
