// What nodes of one space must agree on, in a form that can be compared and hashed: ids and verdicts, never who still
// possesses a body.
import { inShownOrder, type LoggedMessage } from '#lib/crdt/segment.ts';
import type { Ledger } from '#lib/crdt/ledger.ts';
import type { Space } from '#lib/messenger/space/space-face.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import { toHex, utf8 } from '#lib/util/bytes.ts';

/** The ledger in lines, each of which two nodes that hold the same entries have in common. */
export function ledgerLines(ledger: Ledger): readonly string[] {
	const { authority, control, feeds } = ledger;
	const entries = [...control.keys()].map(
		(key) => `control ${key} ${authority.verdicts.get(key) ?? 'none'}`,
	);
	const heads = [...feeds.values()]
		.map((feed) => ({ ...ledger.headOf(feed), frozenAt: feed.frozenAt }))
		.filter(({ seq }) => seq >= 0)
		.map(({ feed, seq, id, frozenAt }) => {
			// A fork in what a ban or a departure has cut off changes nothing, and not everybody sees it.
			const isSeen = frozenAt !== null && frozenAt < ledger.takesUpTo(toHex(feed));
			const frozen = isSeen ? ` frozen at ${frozenAt}` : '';
			return `feed ${toHex(feed)} ${seq} ${toHex(id)}${frozen}`;
		});
	const devices = [...authority.devices.values()].map(
		({ device, active }) => `device ${toHex(device)} ${active ? 'in' : 'out'}`,
	);
	const epoch = authority.epoch === null ? 'none' : toHex(authority.epoch.entry);
	return [`epoch ${epoch}`, ...entries.sort(), ...devices.sort(), ...heads.sort()];
}

/** Everything kept of the space's messages, in the order shown. */
export async function messagesOf(space: Space): Promise<readonly LoggedMessage[]> {
	const messages: LoggedMessage[] = [];
	for (const { id } of space.ledger.authority.channels) {
		const log = space.log(id);
		for (let n = 0; n < (await log.stretches()); n++) messages.push(...(await log.read(n)));
	}
	return messages.sort(inShownOrder);
}

/** Hex of 32 bytes that are equal where nodes agree on the ledger and show the same messages. */
export async function viewDigest(crypto: CryptoProvider, space: Space): Promise<string> {
	const messages = (await messagesOf(space)).map((message) => `message ${toHex(message.id)}`);
	return toHex(crypto.sha256(utf8([...ledgerLines(space.ledger), ...messages].join('\n'))));
}
