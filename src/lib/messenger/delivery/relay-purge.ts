// Takes what was purged off the relays: whoever has a mailbox's owner key deletes the packets in it, the author's device all
// its own copies. In their place go headers without content, so that nobody's feed has a gap for it. [TB4]
import { KIND, type Packet } from '#lib/protocol/entry.ts';
import { DEFAULT_TTL_SECONDS } from '#lib/protocol/limits.ts';
import type { PurgedMessage } from '#lib/protocol/moderation.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Ports, Self } from '../ports.ts';
import type { Space, SpaceChange } from '../space/space-face.ts';
import { packetName, type Outbox } from './outbox.ts';
import type { Post } from './post-face.ts';

/** What was purged longer ago than this has left every mailbox by itself. */
const RECENT = DEFAULT_TTL_SECONDS * 1000;
/** Purges repeated at the start, and those remembered for relays that are away: each costs a request to each mailbox. */
const LAST_PURGES = 32;
const MAX_LATELY = 1000;

export interface RelayPurge {
	onChange(change: SpaceChange): void;
	/** A relay came up: what it missed is deleted there now. */
	onRelayReady(): void;
}

export function createRelayPurge(
	{ clock, crypto, random }: Ports,
	self: Self,
	space: Space,
	post: Post,
	outbox: Outbox,
): RelayPurge {
	const own = self.device.publicKey;

	const namesOf = (messages: readonly Pick<PurgedMessage, 'id'>[]): Bytes[] => {
		const spaceKey = space.ledger.authority.genesis?.spaceKey;
		if (spaceKey === undefined) return [];
		return messages.map(({ id }) => packetName(crypto, spaceKey, id));
	};

	/** What may have happened while no relay was up, before this device was started anew. */
	function lastPurges(): Bytes[] {
		const { authority, control } = space.ledger;
		const since = clock.now() - RECENT;
		const recent = [...authority.purges.values()].filter(
			({ entry }) => (control.get(toHex(entry))?.entry.header.time.ms ?? 0) > since,
		);
		return namesOf(recent.slice(-LAST_PURGES).map(({ message }) => message));
	}

	/** What this device itself has just purged of others. */
	const ordered = (change: SpaceChange): PurgedMessage[] =>
		change.placed.flatMap(({ entry, control }) => {
			if (control?.content.kind !== KIND.tombstone || !equal(entry.header.device, own)) return [];
			return control.content.messages.filter(({ device }) => !equal(device, own));
		});

	/** Names of packets that relays may not have been told of yet. */
	const lately: Bytes[] = lastPurges();

	async function leaveHeaders(messages: readonly PurgedMessage[]): Promise<void> {
		const packets: Packet[] = [];
		for (const { device, seq } of messages) {
			const packet = await space.kept.packet(device, seq);
			if (packet?.body === null) packets.push(packet);
		}
		const away = [...space.ledger.authority.devices]
			.filter(([device, { active }]) => active && device !== toHex(own))
			.map(([device]) => device)
			.filter((device) => post.route(device) === null);
		if (packets.length === 0 || away.length === 0) return;
		const copy = { packet: random.bytes(32), preimage: random.bytes(32), notIn: null };
		await post.store(away, copy, { type: 'entries', packets });
	}

	return {
		onChange(change) {
			// Relays let go of what has expired by themselves; the feed goes on with its header.
			for (const { header } of change.expired) {
				if (equal(header.device, own)) outbox.purged(header.seq);
			}
			if (change.purged.length === 0) return;
			const names = namesOf(change.purged);
			lately.push(...names);
			lately.splice(0, lately.length - MAX_LATELY);
			post.purge(names, true);
			for (const { device, seq } of change.purged) if (equal(device, own)) outbox.purged(seq);
			const messages = ordered(change);
			if (messages.length > 0) void leaveHeaders(messages);
		},
		onRelayReady() {
			post.purge(lately, false);
		},
	};
}
