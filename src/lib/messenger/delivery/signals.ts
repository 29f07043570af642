// Steps towards a direct link, as two devices of a space send them to each other: signed, fresh, and for nobody else; what
// they hold, addresses above all, whoever carries them can't read. [HO6] [CA4]
import { openWith, sealTo } from '#lib/crypto/seal.ts';
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
	{ clock, crypto, random }: Ports,
	self: Self,
	space: Space,
	post: Pick<Post, 'attempt'>,
	links: Pick<Links, 'signalled'>,
): Signals {
	let stopped = false;

	async function open(sealed: Bytes): Promise<Bytes | undefined> {
		if (sealed.length === 0) return sealed;
		for (const prekey of self.prekeys) {
			const opened = await openWith(crypto, prekey, sealed);
			if (opened !== undefined) return opened;
		}
		return undefined;
	}

	/** What says nothing needs no seal. */
	async function seal(device: string, payload: Bytes): Promise<Bytes | undefined> {
		const known = space.ledger.authority.devices.get(device);
		if (payload.length === 0 || known === undefined) return known && payload;
		return sealTo(crypto, random, space.prekeys.of(known).publicKey, payload);
	}

	return {
		async take({ signature, ...content }) {
			const device = space.ledger.authority.devices.get(toHex(content.from));
			if (device?.active !== true || !equal(content.to, self.device.publicKey)) return;
			if (!equal(content.space, space.id)) return;
			if (Math.abs(content.time - clock.now()) > SIGNAL_AGE) return;
			const signed = concat(label('signal'), signalContent(content));
			if (!(await crypto.verify(content.from, signed, signature)) || stopped) return;
			const payload = await open(content.payload);
			if (payload === undefined || stopped) return;
			links.signalled(toHex(content.from), { ...content, payload });
		},
		async send(device, attempt, step, plain) {
			const to = fromHex(device);
			const payload = await seal(device, plain);
			if (to === undefined || payload === undefined || stopped) return false;
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
			return post.attempt(device, { type: 'signal', signal: { ...content, signature } });
		},
		stop() {
			stopped = true;
		},
	};
}
