// Makes an installation what a pairing has given it: the keys of the account space, and its authority log. [PA5]
import { accountSpaceWrite } from '../devices/account-space.ts';
import { createEntering } from '../joining/entering.ts';
import type { Ports, Self } from '../ports.ts';
import { createSelvesInSpaces } from '../self-in-space.ts';
import { decodeJoinReply } from '#lib/protocol/lobby.ts';
import type { Arrival } from './taking.ts';

/** False where what was given doesn't let this device in, or can't be kept. */
export async function settleIn(
	ports: Ports,
	self: Self,
	{ space, prekeys, token, replies }: Pick<Arrival, 'space' | 'prekeys' | 'token' | 'replies'>,
): Promise<boolean> {
	const newcomer = await createSelvesInSpaces(ports, self).newcomer(prekeys);
	// What was wrapped for these keys opens with no others.
	if (!(await ports.store.commit([newcomer.keep(space)])).ok) return false;
	const entering = createEntering(ports, newcomer.self, space, token);
	for (const encoded of replies) {
		const reply = decodeJoinReply(encoded);
		if (reply.ok) await entering.onReply(reply.value);
	}
	if (entering.entered() === undefined) return false;
	return (await ports.store.commit([accountSpaceWrite(space)])).ok;
}
