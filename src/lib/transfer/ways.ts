// The ways by which files travel between two devices: a stream beside their link, at once, and a connection of its own
// for much data as soon as that stands, signalled over the stream. When one goes, the other carries on. Knows neither what
// links are made of nor what is asked. [TW6] [TW7] [TW8] [BU1]
import type { FlowChannel } from '#lib/ports/channel.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { Meeting, PendingAnswer, PendingOffer } from '#lib/ports/direct-dialer.ts';
import {
	BULK_STEP,
	decodeFileFrame,
	encodeFileFrame,
	type FileFrame,
} from '#lib/protocol/file-frame.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { createAskedDevice, type AskedDevice } from './asking.ts';
import type { ServedDevice } from './serving.ts';

export interface WayParts {
	readonly clock: Clock;
	/** Undefined where there are no connections of their own. */
	readonly meeting: () => Promise<Meeting<FlowChannel> | undefined>;
	readonly stun: () => readonly string[];
}

export interface AskingWays {
	readonly device: AskedDevice;
	/** Sees to it that there is a way, if there can be one now. */
	connect(): Promise<boolean>;
	/** The link is gone, and the stream with it, whether it has been told or not. */
	linkLost(): void;
	/** Gives them up until somebody connects again. */
	close(): void;
}

/** A quicker way that fell or never stood is tried again after this, ms. */
const AGAIN = 5000;
/** Quick ways that came to nothing before no other is tried. */
const MAX_TRIES = 3;

const NOTHING: Bytes = new Uint8Array();

type BulkFrame = FileFrame & { readonly type: 'bulk' };

/** Hears frames on a channel; what is none ends it. */
function hear(channel: FlowChannel, onFrame: (frame: FileFrame) => void): void {
	channel.onFrame = (bytes) => {
		const frame = decodeFileFrame(bytes);
		if (frame.ok) onFrame(frame.value);
		else channel.close('malformed frame');
	};
}

const signal = (channel: FlowChannel, step: BulkFrame['step'], payload: Bytes): void => {
	channel.send(encodeFileFrame({ type: 'bulk', step, payload }));
};

/** `open` opens the stream; undefined while there is no link. */
export function createAskingWays(
	{ clock, meeting, stun }: WayParts,
	open: () => Promise<FlowChannel | undefined>,
): AskingWays {
	const device = createAskedDevice();
	let opening: Promise<FlowChannel | undefined> | undefined;
	let stream: FlowChannel | undefined;
	let quick: FlowChannel | undefined;
	let pending: PendingOffer<FlowChannel> | undefined;
	let tries = 0;
	let cancelAgain = (): void => undefined;

	function use(channel: FlowChannel, onBulk: (frame: BulkFrame) => void, onGone: () => void): void {
		device.attach(channel, channel === quick);
		channel.onClose = () => {
			device.lost(channel);
			onGone();
		};
		hear(channel, (frame) => {
			if (frame.type === 'bulk') onBulk(frame);
			else device.take(frame);
		});
	}

	function forget(): void {
		pending?.cancel();
		pending = undefined;
		cancelAgain();
	}

	function later(): void {
		tries += 1;
		if (tries >= MAX_TRIES) return;
		cancelAgain = clock.after(AGAIN, () => void speedUp());
	}

	/** Offers a connection of its own. */
	async function speedUp(): Promise<void> {
		const way = stream;
		if (way === undefined || quick !== undefined || pending !== undefined) return;
		const made = await (await meeting().catch(() => undefined))?.offer({ stun: stun() });
		if (made?.ok !== true) return;
		if (stream !== way || pending !== undefined) {
			made.value.cancel();
			return;
		}
		pending = made.value;
		signal(way, BULK_STEP.offer, made.value.offer);
	}

	async function answered(payload: Bytes): Promise<void> {
		const offer = pending;
		if (offer === undefined) return;
		const made = await offer.accept(payload);
		if (pending !== offer) {
			if (made.ok) made.value.close('no longer wanted');
			return;
		}
		pending = undefined;
		if (!made.ok) {
			later();
			return;
		}
		quick = made.value;
		tries = 0;
		use(
			quick,
			() => undefined,
			() => {
				quick = undefined;
				later();
			},
		);
	}

	async function connect(): Promise<boolean> {
		if (stream !== undefined) return true;
		opening ??= open();
		const opened = await opening;
		opening = undefined;
		if (stream !== undefined || opened === undefined) return stream !== undefined;
		stream = opened;
		tries = 0;
		use(
			opened,
			(frame) => {
				if (frame.step === BULK_STEP.answer) void answered(frame.payload);
				else forget();
			},
			() => {
				stream = undefined;
				forget();
			},
		);
		void speedUp();
		return true;
	}

	return {
		device,
		connect,
		linkLost() {
			stream?.close('the link has ended');
		},
		close() {
			forget();
			quick?.close('done');
			stream?.close('done');
		},
	};
}

/** Ways on which a device is served. */
export interface ServingWays {
	/** Ends all of them, whichever there are. */
	close(reason: string): void;
}

/** Serves a device by a stream that it has opened, and by the quicker way that it offers over it. */
export function serveWay(
	{ meeting, stun }: Pick<WayParts, 'meeting' | 'stun'>,
	served: ServedDevice,
	stream: FlowChannel,
	onClose: () => void,
): ServingWays {
	let pending: PendingAnswer<FlowChannel> | undefined;
	let quick: FlowChannel | undefined;
	let isOpen = true;
	let isEnded = false;

	function use(channel: FlowChannel, onGone: () => void): void {
		channel.onDrain = () => {
			served.drained(channel);
		};
		channel.onClose = () => {
			served.lost(channel);
			onGone();
		};
	}
	const endIfOver = (): void => {
		if (!isOpen && quick === undefined) onClose();
	};

	async function offered(payload: Bytes): Promise<void> {
		pending?.cancel();
		const made = await (await meeting().catch(() => undefined))?.answer(payload, { stun: stun() });
		if (made?.ok !== true) {
			signal(stream, BULK_STEP.refuse, NOTHING);
			return;
		}
		if (!isOpen) {
			made.value.cancel();
			return;
		}
		pending = made.value;
		signal(stream, BULK_STEP.answer, made.value.answer);
		const link = await made.value.link;
		if (pending === made.value) pending = undefined;
		if (!link.ok) return;
		if (isEnded) {
			link.value.close('no longer wanted');
			return;
		}
		quick?.close('replaced');
		const channel = link.value;
		quick = channel;
		use(channel, () => {
			if (quick === channel) quick = undefined;
			endIfOver();
		});
		hear(channel, (frame) => {
			if (frame.type !== 'bulk') served.take(channel, frame);
		});
	}

	use(stream, () => {
		isOpen = false;
		pending?.cancel();
		endIfOver();
	});
	hear(stream, (frame) => {
		if (frame.type !== 'bulk') served.take(stream, frame);
		else if (frame.step === BULK_STEP.offer) void offered(frame.payload);
	});

	return {
		close(reason) {
			isEnded = true;
			pending?.cancel();
			quick?.close(reason);
			stream.close(reason);
		},
	};
}
