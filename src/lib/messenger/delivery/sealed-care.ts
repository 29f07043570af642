// A Powernode's device sees to it that those who come in learn what is sealed for every member, where who let them in
// could not pass it on. What no relay has taken is tried again, also after the next start. [SH4]
import type { ControlEntry } from '#lib/crdt/authority-state.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Ports, Self } from '../ports.ts';
import { createQueue } from '../queue.ts';
import { owedFor, type Owed } from '../space/rewrapping.ts';
import type { Space, SpaceChange } from '../space/space-face.ts';
import type { Post } from './post-face.ts';

const TABLE = 'sealed-given';
const YES = new Uint8Array([1]);

export interface SealedCare {
	onChange(change: SpaceChange): void;
	/** A relay came up, or somebody is there: what could not be left before may be now. Also at the start. */
	onReachable(): void;
	stop(): void;
}

export function createSealedCare(
	{ crypto, random, store }: Ports,
	self: Self,
	space: Space,
	post: Post,
): SealedCare {
	const queue = createQueue();
	const own = toHex(self.device.publicKey);
	/** What relays have taken, by sealed entry and device; kept, so that a start doesn't repeat it. */
	const given = new Set<string>();
	/** What was sent without a relay: nobody knows whether it came. */
	const sent = new Set<string>();
	/** Whether something may be owed that is not given yet. */
	let behind = true;
	let stopped = false;

	const isPowernode = (): boolean => space.ledger.authority.ranks.has(toHex(self.rootHash));
	const nameOf = (entry: Bytes, device: Bytes): string => `${toHex(entry)} ${toHex(device)}`;

	async function isGiven(entry: Bytes, device: Bytes): Promise<boolean> {
		const name = nameOf(entry, device);
		if (given.has(name)) return true;
		if ((await store.get(TABLE, [space.id, entry, device])) === undefined) return false;
		given.add(name);
		return true;
	}

	/** `isOf`: which of what is owed; all of it without that. */
	async function give(isOf?: (sealed: ControlEntry, entrance: ControlEntry) => boolean) {
		if (stopped || !isPowernode()) return;
		const { ledger } = space;
		const tools = { crypto, random, prekeys: self.prekeys, ledger, book: space.prekeys };
		const owed = await owedFor(tools, async (sealed, entrance, { device }) => {
			if (toHex(device) === own || isOf?.(sealed, entrance) === false) return false;
			return !(await isGiven(sealed.entry.id, device));
		});
		if (isOf === undefined) behind = false;
		if (owed.length === 0) return;
		// A mailbox must know of a newcomer before anything can be left there.
		await post.update();
		for (const each of owed) if (!stopped) await giveTo(each);
	}

	async function giveTo({ device: { device }, sealed, packets }: Owed): Promise<void> {
		const key = toHex(device);
		const message = { type: 'entries', packets } as const;
		const names = sealed.map(({ entry }) => nameOf(entry.id, device));
		if (names.some((name) => !sent.has(name))) post.send(key, message);
		for (const name of names) sent.add(name);
		const copy = { packet: random.bytes(32), preimage: random.bytes(32), notIn: null };
		const stored = await post.store([key], copy, message);
		if (stored.devices.length === 0) {
			behind = true;
			return;
		}
		for (const name of names) given.add(name);
		await store.commit(
			sealed.map(({ entry }) => ({ table: TABLE, key: [space.id, entry.id, device], value: YES })),
		);
	}

	return {
		onChange({ placed }) {
			if (!isPowernode()) return;
			const fresh = new Set(placed.flatMap(({ control }) => control?.entry.key ?? []));
			if (fresh.size === 0) return;
			void queue(() =>
				give(
					behind
						? undefined
						: (sealed, entrance) => fresh.has(sealed.entry.key) || fresh.has(entrance.entry.key),
				),
			);
		},
		onReachable() {
			if (behind) void queue(() => (behind ? give() : Promise.resolve()));
		},
		stop() {
			stopped = true;
		},
	};
}
