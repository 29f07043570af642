// The ways by which files go between this device and others: asks by those that it opens itself, serves by those that
// others open. Which file a device may have is for the space to say. [TW7] [TW9]
import type { FlowChannel } from '#lib/ports/channel.ts';
import type { FileReference } from '#lib/protocol/file-frame.ts';
import { createServing, type ServedDevice, type ServedFile } from '#lib/transfer/serving.ts';
import {
	createAskingWays,
	serveWay,
	type AskingWays,
	type ServingWays,
	type WayParts,
} from '#lib/transfer/ways.ts';
import type { Ports } from '../ports.ts';
import { countMeeting, type Tally } from './traffic.ts';

export interface FileWayEvents {
	stun(): readonly string[];
	/** Opens a stream beside the link to this device (hex), if there is one. */
	openStream(device: string): Promise<FlowChannel | undefined>;
	/** Counts what goes between the two. */
	tally(device: string): Tally;
	/** What this device (hex) may have of a file. */
	serve(device: string, of: FileReference): Promise<ServedFile | undefined>;
}

export interface FileWays {
	/** Ways to ask this device (hex). */
	to(device: string): AskingWays;
	/** This device has opened a stream. */
	opened(device: string, channel: FlowChannel): void;
	/** The link to this device fell: what goes beside it may go on. */
	linkLost(device: string): void;
	/** Nothing is to be between this device and that one any longer. */
	part(device: string): void;
	stop(): void;
}

export function createFileWays(
	{ clock, directDialer }: Pick<Ports, 'clock' | 'directDialer'>,
	{ stun, openStream, serve, tally }: FileWayEvents,
): FileWays {
	const asking = new Map<string, AskingWays>();
	const serving = createServing();
	/** By the streams that others have opened: who, and all ways that came of it. */
	const open = new Map<FlowChannel, { readonly by: string; readonly ways: ServingWays }>();
	/** Served, and by how many of these; what it has asked for holds for each of its ways. */
	const served = new Map<string, { readonly peer: ServedDevice; ways: number }>();
	const partsFor = (device: string): WayParts => ({
		clock,
		stun,
		async meeting() {
			const dialer = await directDialer();
			return dialer.available ? countMeeting(dialer.bulk, tally(device)) : undefined;
		},
	});

	return {
		to(device) {
			let ways = asking.get(device);
			if (ways === undefined) {
				ways = createAskingWays(partsFor(device), () => openStream(device));
				asking.set(device, ways);
			}
			return ways;
		},
		opened(device, channel) {
			const known = served.get(device);
			const use = known ?? { peer: serving.device((of) => serve(device, of)), ways: 0 };
			use.ways += 1;
			served.set(device, use);
			const ways = serveWay(partsFor(device), use.peer, channel, () => {
				open.delete(channel);
				use.ways -= 1;
				if (use.ways > 0) return;
				served.delete(device);
				use.peer.stop();
			});
			open.set(channel, { by: device, ways });
		},
		linkLost(device) {
			asking.get(device)?.linkLost();
			for (const [channel, { by }] of [...open]) {
				if (by === device) channel.close('the link has ended');
			}
		},
		part(device) {
			asking.get(device)?.close();
			for (const { by, ways } of [...open.values()]) if (by === device) ways.close('parted');
		},
		stop() {
			for (const ways of asking.values()) ways.close();
			for (const { ways } of [...open.values()]) ways.close('stopped');
		},
	};
}
