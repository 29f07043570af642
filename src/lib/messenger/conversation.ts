// A channel as people read it: the newest screen first, older stretches on request, each message with where it is.
import type { LoggedMessage } from '#lib/crdt/segment.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { MAX_TEXT } from '#lib/protocol/limits.ts';
import { encode, decode, tuple, uint } from '#lib/protocol/cbor.ts';
import { createSignal } from '#lib/util/signal.ts';
import { lengthOfFiles, type AttachedFile } from '#lib/protocol/attachment.ts';
import { showable } from '#lib/protocol/file-type.ts';
import { SPACE_KIND } from '#lib/protocol/content.ts';
import { equal, fromHex, toHex, utf8, type Bytes } from '#lib/util/bytes.ts';
import { err, ok } from '#lib/util/result.ts';
import { compareTime, type Time } from '#lib/protocol/entry.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { KeyValueStore, StoreWrite } from '#lib/ports/store.ts';
import type { Conversation, Delivery, MessageView } from './api.ts';
import type { MessageFiles } from './files-api.ts';
import { placeOf } from './files/place.ts';
import { noticesIn, type NoticeView } from './notices.ts';
import type { Self } from './ports.ts';
import { powersIn, type Powers } from './powers.ts';
import type { SpaceNode } from './space-node-face.ts';

export interface LiveConversation extends Conversation {
	/** Messages came, went, or their delivery changed. */
	refresh(): void;
}

const BEGINNING: Time = { ms: 0, counter: 0 };

/** Between two looks at all that is loaded while changes come in a row, ms; more where a look takes long itself. */
const REST = 40;
const REST_FOR_EACH = 3;

export interface ReadMarks {
	get(channel: Bytes): Promise<Time>;
	write(channel: Bytes, time: Time): StoreWrite;
}

export function createReadMarks(store: KeyValueStore, space: Bytes): ReadMarks {
	const shape = tuple(uint(2 ** 48), uint(65_535));
	return {
		async get(channel) {
			const stored = await store.get('read', [space, channel]);
			const decoded = stored && decode(shape, stored, 64);
			if (decoded?.ok !== true) return BEGINNING;
			const [ms, counter] = decoded.value;
			return { ms, counter };
		},
		write: (channel, time) => ({
			table: 'read',
			key: [space, channel],
			value: encode([time.ms, time.counter]),
		}),
	};
}

const filesOf = (message: LoggedMessage, files: readonly AttachedFile[]): MessageFiles => ({
	place: placeOf(message),
	files: files.map(({ length, ...file }, index) => ({
		...file,
		size: length,
		offset: lengthOfFiles(files.slice(0, index)),
		showable: showable(file.type),
	})),
});

/** Of two views of a message. */
function isSame(one: MessageView, other: MessageView): boolean {
	const names = Object.keys(other) as (keyof MessageView)[];
	return (
		names.length === Object.keys(one).length &&
		names.every((name) => {
			const [a, b] = [one[name], other[name]];
			return a === b || (typeof a === 'object' && JSON.stringify(a) === JSON.stringify(b));
		})
	);
}

export function openConversation(
	clock: Clock,
	node: SpaceNode,
	self: Self,
	channel: Bytes,
	relayName: (key: string) => string,
	isBlocked: (rootHash: string) => boolean,
	events: { onRead(time: Time): void; onClose(conversation: LiveConversation): void },
): LiveConversation {
	const { space } = node;
	const log = space.log(channel);
	const messages = createSignal<readonly MessageView[]>([]);
	const hasOlder = createSignal(false);
	const notices = createSignal<readonly NoticeView[]>([]);
	/** The authority log as notices were read from it. */
	let told: unknown;
	const views = new Map<string, MessageView>();
	/** The oldest stretch loaded, counted from the newest: 1 is the newest alone. */
	let loaded = 1;
	let newest: Time = BEGINNING;
	let refreshing = false;
	let again = false;
	let closed = false;

	const nameOf = (author: Bytes): string =>
		space.ledger.authority.people.get(toHex(author))?.name ?? '?';

	function deliveryOf(message: LoggedMessage): Delivery | null {
		if (!equal(message.device, self.device.publicKey)) return null;
		const pending = node.outbox.delivery(message.seq);
		if (pending?.state === 'stored') return { ...pending, relay: relayName(pending.relay) };
		const of = message.recipients;
		return pending ?? { state: 'delivered', delivered: of, of };
	}

	function goneOf({ gone }: LoggedMessage): MessageView['gone'] {
		if (gone === null) return null;
		const { how, by, reason } = gone;
		return { how, byName: by === null ? '' : nameOf(by), reason };
	}

	/** What this person may do with a message; nothing is left to do with one that is gone for good. */
	function mayDo({ author, gone }: LoggedMessage, powers: Powers): MessageView['may'] {
		const isThere = powers.isMember && (gone === null || gone.how === 'unreadable');
		const isMine = equal(author, self.rootHash);
		const isCommunity = space.ledger.authority.genesis?.spaceKind === SPACE_KIND.community;
		return {
			purge: isThere && !isMine && powers.purge(author),
			delete: isThere && isMine,
			report: isThere && !isMine && isCommunity,
		};
	}

	function viewOf(
		message: LoggedMessage,
		all: ReadonlyMap<string, LoggedMessage>,
		powers: Powers,
	): MessageView {
		const id = toHex(message.id);
		const author = toHex(message.author);
		const { replyTo } = message;
		const quoted = replyTo === null ? undefined : all.get(toHex(replyTo));
		const view: MessageView = {
			id,
			author,
			authorName: nameOf(message.author),
			mine: equal(message.author, self.rootHash),
			text: message.text,
			time: message.time.ms,
			late: message.late,
			expiry: message.expiry === 0 ? null : message.expiry,
			replyTo: replyTo && {
				id: toHex(replyTo),
				authorName: quoted === undefined ? '' : nameOf(quoted.author),
				text: quoted?.text ?? '',
			},
			delivery: deliveryOf(message),
			gone: goneOf(message),
			blocked: isBlocked(author),
			may: mayDo(message, powers),
			...(message.attachment && { files: filesOf(message, message.attachment.files) }),
		};
		const known = views.get(id);
		// The same object for the same view: the interface then has nothing to do for it.
		if (known !== undefined && isSame(known, view)) return known;
		views.set(id, view);
		return view;
	}

	async function load(): Promise<void> {
		const count = await log.stretches();
		const stretches: (readonly LoggedMessage[])[] = [];
		for (let n = Math.max(0, count - loaded); n < count; n++) stretches.push(await log.read(n));
		if (closed) return;
		const all = stretches.flat();
		const byId = new Map(all.map((message) => [toHex(message.id), message]));
		newest = all.at(-1)?.time ?? BEGINNING;
		for (const id of views.keys()) if (!byId.has(id)) views.delete(id);
		const powers = powersIn(space.ledger, self.rootHash);
		const seen = messages.get();
		const shown = all.map((message) => viewOf(message, byId, powers));
		const isOther = seen.length !== shown.length || shown.some((view, n) => view !== seen[n]);
		if (isOther) messages.set(shown);
		hasOlder.set(count > loaded);
		if (told === space.ledger.authority) return;
		told = space.ledger.authority;
		notices.set(noticesIn(space.ledger, self.rootHash, channel));
	}

	const rest = (took: number): Promise<void> =>
		new Promise((done) => void clock.after(Math.max(REST, REST_FOR_EACH * took), done));

	/** One load at a time; a change during one asks for another, which takes in what else comes in a moment. */
	async function refreshNow(): Promise<void> {
		if (refreshing) {
			again = true;
			return;
		}
		refreshing = true;
		do {
			again = false;
			const since = clock.now();
			await load();
			if (again) await rest(clock.now() - since);
		} while (again && !closed);
		refreshing = false;
	}

	const conversation: LiveConversation = {
		messages,
		hasOlder,
		notices,
		async loadOlder() {
			if (!hasOlder.get()) return;
			loaded += 1;
			await refreshNow();
		},
		async send(words, replyTo) {
			const text = words.trim();
			if (text.length === 0) return err({ type: 'empty' });
			if (utf8(text).length > MAX_TEXT || !text.isWellFormed()) return err({ type: 'too-long' });
			const written = await node.write({
				kind: KIND.message,
				channel,
				text,
				replyTo: (replyTo === undefined ? undefined : fromHex(replyTo)) ?? null,
			});
			if (written.ok) return ok();
			return err({ type: written.error.type === 'not-member' ? 'not-member' : 'storage' });
		},
		markRead() {
			if (compareTime(newest, BEGINNING) > 0) events.onRead(newest);
		},
		close() {
			closed = true;
			events.onClose(conversation);
		},
		refresh: () => void refreshNow(),
	};
	void refreshNow();
	return conversation;
}
