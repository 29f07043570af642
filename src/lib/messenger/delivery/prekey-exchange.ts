// Brings prekeys from device to device: one's own to everybody when it is new, and whatever one of two lacks when they find
// that they don't hold the same. When a new one is made is not its business. [PK2] [PK3]
import { bytes, decode, encode, list, map, tuple } from '#lib/protocol/cbor.ts';
import { MAX_DIRECT_RECIPIENTS } from '#lib/protocol/limits.ts';
import type { Prekey } from '#lib/protocol/identity.ts';
import {
	MAX_HELD_PER_MESSAGE,
	MAX_PREKEYS_PER_MESSAGE,
	type PrekeyTime,
	type SpaceMessage,
} from '#lib/protocol/space-message.ts';
import type { State } from '#lib/protocol/space-state.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Ports, SelfInSpace } from '../ports.ts';
import type { Space } from '../space/space-face.ts';
import type { Post } from './post-face.ts';

/** Two devices compare what they hold no more often than this. */
const COMPARE_EVERY = 30_000;

interface Copy {
	readonly packet: Bytes;
	/** Lets this device take it away. */
	readonly preimage: Bytes;
}

const MAX_COPIES = 8;
const copiesShape = list(
	map(tuple(bytes(32), bytes(32)), ([packet, preimage]): Copy => ({ packet, preimage })),
	MAX_COPIES,
);

type Held = Extract<SpaceMessage, { type: 'held-prekeys' }>;

export interface PrekeyExchange {
	/** A member's device signed what it holds. */
	onState(from: string, state: State): void;
	/** Resolves to whether they are dealt with. */
	onRecords(records: readonly Prekey[]): Promise<boolean>;
	onHeld(from: string, held: Held): void;
	/** Tells everybody the own one: now, or by a copy that takes the place of the one before. */
	publish(): Promise<void>;
}

/** `onOwn`: somebody has a prekey of this very device that is newer than its own. */
export function createPrekeyExchange(
	{ clock, random, store }: Ports,
	self: SelfInSpace,
	space: Space,
	post: Post,
	onOwn: (time: number) => void,
): PrekeyExchange {
	const own = toHex(self.device.publicKey);
	const comparedAt = new Map<string, number>();
	const row = { table: 'prekey-copy', key: [space.id] } as const;

	/** What was left of prekeys before, and has not been taken away since: the page may have been closed meanwhile. */
	async function leftBefore(): Promise<readonly Copy[]> {
		const stored = await store.get(row.table, row.key);
		const decoded = stored && decode(copiesShape, stored, 1024);
		return decoded?.ok ? decoded.value : [];
	}

	const keepCopies = (copies: readonly Copy[]): ReturnType<typeof store.commit> =>
		store.commit([
			{ ...row, value: encode(copies.map(({ packet, preimage }) => [packet, preimage])) },
		]);

	const isMember = (device: string): boolean =>
		space.ledger.authority.devices.get(device)?.active === true;

	function isDue(device: string): boolean {
		const now = clock.now();
		if (now - (comparedAt.get(device) ?? -Infinity) < COMPARE_EVERY) return false;
		comparedAt.set(device, now);
		return true;
	}

	function sendHeld(device: string, times: readonly PrekeyTime[], wantsReply: boolean): void {
		for (let at = 0; at < times.length; at += MAX_HELD_PER_MESSAGE) {
			const part = times.slice(at, at + MAX_HELD_PER_MESSAGE);
			post.send(device, { type: 'held-prekeys', wantsReply, times: part });
		}
	}

	const told = (): Promise<void> => self.prekeys.told(Math.max(0, Math.floor(clock.now())));

	/** Membership is settled first: devices that only one of the two knows of would look like a difference for ever. */
	const isOfSameMembers = ({ controlHeads }: State): boolean => {
		const mine = new Set(space.ledger.authorityHeads().map(toHex));
		return controlHeads.length === mine.size && controlHeads.every((id) => mine.has(toHex(id)));
	};

	return {
		onState(from, state) {
			if (equal(state.prekeys, space.prekeys.digest())) return;
			if (isOfSameMembers(state) && isDue(from)) sendHeld(from, space.prekeys.times(), true);
		},
		async onRecords(records) {
			const taken = await space.takePrekeys(records);
			if (!taken.ok) return false;
			const mine = taken.value.find(({ deviceKey }) => toHex(deviceKey) === own);
			if (mine !== undefined) onOwn(mine.time);
			return true;
		},
		onHeld(from, { times, wantsReply }) {
			if (!isMember(from)) return;
			const newer = space.prekeys.newerThan(times);
			for (let at = 0; at < newer.length; at += MAX_PREKEYS_PER_MESSAGE) {
				const records = newer.slice(at, at + MAX_PREKEYS_PER_MESSAGE);
				const isSent = post.send(from, { type: 'prekeys', records });
				if (isSent && records.some(({ deviceKey }) => toHex(deviceKey) === own)) void told();
			}
			if (!wantsReply) return;
			comparedAt.set(from, clock.now());
			sendHeld(from, space.prekeys.olderThan(times), false);
		},
		async publish() {
			const others = [...space.ledger.authority.devices]
				.filter(([device, { active }]) => active && device !== own)
				.map(([device]) => device);
			const message: SpaceMessage = { type: 'prekeys', records: [self.prekeys.record] };
			post.sendAll(message);
			const away = others.filter((device) => post.route(device) === null);
			let isTold = away.length < others.length;
			// In a large space a copy a day from everybody costs more than it gives: there one meets somebody who has it.
			if (away.length > 0 && others.length < MAX_DIRECT_RECIPIENTS && post.hasRelay()) {
				const before = await leftBefore();
				const next = { packet: random.bytes(32), preimage: random.bytes(32) };
				await keepCopies([next, ...before].slice(0, MAX_COPIES));
				const stored = await post.store(away, { ...next, notIn: null }, message);
				if (stored.copies.length > 0) {
					for (const { packet, preimage } of before) post.remove(packet, preimage);
					await keepCopies([next]);
					isTold = true;
				}
			}
			if (isTold) await told();
		},
	};
}
