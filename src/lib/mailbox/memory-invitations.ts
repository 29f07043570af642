// A relay's invitations in memory. [MB29]
import type { Invitation, Invitations } from '#lib/ports/invitations.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { ok } from '#lib/util/result.ts';

export interface MemoryInvitations extends Invitations {
	holds(hash: Bytes): boolean;
	/** The first of these that holds. */
	firstOf(hashes: readonly Bytes[]): Bytes | undefined;
}

export function createMemoryInvitations(): MemoryInvitations {
	const byHash = new Map<string, Invitation>();
	let last = 0;
	const holds = (hash: Bytes): boolean => byHash.has(toHex(hash));
	return {
		holds,
		firstOf: (hashes) => hashes.find(holds),
		invite: (hash, name, now) => {
			last += 1;
			byHash.set(toHex(hash), { number: last, name, made: now });
			return Promise.resolve(ok(last));
		},
		invitations: () => Promise.resolve([...byHash.values()]),
		revoke: (number) => {
			const [found] = [...byHash].find(([, each]) => each.number === number) ?? [''];
			return Promise.resolve(ok(byHash.delete(found)));
		},
	};
}
