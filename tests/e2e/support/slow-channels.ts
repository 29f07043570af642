// A page whose data channels are as slow as the story wants: what is sent waits in line, and counts as not sent yet.
import type { Page } from 'playwright-core';

declare global {
	interface Window {
		/** Bytes a second that all channels of this page send; Infinity: as fast as they can. */
		channelRate: number;
	}
}

/** Runs before the page's own scripts. */
export function slowChannels(): void {
	window.channelRate = Infinity;
	const { send } = RTCDataChannel.prototype;
	const amount = Object.getOwnPropertyDescriptor(RTCDataChannel.prototype, 'bufferedAmount')!;
	type Sent = string | Blob | ArrayBuffer | ArrayBufferView<ArrayBuffer>;
	const lines = new Map<RTCDataChannel, Sent[]>();
	const lengthOf = (sent: Sent): number =>
		typeof sent === 'string' ? sent.length : sent instanceof Blob ? sent.size : sent.byteLength;
	let allowed = 0;
	const pump = (): void => {
		allowed = Math.min(window.channelRate, allowed + window.channelRate / 50);
		for (const [channel, line] of lines) {
			while (line.length > 0 && allowed > 0) {
				const sent = line.shift()!;
				allowed -= lengthOf(sent);
				if (channel.readyState === 'open') Reflect.apply(send, channel, [sent]);
			}
			if (line.length > 0) continue;
			lines.delete(channel);
			channel.dispatchEvent(new Event('bufferedamountlow'));
		}
	};
	setInterval(pump, 20);
	RTCDataChannel.prototype.send = function (this: RTCDataChannel, sent: Sent): void {
		const line = lines.get(this);
		if (line !== undefined) line.push(sent);
		else if (window.channelRate === Infinity) Reflect.apply(send, this, [sent]);
		else lines.set(this, [sent]);
	};
	Object.defineProperty(RTCDataChannel.prototype, 'bufferedAmount', {
		...amount,
		get(this: RTCDataChannel): number {
			const waits = (lines.get(this) ?? []).reduce((sum, sent) => sum + lengthOf(sent), 0);
			return (amount.get!.call(this) as number) + waits;
		},
	});
}

export const sendAtMost = (page: Page, bytesPerSecond: number): Promise<void> =>
	page.evaluate((rate) => {
		window.channelRate = rate;
	}, bytesPerSecond);
