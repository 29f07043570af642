// Whether what let this device in turned out not to count, though nobody has banned its person: by what this very device
// holds of the authority log. [BN4]
import { KIND } from '#lib/protocol/entry.ts';
import { toHex } from '#lib/util/bytes.ts';
import type { Self } from './ports.ts';
import type { Space } from './space/space-face.ts';

/**
 * recalled: the invitation was, at the same time. spent: others had used it up before. unfounded: whoever let this device
 * in, or invited it, was no longer one to do so.
 */
export type Fall = 'recalled' | 'spent' | 'unfounded';

/** Why this device is no member any longer; null: it is one, has left, was put out, or was never let in. */
export function fallOf({ ledger }: Space, { device }: Self): Fall | null {
	const { authority, control } = ledger;
	const own = toHex(device.publicKey);
	if (authority.devices.has(own)) return null;
	let fall: Fall | null = null;
	for (const { entry, content, proven } of control.values()) {
		if (!proven || (content.kind !== KIND.admit && content.kind !== KIND.enrol)) continue;
		if (toHex(content.member.certificate.deviceKey) !== own) continue;
		const verdict = authority.verdicts.get(entry.key);
		if (verdict === 'invite-recalled') return 'recalled';
		if (verdict === 'invite-spent') fall = 'spent';
		else fall ??= 'unfounded';
	}
	return fall;
}
