// Spaces that the person is in and this device is not: asks the person's other devices to let it in, one after the other,
// for as long as it takes. [MD3] [MD4] [MD7]
import { bytes, decode, encode, tuple } from '#lib/protocol/cbor.ts';
import { decodeHeader, KIND, type Packet } from '#lib/protocol/entry.ts';
import type { EnrolRequest } from '#lib/protocol/space-message.ts';
import type { StoreWrite } from '#lib/ports/store.ts';
import { entryId } from '#lib/crdt/check-entry.ts';
import { equal, fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';
import { createEntering, type Entering } from '../joining/entering.ts';
import type { Ports, Self } from '../ports.ts';
import type { Space } from '../space/space-face.ts';
import type { SpaceNode } from '../space-node-face.ts';

/** How long a device that was asked has to answer before the next one is. */
const ASK_EVERY = 10_000;
/** How often the request is left for devices that are all away. */
const LEAVE_EVERY = 60 * 60_000;
/** Spaces at once: the others wait for their turn. */
const AT_ONCE = 4;

const TABLE = 'arriving';

interface Arriving {
	readonly id: Bytes;
	readonly entering: Entering;
	asked: number;
	leftAt: number;
	cancel(): void;
}

export interface Askable {
	readonly node: Pick<SpaceNode, 'post'>;
	readonly devices: readonly string[];
}

export interface ArrivingEvents {
	/** Spaces (hex) that the person is in and that are not on this device in any form. */
	missing(): readonly string[];
	/** Where the person's devices (hex) that may let this one into a space (hex) are met. */
	askable(space: string): readonly Askable[];
	/** Who this installation is to be in the space. */
	selfIn(space: Bytes): Promise<Self>;
	/** The space as it is here: its past may be already. */
	open(self: Self, space: Bytes): Promise<Space | undefined>;
	/** This device is in; `done` belongs into the commit that lists the space. */
	onEntered(space: Space, self: Self, done: StoreWrite): void;
}

export interface ArrivingSpaces {
	/** What is missing, or who can be reached, may have changed. */
	look(): void;
	onEnrolled(device: Bytes, block: Bytes): void;
	onEntries(packets: readonly Packet[]): void;
	stop(): void;
}

export function createArrivingSpaces(ports: Ports, events: ArrivingEvents): ArrivingSpaces {
	const { clock, crypto, random, store } = ports;
	const arriving = new Map<string, Arriving>();
	const beginning = new Set<string>();
	let stopped = false;

	async function tokenFor(space: Bytes): Promise<Bytes | undefined> {
		const row = await store.get(TABLE, [space]);
		const decoded = row && decode(tuple(bytes(32)), row, 64);
		if (decoded?.ok) return decoded.value[0];
		const token = random.bytes(32);
		const kept = await store.commit([{ table: TABLE, key: [space], value: encode([token]) }]);
		return kept.ok ? token : undefined;
	}

	async function begin(key: string): Promise<void> {
		const id = fromHex(key);
		if (id?.length !== 32) return;
		beginning.add(key);
		const self = await events.selfIn(id);
		const token = await tokenFor(id);
		beginning.delete(key);
		if (token === undefined || stopped) return;
		const entering = createEntering(ports, self, id, token, () => events.open(self, id));
		const made: Arriving = {
			id,
			entering,
			asked: 0,
			leftAt: -Infinity,
			cancel: () => undefined,
		};
		arriving.set(key, made);
		await ask(key, made);
	}

	async function ask(key: string, each: Arriving): Promise<void> {
		each.cancel();
		if (stopped || arriving.get(key) !== each) return;
		each.cancel = clock.after(ASK_EVERY, () => void ask(key, each));
		const all = events.askable(key);
		if (all.length === 0) return;
		const request: EnrolRequest = await each.entering.request();
		const message = { type: 'enrol-me', ...request } as const;
		const there = all.flatMap(({ node: { post }, devices }) =>
			devices.filter((device) => post.route(device) !== null).map((device) => ({ post, device })),
		);
		const next = there[each.asked++ % Math.max(1, there.length)];
		if (next !== undefined) {
			next.post.send(next.device, message);
			return;
		}
		if (clock.now() - each.leftAt < LEAVE_EVERY) return;
		for (const { node, devices } of all) {
			if (!node.post.hasRelay()) continue;
			const copy = { packet: random.bytes(32), preimage: random.bytes(32), notIn: null };
			const stored = await node.post.store(devices, copy, message);
			if (stored.copies.length > 0) each.leftAt = clock.now();
		}
	}

	function settle(key: string, each: Arriving): void {
		const space = each.entering.entered();
		if (space === undefined || stopped || arriving.get(key) !== each) return;
		each.cancel();
		arriving.delete(key);
		const done = { table: TABLE, key: [each.id], value: null };
		events.onEntered(space, each.entering.self, done);
		look();
	}

	function look(): void {
		if (stopped) return;
		const missing = new Set(events.missing().filter((key) => events.askable(key).length > 0));
		for (const [key, each] of arriving) {
			if (missing.has(key)) continue;
			each.cancel();
			arriving.delete(key);
		}
		for (const key of missing) {
			if (arriving.size + beginning.size >= AT_ONCE) break;
			if (!arriving.has(key) && !beginning.has(key)) void begin(key);
		}
	}

	const spaceOf = ({ header }: Packet): string | undefined => {
		const decoded = decodeHeader(header);
		if (!decoded.ok) return undefined;
		const { kind, space } = decoded.value;
		return toHex(kind === KIND.genesis ? entryId(crypto, header) : space);
	};

	return {
		look,
		onEnrolled(device, block) {
			for (const [key, each] of arriving) {
				if (!equal(each.entering.self.device.publicKey, device)) continue;
				void each.entering.onBlock(block).then(() => {
					settle(key, each);
				});
			}
		},
		onEntries(packets) {
			for (const [key, each] of arriving) {
				const own = packets.filter((packet) => spaceOf(packet) === key);
				if (own.length === 0) continue;
				void each.entering.onEntries(own).then(() => {
					settle(key, each);
				});
			}
		},
		stop() {
			stopped = true;
			for (const each of arriving.values()) each.cancel();
		},
	};
}
