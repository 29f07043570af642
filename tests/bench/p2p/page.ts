// The page of the contest: a whole person of Aegis in the browser's own stores, and a bare data channel beside them.
import { peoplePage } from '../../p2p/people-page.ts';

let connection: RTCPeerConnection | undefined;
let channel: RTCDataChannel | undefined;

async function gathered(made: RTCPeerConnection): Promise<string> {
	while (made.iceGatheringState !== 'complete') await new Promise((done) => setTimeout(done, 10));
	return made.localDescription?.sdp ?? '';
}

function connect(): RTCPeerConnection {
	connection = new RTCPeerConnection();
	channel = connection.createDataChannel('bare', { negotiated: true, id: 0 });
	channel.binaryType = 'arraybuffer';
	channel.bufferedAmountLowThreshold = 262_144;
	return connection;
}

const PART = 65_536;
const HIGH = 1 << 20;

/** Milliseconds until the other side says that all of it came. */
async function timed(send: (to: RTCDataChannel) => Promise<void>): Promise<number> {
	const to = channel!;
	const start = performance.now();
	const done = new Promise((resolve) => (to.onmessage = resolve));
	await send(to);
	await done;
	return performance.now() - start;
}

const room = (to: RTCDataChannel): Promise<unknown> | undefined =>
	to.bufferedAmount < HIGH
		? undefined
		: new Promise((resolve) => {
				to.addEventListener('bufferedamountlow', resolve, { once: true });
			});

const page = {
	...peoplePage,
	async offer(): Promise<string> {
		const made = connect();
		await made.setLocalDescription();
		return gathered(made);
	},
	async answer(sdp: string): Promise<string> {
		const made = connect();
		await made.setRemoteDescription({ type: 'offer', sdp });
		await made.setLocalDescription();
		return gathered(made);
	},
	async accept(sdp: string): Promise<void> {
		await connection?.setRemoteDescription({ type: 'answer', sdp });
		while (channel?.readyState !== 'open') await new Promise((done) => setTimeout(done, 10));
	},
	/** Answers once so many bytes, or so many messages, have come. */
	bareTake(bytes: number, messages: number): void {
		const from = channel!;
		let got = 0;
		let count = 0;
		from.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
			got += typeof data === 'string' ? data.length : data.byteLength;
			count += 1;
			if (got >= bytes && count >= messages) from.send('done');
		};
	},
	bareBytes: (size: number): Promise<number> =>
		timed(async (to) => {
			const part = new Uint8Array(PART).fill(7);
			for (let at = 0; at < size; at += PART) {
				to.send(part.subarray(0, Math.min(PART, size - at)));
				await room(to);
			}
		}),
	bareTexts: (texts: readonly string[]): Promise<number> =>
		timed(async (to) => {
			for (const text of texts) {
				to.send(text);
				await room(to);
			}
		}),
};

export type Contest = typeof page;
(globalThis as unknown as { page: Contest }).page = page;
