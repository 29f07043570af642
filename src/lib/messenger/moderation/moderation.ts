// Moderation of one space as the interface calls it: says what may be done, writes the entry that does it, and shows what
// has been done. Whether it counts is for every node to judge (crdt/ranks.ts), this one included. [AU9] [FE1] [ML1]
import type { Ledger } from '#lib/crdt/ledger.ts';
import { SPACE_KIND } from '#lib/protocol/content.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { MAX_NAME, MAX_REASON } from '#lib/protocol/limits.ts';
import {
	MAX_FENCE,
	MAX_PURGED,
	MAX_SEALED_FENCE,
	type Fence,
	type PurgedMessage,
	type SealedContent,
} from '#lib/protocol/moderation.ts';
import { createSignal } from '#lib/util/signal.ts';
import { equal, fromHex, toHex, utf8, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import type { ActionView, Moderation, ModerationError, OpenInvitation } from '../api.ts';
import type { Ports, Self } from '../ports.ts';
import { powersIn } from '../powers.ts';
import type { SpaceNode } from '../space-node-face.ts';
import type { WriteError } from '../space/space-face.ts';
import type { Content } from '#lib/protocol/content.ts';
import { moderationLog } from './log.ts';

export interface LiveModeration extends Moderation {
	/** The authority log changed. */
	update(): void;
}

export interface ModerationParts {
	readonly ports: Pick<Ports, 'clock'>;
	readonly self: Self;
	readonly node: SpaceNode;
	/** The link of an invitation made by this device, by its key. */
	linkOf(inviteKey: Bytes): string | null;
}

type Done = Result<void, ModerationError>;

const failed = (error: WriteError): Done =>
	err({ type: error.type === 'not-member' ? 'not-member' : 'storage' });

/** The last entry held of each of somebody's devices, of those most lately active. */
export function fenceOf(ledger: Ledger, person: Bytes, limit: number): Fence {
	const devices = ledger.authority.people.get(toHex(person))?.devices ?? [];
	return devices
		.flatMap(({ device }) => ledger.feeds.get(toHex(device)) ?? [])
		.sort((a, b) => b.time.ms - a.time.ms)
		.map((feed) => ledger.headOf(feed))
		.filter(({ seq }) => seq >= 0)
		.slice(0, limit);
}

export function createModeration({ ports, self, node, linkOf }: ModerationParts): LiveModeration {
	const { space } = node;
	const log = createSignal<readonly ActionView[]>([]);
	const invitations = createSignal<readonly OpenInvitation[]>([]);
	const may = createSignal({ channels: false, moderate: false });

	const powers = (): ReturnType<typeof powersIn> => powersIn(space.ledger, self.rootHash);

	async function write(content: Content, reason = ''): Promise<Done> {
		if (utf8(reason).length > MAX_REASON || !reason.isWellFormed())
			return err({ type: 'too-long' });
		const written = await node.write(content);
		if (!written.ok) return failed(written.error);
		update();
		return ok();
	}

	/** Seals to every member but the target, or to Powernodes alone. */
	async function writeSealed(
		content: SealedContent,
		isFor: (rootHash: Bytes) => boolean,
	): Promise<Done> {
		const { reason } = content;
		if (utf8(reason).length > MAX_REASON || !reason.isWellFormed())
			return err({ type: 'too-long' });
		const written = await node.write({ kind: KIND.sealed, content }, { isFor });
		if (!written.ok) return failed(written.error);
		update();
		return ok();
	}

	/** The message with this id, wherever it is shown. */
	async function find(
		id: string,
	): Promise<(PurgedMessage & { author: Bytes; channel: Bytes }) | undefined> {
		const wanted = fromHex(id);
		if (wanted === undefined) return undefined;
		for (const channel of space.ledger.authority.channels) {
			const messages = space.log(channel.id);
			for (let n = (await messages.stretches()) - 1; n >= 0; n--) {
				const found = (await messages.read(n)).find((message) => equal(message.id, wanted));
				if (found !== undefined) {
					const { device, seq, author } = found;
					return { id: found.id, device, seq, author, channel: channel.id };
				}
			}
		}
		return undefined;
	}

	async function purge(ids: readonly string[], reason: string): Promise<Done> {
		if (ids.length === 0) return err({ type: 'empty' });
		const found = await Promise.all(ids.map(find));
		const there = found.filter((message) => message !== undefined);
		if (there.length === 0) return err({ type: 'gone' });
		const mayPurge = (author: Bytes): boolean =>
			equal(author, self.rootHash) || powers().purge(author);
		if (!there.every(({ author }) => mayPurge(author))) return err({ type: 'not-allowed' });
		const groupOf = ({ author, channel }: (typeof there)[number]): string =>
			toHex(author) + toHex(channel);
		for (const group of new Set(there.map(groupOf))) {
			const theirs = there.filter((message) => groupOf(message) === group);
			for (let n = 0; n < theirs.length; n += MAX_PURGED) {
				const [first, ...rest] = theirs.slice(n, n + MAX_PURGED);
				if (first === undefined) continue;
				const content = {
					kind: KIND.tombstone,
					author: first.author,
					channel: first.channel,
					messages: [first, ...rest],
					reason,
				};
				const written = await write(content, reason);
				if (!written.ok) return written;
			}
		}
		return ok();
	}

	async function undo(action: string, reason: string): Promise<Done> {
		const control = space.ledger.control.get(action);
		if (control === undefined) return err({ type: 'gone' });
		if (log.get().find(({ id }) => id === action)?.mayUndo !== true) {
			return err({ type: 'not-allowed' });
		}
		const { content, entry } = control;
		if (content.kind === KIND.ban) {
			if (utf8(reason).length > MAX_REASON) return err({ type: 'too-long' });
			// Under the keys of the epoch that the ban was sealed in: whoever it is about can read it too.
			const unban = { kind: KIND.unban, bans: [entry.id], reason };
			const written = await node.write(unban, { epoch: entry.header.key.epoch });
			if (!written.ok) return failed(written.error);
			update();
			return ok();
		}
		if (content.kind !== KIND.sealed || content.content?.type !== 'shadow-ban') {
			return err({ type: 'not-allowed' });
		}
		const { target } = content.content;
		const fence = fenceOf(space.ledger, target, MAX_SEALED_FENCE);
		return writeSealed(
			{ type: 'shadow-unban', bans: [entry.id], fence, reason },
			(root) => !equal(root, target),
		);
	}

	function openInvitations(): readonly OpenInvitation[] {
		const { authority, resolver } = space.ledger;
		const own = powers();
		const now = ports.clock.now();
		return [...authority.invites.values()]
			.map((invite): OpenInvitation => {
				const { uses, expiry, inviteKey } = invite.content;
				const id = toHex(invite.id);
				const isRecalled = resolver.ranks.recallsOf(id).length > 0;
				const isMine = equal(invite.author, self.rootHash);
				const state = isRecalled
					? 'recalled'
					: expiry !== 0 && expiry < now
						? 'expired'
						: invite.used >= uses
							? 'spent'
							: 'open';
				return {
					id,
					byName: authority.people.get(toHex(invite.author))?.name ?? '',
					uses,
					used: invite.used,
					expiry,
					state,
					mayRecall: state === 'open' && own.isMember && (isMine || own.purge(invite.author)),
					link: state === 'open' ? linkOf(inviteKey) : null,
				};
			})
			.reverse();
	}

	function update(): void {
		log.set(moderationLog(space.ledger, self.rootHash));
		invitations.set(openInvitations());
		const { channels, moderate } = powers();
		const known = may.get();
		if (known.channels !== channels || known.moderate !== moderate) may.set({ channels, moderate });
	}

	const target = (rootHash: string): Bytes => fromHex(rootHash) ?? new Uint8Array(32);
	const over = (rootHash: string): ReturnType<ReturnType<typeof powers>['over']> =>
		powers().over(target(rootHash));
	const refused = (): Promise<Done> => Promise.resolve(err({ type: 'not-allowed' }));

	update();
	return {
		log,
		invitations,
		may,
		update,
		grant: (rootHash) =>
			over(rootHash).grant ? write({ kind: KIND.grant, target: target(rootHash) }) : refused(),
		revoke: (rootHash, reason) =>
			over(rootHash).revoke
				? write(
						{
							kind: KIND.revoke,
							target: target(rootHash),
							fence: fenceOf(space.ledger, target(rootHash), MAX_FENCE),
							reason,
						},
						reason,
					)
				: refused(),
		ban: (rootHash, { reason, voidInvites }) =>
			over(rootHash).ban
				? write(
						{
							kind: KIND.ban,
							target: target(rootHash),
							fence: fenceOf(space.ledger, target(rootHash), MAX_FENCE),
							voidInvites,
							reason,
						},
						reason,
					)
				: refused(),
		shadowBan(rootHash, reason) {
			if (!over(rootHash).shadowBan) return refused();
			const about = target(rootHash);
			const fence = fenceOf(space.ledger, about, MAX_SEALED_FENCE);
			return writeSealed(
				{ type: 'shadow-ban', target: about, fence, reason },
				(root) => !equal(root, about),
			);
		},
		undo,
		purge,
		async report(id, reason) {
			const { authority } = space.ledger;
			if (authority.genesis?.spaceKind !== SPACE_KIND.community) return refused();
			const message = await find(id);
			if (message === undefined) return err({ type: 'gone' });
			const { author, channel: _, ...named } = message;
			return writeSealed({ type: 'report', message: named, author, reason }, (root) =>
				authority.ranks.has(toHex(root)),
			);
		},
		async recall(invitation) {
			const known = openInvitations().find(({ id }) => id === invitation);
			if (known === undefined) return err({ type: 'gone' });
			if (!known.mayRecall) return err({ type: 'not-allowed' });
			return write({ kind: KIND.recall, invite: target(invitation) });
		},
		async createChannel(input) {
			const name = input.trim();
			if (name.length === 0) return err({ type: 'empty' });
			if (utf8(name).length > MAX_NAME || !name.isWellFormed()) return err({ type: 'too-long' });
			if (!powers().channels) return err({ type: 'not-allowed' });
			const written = await node.write({ kind: KIND.channel, name });
			if (!written.ok) {
				return err({ type: written.error.type === 'not-member' ? 'not-member' : 'storage' });
			}
			return ok(written.value.key);
		},
		async editChannel(id, change) {
			const channel = space.ledger.authority.channels.find((each) => toHex(each.id) === id);
			if (channel === undefined) return err({ type: 'gone' });
			if (!powers().channels) return err({ type: 'not-allowed' });
			const name = (change.name ?? channel.name).trim();
			if (name.length === 0) return err({ type: 'empty' });
			if (utf8(name).length > MAX_NAME || !name.isWellFormed()) return err({ type: 'too-long' });
			return write({
				kind: KIND.channelEdit,
				channel: channel.id,
				name,
				archived: change.archived ?? channel.archived,
				readOnly: change.readOnly ?? channel.readOnly,
				timer: change.timer ?? channel.timer,
			});
		},
	};
}
