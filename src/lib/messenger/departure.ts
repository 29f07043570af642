// A departure on its way: the space is out of sight, and goes on working until somebody has the word. [LV1]
import { KIND } from '#lib/protocol/entry.ts';
import type { Clock } from '#lib/ports/clock.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Self } from './ports.ts';
import type { SpaceNode } from './space-node-face.ts';
import type { Space } from './space/space-face.ts';

const LOOK_EVERY = 3000;

/** The place of this device's LEAVE in its feed, if it has left for good. */
export function departureOf({ ledger }: Space, device: Bytes): number | undefined {
	if (ledger.authority.devices.get(toHex(device))?.active !== false) return undefined;
	const leave = [...ledger.control.values()].findLast(
		({ entry, content }) => content.kind === KIND.leave && equal(entry.header.device, device),
	);
	return leave?.entry.header.seq;
}

/** Whether another device of this person has left for all of them, and this one is out by that. */
export function hasLeftElsewhere({ ledger }: Space, { device, rootHash }: Self): boolean {
	if (ledger.authority.devices.get(toHex(device.publicKey))?.active !== false) return false;
	return [...ledger.control.values()].some(
		({ entry: { header }, content }) =>
			content.kind === KIND.leave &&
			equal(header.author, rootHash) &&
			!equal(header.device, device.publicKey),
	);
}

/** Calls once another device, or a relay, holds the word of the departure; returns the end of waiting for that. */
function whenHeard(clock: Clock, node: SpaceNode, seq: number, heard: () => void): () => void {
	let cancel = (): void => undefined;
	const look = (): void => {
		const delivery = node.outbox.delivery(seq);
		if (delivery === null || delivery.state !== 'queued') heard();
		else cancel = clock.after(LOOK_EVERY, look);
	};
	cancel = clock.after(LOOK_EVERY, look);
	return () => {
		cancel();
	};
}

export interface Departures {
	has(space: string): boolean;
	/** The node goes on until somebody has the word; then what is left of the space goes. */
	begin(node: SpaceNode, seq: number, forget: () => Promise<void>): void;
	/** Forgets the space without waiting any longer. */
	forget(space: string): Promise<void>;
	stop(): void;
}

export function createDepartures(clock: Clock): Departures {
	const departing = new Map<string, { stop(): void; forget(): Promise<void> }>();
	async function end(space: string): Promise<void> {
		const departure = departing.get(space);
		departure?.stop();
		departing.delete(space);
		await departure?.forget();
	}

	return {
		has: (space) => departing.has(space),
		begin(node, seq, forget) {
			const { key } = node.space;
			const stopWaiting = whenHeard(clock, node, seq, () => void end(key));
			const stop = (): void => {
				stopWaiting();
				node.stop();
			};
			departing.set(key, { stop, forget });
		},
		forget: end,
		stop() {
			for (const departure of departing.values()) departure.stop();
		},
	};
}
