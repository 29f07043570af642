// How a standing link notices that the other side has gone.
import { expect, it } from 'vitest';
import { startLiveLink } from '#lib/messenger/delivery/live-link.ts';
import type { Ports, Self } from '#lib/messenger/ports.ts';
import type { DirectLink } from '#lib/ports/direct-dialer.ts';
import { decodeLinkFrame, encodeLinkFrame } from '#lib/protocol/link-frame.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { createManualClock } from '../../support/manual-clock.ts';

/** A link without spaces; `answers`: the other side answers pings. */
function world() {
	const manual = createManualClock();
	/** `slept`: how far the time went on while nothing ran. */
	const other = { answers: true, slept: 0 };
	const clock = { ...manual, now: () => manual.now() + other.slept };
	let ended: string | undefined;
	const link: DirectLink = {
		onFrame: undefined,
		onClose: undefined,
		send: (frame: Bytes) => {
			const decoded = decodeLinkFrame(frame);
			if (!other.answers || !decoded.ok || decoded.value.type !== 'ping') return;
			const { number } = decoded.value;
			clock.after(5, () => link.onFrame?.(encodeLinkFrame({ type: 'pong', number })));
		},
		buffered: () => 0,
		close: (reason) => {
			ended = reason;
			link.onClose?.(reason);
		},
		roundTrip: () => undefined,
		openFiles: () => Promise.resolve(undefined),
		onFiles: undefined,
		route: () => Promise.resolve('host/udp'),
	};
	const ports = { clock } as unknown as Ports;
	const self = { device: { publicKey: new Uint8Array(32) } } as unknown as Self;
	const live = startLiveLink(ports, self, 'ab'.repeat(32), link, 'cd'.repeat(16), {
		spaces: () => [],
		onMember: () => undefined,
		onEnvelope: () => undefined,
		onFiles: () => undefined,
		onChange: () => undefined,
		onClose: () => undefined,
	});
	clock.advance(1000);
	return { clock, live, other, ended: () => ended };
}

it('[LK3] gives up a link soon when a relay saw the other side go and it does not answer', () => {
	const { clock, live, other, ended } = world();
	other.answers = false;
	live.doubt();
	clock.advance(2999);
	expect(ended()).toBeUndefined();
	clock.advance(1);
	expect(ended()).toBe('silent');
});

it('[LK3] keeps a link whose other side has only lost the relay', () => {
	const { clock, live, ended } = world();
	live.doubt();
	clock.advance(60_000);
	expect(ended()).toBeUndefined();
});

it('[LK3] gives up a silent link by itself in the end', () => {
	const { clock, other, ended } = world();
	other.answers = false;
	clock.advance(14_000);
	expect(ended()).toBeUndefined();
	clock.advance(11_000);
	expect(ended()).toBe('silent');
});

it('[LM8] keeps a link that was silent because its own page slept, if the other side answers now', () => {
	const { clock, other, ended } = world();
	other.slept = 60_000;
	clock.advance(20_000);
	expect(ended()).toBeUndefined();
});

it('[LM8] ends such a link soon, if it does not', () => {
	const { clock, other, ended } = world();
	other.answers = false;
	other.slept = 60_000;
	clock.advance(5000);
	expect(ended()).toBeUndefined();
	clock.advance(3000);
	expect(ended()).toBe('silent');
});
