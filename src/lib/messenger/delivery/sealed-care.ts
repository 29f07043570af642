// A Powernode's device sees to it that those who come in learn what is sealed for every member, where who let them in
// could not pass it on. [SH4]
import { toHex } from '#lib/util/bytes.ts';
import type { Ports, Self } from '../ports.ts';
import { owedFor } from '../space/rewrapping.ts';
import type { Space, SpaceChange } from '../space/space.ts';
import type { Post } from './post.ts';

export interface SealedCare {
	onChange(change: SpaceChange): Promise<void>;
}

export function createSealedCare(
	{ crypto, random }: Ports,
	self: Self,
	space: Space,
	post: Post,
): SealedCare {
	return {
		async onChange(change) {
			const { ledger } = space;
			if (!ledger.authority.ranks.has(toHex(self.rootHash))) return;
			const placed = change.placed.flatMap(({ control }) => control ?? []);
			if (placed.length === 0) return;
			const tools = { crypto, random, prekeys: self.prekeys, ledger, book: space.prekeys };
			const owed = await owedFor(tools, placed);
			if (owed.length === 0) return;
			// A mailbox must know of a newcomer before anything can be left there.
			await post.update();
			for (const { device, packets } of owed) {
				const key = toHex(device.device);
				if (key === toHex(self.device.publicKey)) continue;
				const message = { type: 'entries', packets } as const;
				if (post.send(key, message)) continue;
				const copy = { packet: random.bytes(32), preimage: random.bytes(32), notIn: null };
				void post.store([key], copy, message);
			}
		},
	};
}
