// Steps towards a direct link, as two devices of a space send them to each other: signed, fresh, and for nobody else. [HO6]
import { label } from '#lib/protocol/labels.ts';
import {
	signalContent,
	type SignalStep,
	type SignalStepMessage,
} from '#lib/protocol/space-message.ts';
import { concat, equal, fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Ports, Self } from '../ports.ts';
import type { Space } from '../space/space-face.ts';
import type { Links } from './links.ts';
import type { Post } from './post-face.ts';

/** A signal older or younger than this is somebody's replay. */
const SIGNAL_AGE = 2 * 3_600_000;

export interface Signals {
	/** Hands on what a member device says to this one, and nothing else. */
	take(message: SignalStepMessage): Promise<void>;
	/** False when nothing reaches the device (hex) now. */
	send(device: string, attempt: Bytes, step: SignalStep, payload: Bytes): Promise<boolean>;
	stop(): void;
}

export function createSignals(
	{ clock, crypto }: Ports,
	self: Self,
	space: Space,
	post: Pick<Post, 'route' | 'send'>,
	links: Pick<Links, 'signalled'>,
): Signals {
	let stopped = false;
	return {
		async take({ signature, ...content }) {
			const device = space.ledger.authority.devices.get(toHex(content.from));
			if (device?.active !== true || !equal(content.to, self.device.publicKey)) return;
			if (!equal(content.space, space.id)) return;
			if (Math.abs(content.time - clock.now()) > SIGNAL_AGE) return;
			const signed = concat(label('signal'), signalContent(content));
			if (!(await crypto.verify(content.from, signed, signature)) || stopped) return;
			links.signalled(toHex(content.from), content.attempt, content.step, content.payload);
		},
		async send(device, attempt, step, payload) {
			const to = fromHex(device);
			if (to === undefined || post.route(device) === null) return false;
			const content = {
				space: space.id,
				from: self.device.publicKey,
				to,
				attempt,
				step,
				payload,
				time: Math.max(0, Math.floor(clock.now())),
			};
			const signature = await self.device.sign(concat(label('signal'), signalContent(content)));
			return post.send(device, { type: 'signal', signal: { ...content, signature } });
		},
		stop() {
			stopped = true;
		},
	};
}
