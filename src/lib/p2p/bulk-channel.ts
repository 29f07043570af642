// A data channel of a connection of its own, for files: each frame is one message. [BU1] [BU2] [BU3]
import { MAX_FILE_FRAME } from '#lib/protocol/file-frame.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { createFlowChannel, type OwnedFlow } from './flow-channel.ts';

/** Writers are told when less than this is left to send. */
const LOW_WATER = 262_144;

/** Takes an open channel over. `release` frees the connection, once, when the link has ended. */
export function createBulkChannel(channel: RTCDataChannel, release: () => void): OwnedFlow {
	const flow = createFlowChannel({
		send(frame) {
			// Between the start and the event of its closing a channel throws on send; nothing would arrive anyway.
			if (channel.readyState === 'open') channel.send(frame as Bytes);
		},
		buffered: () => channel.bufferedAmount,
		close: release,
	});
	channel.bufferedAmountLowThreshold = LOW_WATER;
	channel.addEventListener('bufferedamountlow', flow.drained);
	channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
		if (data instanceof ArrayBuffer && data.byteLength <= MAX_FILE_FRAME) {
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
