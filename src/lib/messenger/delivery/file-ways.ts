// The ways by which files go between this device and others: asks by those that it opens itself, serves by those that
// others open. Which file a device may have is for the space to say. [TW7] [TW9]
import type { FlowChannel } from '#lib/ports/channel.ts';
import type { FileReference } from '#lib/protocol/file-frame.ts';
import { createServing, type ServedFile } from '#lib/transfer/serving.ts';
import { createAskingWays, serveWay, type AskingWays, type WayParts } from '#lib/transfer/ways.ts';
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
	/** The link to this device is gone. */
	linkLost(device: string): void;
	stop(): void;
}

export function createFileWays(
	{ clock, directDialer }: Pick<Ports, 'clock' | 'directDialer'>,
	{ stun, openStream, serve, tally }: FileWayEvents,
): FileWays {
	const asking = new Map<string, AskingWays>();
	const serving = createServing();
	/** Streams that others have opened, and who. */
	const open = new Map<FlowChannel, string>();
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
			const peer = serving.device((of) => serve(device, of));
			open.set(channel, device);
			serveWay(partsFor(device), peer, channel, () => {
				open.delete(channel);
				peer.stop();
			});
		},
		linkLost(device) {
			asking.get(device)?.linkLost();
			for (const [channel, by] of [...open]) if (by === device) channel.close('the link has ended');
		},
		stop() {
			for (const ways of asking.values()) ways.close();
			for (const channel of [...open.keys()]) channel.close('stopped');
		},
	};
}
