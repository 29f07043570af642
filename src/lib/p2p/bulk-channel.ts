// A data channel of a connection of its own, for files: nothing between them and the channel but frames. [BU1] [BU2] [BU3]
import { createFlowChannel, type OwnedFlow } from './flow-channel.ts';

/** Every browser takes messages of this size. A piece of a file goes in two of them. */
const MAX_MESSAGE = 33_280;
/** Writers are told when less than this is left to send. */
const LOW_WATER = 262_144;

/** Takes an open channel over. `release` frees the connection, once, when the link has ended. */
export function createBulkChannel(channel: RTCDataChannel, release: () => void): OwnedFlow {
	const flow = createFlowChannel({
		send(bytes) {
			// Between the start and the event of its closing a channel throws on send; nothing would arrive anyway.
			if (channel.readyState !== 'open') return;
			for (let at = 0; at < bytes.length; at += MAX_MESSAGE) {
				channel.send(bytes.subarray(at, at + MAX_MESSAGE));
			}
		},
		buffered: () => channel.bufferedAmount,
		close: release,
	});
	channel.bufferedAmountLowThreshold = LOW_WATER;
	channel.addEventListener('bufferedamountlow', flow.drained);
	channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
		if (data instanceof ArrayBuffer && data.byteLength <= MAX_MESSAGE) {
			flow.push(new Uint8Array(data));
		} else {
			flow.link.close('not a message of this protocol');
		}
	});
	return {
		...flow,
		lost(reason) {
			flow.lost(reason);
			release();
		},
	};
}
