// One connection to a relay: dials its addresses, lets it prove its key, and shows it what invites this person there. [RP4] [RP6]
import type { Hello, MailboxClient } from '#lib/mailbox/client-api.ts';
import { createMailboxClient } from '#lib/mailbox/client.ts';
import { relayHost } from '#lib/protocol/relay-address.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import type { Ports } from '../ports.ts';

export interface Reached {
	readonly key: Bytes;
	readonly url: string;
	readonly client: MailboxClient;
	readonly stun: string | null;
	readonly access: Hello['access'];
	readonly draining: boolean;
}

export interface ReachError {
	readonly type: 'insecure' | 'unreachable' | 'not-a-relay' | 'wrong-key';
	/** Milliseconds after which the relay says that it may be tried again. */
	readonly retryAfter?: number;
}

/**
 * Tries these addresses in order; the connection is the caller's to adopt or close. `invitation`: shown to the relay with
 * this key, instead of the one that is kept.
 */
export type Reach = (
	urls: readonly string[],
	key: Bytes | null,
	invitation?: Bytes | null,
) => Promise<Result<Reached, ReachError>>;

/** `invitationOf`: what is kept for the relay with this key (hex). */
export function createReaching(
	{
		clock,
		crypto,
		random,
		relayDialer,
	}: Pick<Ports, 'clock' | 'crypto' | 'random' | 'relayDialer'>,
	invitationOf: (relay: string) => Bytes | null,
): Reach {
	async function reachUrl(
		url: string,
		key: Bytes | null,
		given: Bytes | null,
	): Promise<Result<Reached, ReachError>> {
		const dialed = await relayDialer.dial(url);
		if (!dialed.ok) {
			return err({ type: dialed.error.type === 'insecure' ? 'insecure' : 'unreachable' });
		}
		const invitation = (relayKey: Bytes): Bytes | null =>
			given !== null && key !== null && equal(key, relayKey)
				? given
				: invitationOf(toHex(relayKey));
		const channel = dialed.value;
		const client = createMailboxClient({ channel, crypto, clock, random, invitation });
		const hello = await client.ready;
		if (!hello.ok) {
			client.close('not a relay');
			const { type, retryAfter } = hello.error;
			if (type === 'refused')
				return err(retryAfter ? { type: 'unreachable', retryAfter } : { type: 'unreachable' });
			return err({ type: type === 'disconnected' ? 'unreachable' : 'not-a-relay' });
		}
		const { relayKey, stunPort, access, draining } = hello.value;
		if (key !== null && !equal(key, relayKey)) {
			client.close('another relay than expected');
			return err({ type: 'wrong-key' });
		}
		const stun = stunPort === 0 ? null : `stun:${relayHost(url)}:${stunPort}`;
		return ok({ key: relayKey, url, client, stun, access, draining });
	}

	return async (urls, key, invitation = null) => {
		let last: ReachError = { type: 'unreachable' };
		for (const url of urls) {
			const reached = await reachUrl(url, key, invitation);
			if (reached.ok) return reached;
			if (last.type === 'unreachable') last = reached.error;
		}
		return err(last);
	};
}
