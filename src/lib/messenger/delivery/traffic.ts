// Counts the bytes of frames as they pass: on links, on their further channels, and on connections to relays.
import type { FlowChannel, FrameChannel } from '#lib/ports/channel.ts';
import type { DirectError, DirectLink, Meeting } from '#lib/ports/direct-dialer.ts';
import type { RelayDialer } from '#lib/ports/relay-dialer.ts';
import { ok, type Result } from '#lib/util/result.ts';

/** Bytes so far. */
export interface Tally {
	sent: number;
	received: number;
}

export const createTally = (): Tally => ({ sent: 0, received: 0 });

class Counted<C extends FrameChannel> implements FrameChannel {
	protected readonly channel: C;
	protected readonly tally: Tally;
	#onFrame: FrameChannel['onFrame'];

	constructor(channel: C, tally: Tally) {
		this.channel = channel;
		this.tally = tally;
	}

	send(frame: Uint8Array): void {
		this.tally.sent += frame.length;
		this.channel.send(frame);
	}

	get onFrame(): FrameChannel['onFrame'] {
		return this.#onFrame;
	}

	set onFrame(handler: FrameChannel['onFrame']) {
		this.#onFrame = handler;
		this.channel.onFrame =
			handler &&
			((frame) => {
				this.tally.received += frame.length;
				handler(frame);
			});
	}

	get onClose(): FrameChannel['onClose'] {
		return this.channel.onClose;
	}

	set onClose(handler: FrameChannel['onClose']) {
		this.channel.onClose = handler;
	}

	buffered(): number {
		return this.channel.buffered();
	}

	close(reason: string): void {
		this.channel.close(reason);
	}
}

class CountedFlow extends Counted<FlowChannel> implements FlowChannel {
	get onDrain(): FlowChannel['onDrain'] {
		return this.channel.onDrain;
	}

	set onDrain(handler: FlowChannel['onDrain']) {
		this.channel.onDrain = handler;
	}
}

class CountedLink extends Counted<DirectLink> implements DirectLink {
	#onFiles: DirectLink['onFiles'];

	roundTrip(): number | undefined {
		return this.channel.roundTrip();
	}

	route(): Promise<string> {
		return this.channel.route();
	}

	async openFiles(): Promise<FlowChannel | undefined> {
		const opened = await this.channel.openFiles();
		return opened && new CountedFlow(opened, this.tally);
	}

	get onFiles(): DirectLink['onFiles'] {
		return this.#onFiles;
	}

	set onFiles(handler: DirectLink['onFiles']) {
		this.#onFiles = handler;
		this.channel.onFiles =
			handler &&
			((opened) => {
				handler(new CountedFlow(opened, this.tally));
			});
	}
}

/** The same link, counted with the channels for files that are opened on it. */
export const countLink = (link: DirectLink, tally: Tally): DirectLink =>
	new CountedLink(link, tally);

/** The same way of making channels for much data, each of them counted. */
export function countMeeting(meeting: Meeting<FlowChannel>, tally: Tally): Meeting<FlowChannel> {
	const count = (opened: Result<FlowChannel, DirectError>): Result<FlowChannel, DirectError> =>
		opened.ok ? ok(new CountedFlow(opened.value, tally)) : opened;
	return {
		async offer(options) {
			const made = await meeting.offer(options);
			if (!made.ok) return made;
			const { offer, accept, cancel } = made.value;
			return ok({ offer, cancel, accept: async (answer) => count(await accept(answer)) });
		},
		async answer(offer, options) {
			const made = await meeting.answer(offer, options);
			return made.ok ? ok({ ...made.value, link: made.value.link.then(count) }) : made;
		},
	};
}

/** Counts what goes to and comes from each address. */
export function countDialer(
	dialer: RelayDialer,
): RelayDialer & { tallyOf(url: string): Readonly<Tally> | undefined } {
	const tallies = new Map<string, Tally>();
	return {
		async dial(url, signal) {
			const dialled = await dialer.dial(url, signal);
			if (!dialled.ok) return dialled;
			const tally = tallies.get(url) ?? createTally();
			tallies.set(url, tally);
			return ok(new Counted(dialled.value, tally));
		},
		tallyOf: (url) => tallies.get(url),
	};
}
