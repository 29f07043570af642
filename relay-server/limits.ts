// The bounds of the mailboxes, as the operator has set them. [MB15] [MB27]
import type { Options } from './options.ts';
import { DEFAULT_LIMITS, type MailboxLimits, type Rate } from '#lib/mailbox/limits.ts';

/** All of it at once, and as much again in that many seconds. */
const rate = (burst: number, seconds: number): Rate => ({ burst, perSecond: burst / seconds });

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** `store` and `connections` are changed while the relay runs. */
export function limitsOf({
	quota,
	perAddress,
}: Pick<Options, 'quota' | 'perAddress'>): MailboxLimits & {
	connections: number;
	store: MailboxLimits['store'];
} {
	const { connections, mailboxes, packets, bytes } = perAddress;
	const { store, quotas } = DEFAULT_LIMITS;
	return {
		...DEFAULT_LIMITS,
		connections: quota.connections,
		sendBuffers: quota.unsent,
		store: { ...store, mailboxes: quota.mailboxes, bytes: quota.bytes },
		quotas: {
			...quotas,
			address: {
				...quotas.address,
				connections,
				opens: rate(mailboxes, HOUR),
				puts: rate(packets, MINUTE),
				bytes: rate(bytes, DAY),
			},
		},
	};
}
