import { describe, expect, it } from 'vitest';
import { countDialer, countLink, createTally } from '#lib/messenger/delivery/traffic.ts';
import type { FlowChannel, FrameChannel } from '#lib/ports/channel.ts';
import type { DirectLink } from '#lib/ports/direct-dialer.ts';
import { ok } from '#lib/util/result.ts';

const channel = (): FlowChannel & { readonly sent: number[] } => {
	const sent: number[] = [];
	return {
		sent,
		send: (frame) => void sent.push(frame.length),
		onFrame: undefined,
		onClose: undefined,
		onDrain: undefined,
		buffered: () => 7,
		close: () => undefined,
	};
};

describe('what passes over a link', () => {
	it('is counted in both directions, with the channels for files', async () => {
		const [own, files, theirs] = [channel(), channel(), channel()];
		const link: DirectLink = Object.assign(own, {
			roundTrip: () => 3,
			route: () => Promise.resolve('host'),
			openFiles: () => Promise.resolve(files),
			onFiles: undefined,
		});
		const tally = createTally();
		const counted = countLink(link, tally);
		const heard: number[] = [];
		counted.onFrame = (frame) => void heard.push(frame.length);
		counted.onFiles = (opened) => {
			opened.onFrame = (frame) => void heard.push(frame.length);
		};
		counted.send(new Uint8Array(10));
		link.onFrame?.(new Uint8Array(20));
		(await counted.openFiles())?.send(new Uint8Array(1000));
		link.onFiles?.(theirs);
		theirs.onFrame?.(new Uint8Array(2000));
		expect(tally).toEqual({ sent: 1010, received: 2020 });
		expect([own.sent, files.sent, heard]).toEqual([[10], [1000], [20, 2000]]);
		expect(counted.buffered()).toBe(7);
	});
});

describe('what passes to a relay', () => {
	it('is counted for its address, over all connections', async () => {
		const made: FrameChannel[] = [];
		const dialer = countDialer({
			dial() {
				const each = channel();
				made.push(each);
				return Promise.resolve(ok(each));
			},
		});
		for (const bytes of [5, 6]) {
			const dialled = await dialer.dial('wss://relay.example');
			if (!dialled.ok) throw new Error('not dialled');
			dialled.value.onFrame = () => undefined;
			dialled.value.send(new Uint8Array(bytes));
			made.at(-1)?.onFrame?.(new Uint8Array(100));
		}
		expect(dialer.tallyOf('wss://relay.example')).toEqual({ sent: 11, received: 200 });
		expect(dialer.tallyOf('wss://other.example')).toBeUndefined();
	});
});
