// What it takes to write something now: under which keys, and wrapped for whom. [KY12] [RA1] [SH3]
import { MAX_DIRECT_RECIPIENTS } from '#lib/protocol/limits.ts';
import type { Content } from '#lib/protocol/content.ts';
import { isControl, KIND } from '#lib/protocol/entry.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Ports, Self } from '../ports.ts';
import type { Draft, Space } from './space-face.ts';
import { stepOf } from './steps.ts';

export interface WriteHow {
	/** Seals it under the keys of this epoch instead of the present one. */
	readonly epoch?: Bytes;
	/** For a SEALED entry: which people (Root Hash) may read it. */
	readonly isFor?: (rootHash: Bytes) => boolean;
	/** What the header says of the files that come with it. */
	readonly attached?: NonNullable<Draft['attached']>;
}

/** Whether there are more devices than a message's key is wrapped for one by one. */
export const isLarge = ({ ledger }: Space): boolean =>
	ledger.authority.active.size - 1 > MAX_DIRECT_RECIPIENTS;

/** null without an epoch to write in. */
export function draftOf(
	{ clock }: Pick<Ports, 'clock'>,
	{ device: { publicKey } }: Pick<Self, 'device'>,
	space: Space,
	content: Content,
	{ epoch, isFor, attached }: WriteHow = {},
): Draft | null {
	const { ledger, ring, ratchets, prekeys } = space;
	const own = toHex(publicKey);

	/** A message for so many, under this device's ratchet: whoever has the epoch's keys reads it, the others by a wrap. */
	function largeDraft(): Draft | null {
		const present = ledger.authorityAt(clock.now()).epoch;
		const keys = present && ring.get(present.id);
		if (present === null || !keys?.grant) return null;
		const step = Math.max(keys.grant.step, stepOf(ledger.seenAt(clock.now()), present.id));
		const ratchet = ratchets.next(present.id, step, publicKey);
		if (ratchet === undefined) return null;
		const recipients = [...ledger.authority.devices]
			.filter(([key, { active }]) => active && key !== own && !present.tokenHashes.has(key))
			.slice(0, MAX_DIRECT_RECIPIENTS)
			.map(([, device]) => ({ publicKey: prekeys.of(device).publicKey, secret: null }));
		const { controlKey } = keys;
		return { content, attached, sealing: { epoch: present.id, controlKey, recipients, ratchet } };
	}

	if (content.kind === KIND.message && isLarge(space)) return largeDraft();
	const id = epoch ?? ledger.authority.epoch?.id;
	const keys = id && ring.get(id);
	if (id === undefined || keys === undefined) return null;
	const { controlKey } = keys;
	const devices = [...ledger.authority.devices.values()].filter((device) => device.active);
	if (content.kind === KIND.sealed) {
		const recipients = devices.map((device) => ({
			publicKey: prekeys.of(device).publicKey,
			secret: null,
			decoy: isFor?.(device.rootHash) !== true,
		}));
		return { content, attached, sealing: { epoch: id, controlKey, recipients } };
	}
	const recipients = isControl(content.kind)
		? []
		: devices
				.filter((device) => toHex(device.device) !== own)
				.map((device) => ({ publicKey: prekeys.of(device).publicKey, secret: null }));
	return { content, attached, sealing: { epoch: id, controlKey, recipients } };
}
