// All spaces of this device, those still being joined among them: opened at start, kept in a list, summed up for people.
import { bytes, decodeFrame, encode, tuple } from '#lib/protocol/cbor.ts';
import { SPACE_KIND } from '#lib/protocol/content.ts';
import { KIND } from '#lib/protocol/entry.ts';
import type { Invitation } from '#lib/protocol/invitation.ts';
import { MAX_RELAYS } from '#lib/protocol/limits.ts';
import { REFUSAL, type Refusal } from '#lib/protocol/lobby.ts';
import type { RelayAddress } from '#lib/protocol/relay-address.ts';
import type { StoreError } from '#lib/ports/store.ts';
import { createSignal, type Readable } from '#lib/util/signal.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import type { Conversation, SpaceSummary } from './api.ts';
import { createReadMarks, openConversation, type LiveConversation } from './conversation.ts';
import type { Links } from './delivery/links.ts';
import type { RelayPool } from './delivery/relay-pool.ts';
import { departureOf, whenHeard } from './departure.ts';
import { foundSpace } from './founding.ts';
import {
	decodeJoin,
	joinWrite,
	newJoin,
	startJoining,
	type Joining,
	type JoinRecord,
} from './joining/joining.ts';
import { createModeration, type LiveModeration } from './moderation/moderation.ts';
import type { Ports, Self } from './ports.ts';
import { startSpaceNode, type SpaceNode } from './space-node.ts';
import { openSpace, type Space, type SpaceChange, type WriteError } from './space/space.ts';
import { createSummaries, type Summaries } from './summaries.ts';

/** A space that is here and at work. */
export interface LiveSpace {
	readonly node: SpaceNode;
	readonly summaries: Summaries;
	readonly moderation: LiveModeration;
	readonly conversations: Set<LiveConversation>;
	readonly number: number;
}

interface PendingJoin {
	record: JoinRecord;
	/** A relay keeps the request. */
	asked: boolean;
	joining: Joining;
	readonly number: number;
}

interface Departure {
	stop(): void;
	forget(): Promise<void>;
}

export interface Spaces {
	readonly list: Readable<readonly SpaceSummary[]>;
	get(space: string): LiveSpace | undefined;
	live(): readonly LiveSpace[];
	isJoining(space: string): boolean;
	load(): Promise<void>;
	found(
		kind: 'community' | 'direct',
		name: string,
		relays: readonly RelayAddress[],
	): Promise<Result<LiveSpace, WriteError>>;
	join(invitation: Invitation): Promise<Result<void, StoreError>>;
	cancelJoin(space: string): Promise<void>;
	conversation(live: LiveSpace, channel: Bytes): Conversation;
	leave(live: LiveSpace): Promise<Result<void, WriteError>>;
	stop(): void;
}

/** Tables that hold rows under a space's id. */
const SPACE_TABLES = [
	'entry',
	'feed',
	'control',
	'key',
	'log',
	'segment',
	'outbox',
	'read',
	'fork',
	'admitted',
];
const REFUSAL_NAME: Record<Refusal, NonNullable<SpaceSummary['refusal']>> = {
	[REFUSAL.unknown]: 'unknown',
	[REFUSAL.expired]: 'expired',
	[REFUSAL.spent]: 'spent',
	[REFUSAL.full]: 'full',
};

export function createSpaces(
	ports: Ports,
	self: Self,
	pool: RelayPool,
	links: Links,
	relayName: (key: string) => string,
	isBlocked: (rootHash: string) => boolean,
	linkOf: (inviteKey: Bytes) => string | null,
	onPresence: () => void,
): Spaces {
	const { store, clock } = ports;
	const spaces = new Map<string, LiveSpace>();
	const joins = new Map<string, PendingJoin>();
	/** Spaces that have been left, and that nobody knows of yet. */
	const departing = new Map<string, Departure>();
	const list = createSignal<readonly SpaceSummary[]>([]);
	let nextNumber = 0;
	let nextJoin = 0;

	const publish = (): void => {
		const ready = [...spaces.values()].map(({ node, summaries }): SpaceSummary => {
			const { authority } = node.space.ledger;
			const last = summaries.last();
			return {
				id: node.space.key,
				name: authority.genesis?.name ?? '',
				kind: authority.genesis?.spaceKind === SPACE_KIND.direct ? 'direct' : 'community',
				state: 'ready',
				asked: true,
				refusal: null,
				ban: null,
				unread: summaries.unread(),
				lastText: last?.text ?? null,
				lastTime: last?.time.ms ?? null,
				members: summaries.members.get().length,
			};
		});
		const pending = [...joins.values()].map(({ record, asked }): SpaceSummary => ({
			id: toHex(record.invitation.space),
			name: record.invitation.spaceName,
			kind: 'community',
			state: record.refused === null ? 'joining' : 'refused',
			asked,
			refusal: record.refused === null ? null : REFUSAL_NAME[record.refused],
			ban: null,
			unread: 0,
			lastText: null,
			lastTime: null,
			members: 0,
		}));
		ready.sort((a, b) => (b.lastTime ?? 0) - (a.lastTime ?? 0));
		list.set([...pending, ...ready]);
	};

	async function start(space: Space, number: number): Promise<LiveSpace> {
		const conversations = new Set<LiveConversation>();
		const refreshAll = (): void => {
			for (const conversation of conversations) conversation.refresh();
		};
		// What changes before the summaries are there, they find when they load.
		const summariesNow = (): Summaries | undefined => spaces.get(space.key)?.summaries;
		const node = await startSpaceNode(ports, self, space, pool, links, {
			onChange: (change: SpaceChange) => {
				for (const [channel, messages] of change.messages) summariesNow()?.added(channel, messages);
				if (change.shrunk.size > 0) void summariesNow()?.recount(change.shrunk).then(publish);
				if (change.control) {
					spaces.get(space.key)?.moderation.update();
					void summariesNow()?.update().then(publish);
				}
				if (change.messages.size > 0 || change.control) refreshAll();
				publish();
			},
			onDelivery: refreshAll,
			onPresence: () => {
				summariesNow()?.updateMembers();
				onPresence();
			},
		});
		const summaries = createSummaries(
			ports,
			self,
			node,
			createReadMarks(store, space.id),
			isBlocked,
		);
		await summaries.update();
		const moderation = createModeration({ ports, self, node, linkOf });
		const live: LiveSpace = { node, summaries, moderation, conversations, number };
		spaces.set(space.key, live);
		links.greet();
		publish();
		return live;
	}

	const listWrite = (number: number, space: Bytes | null): Parameters<typeof store.commit>[0] => [
		{ table: 'space', key: ['list', number], value: space && encode([space]) },
	];

	async function joined(pending: PendingJoin, space: Space): Promise<void> {
		joins.delete(space.key);
		const number = nextNumber++;
		await store.commit([...listWrite(number, space.id), joinWrite(ports, pending.number, null)]);
		await start(space, number);
	}

	async function startJoin(record: JoinRecord, number: number): Promise<void> {
		const key = toHex(record.invitation.space);
		let asked = false;
		const joining = await startJoining(ports, self, pool, record, {
			onJoined: (space) => {
				const pending = joins.get(key);
				if (pending !== undefined) void joined(pending, space);
			},
			onAsked: () => {
				asked = true;
				const pending = joins.get(key);
				if (pending !== undefined) pending.asked = true;
				publish();
			},
			onRefused: (reason) => {
				const pending = joins.get(key);
				if (pending === undefined) return;
				pending.record = { ...pending.record, refused: reason };
				void store.commit([joinWrite(ports, number, pending.record)]);
				publish();
			},
		});
		joins.set(key, { record, asked, joining, number });
		publish();
	}

	async function forget(space: Bytes, number: number): Promise<void> {
		await store.commit(listWrite(number, null));
		for (const table of SPACE_TABLES) await store.clear(table, [space]);
	}

	/** Takes a space that has been left out of sight, and forgets it once somebody has the word. */
	function depart(live: LiveSpace, seq: number): void {
		const { node, number } = live;
		const { key, id } = node.space;
		spaces.delete(key);
		publish();
		const stopWaiting = whenHeard(clock, node, seq, () => void departure.forget());
		const departure: Departure = {
			stop() {
				stopWaiting();
				node.stop();
			},
			async forget() {
				departure.stop();
				departing.delete(key);
				await forget(id, number);
			},
		};
		departing.set(key, departure);
	}

	return {
		list,
		get: (space) => spaces.get(space),
		live: () => [...spaces.values()],
		isJoining: (space) => joins.has(space),
		async load() {
			const shape = tuple(bytes(32));
			for (const { at, value } of await store.range('space', ['list'])) {
				const stored = decodeFrame(shape, value, 64);
				nextNumber = Math.max(nextNumber, at + 1);
				if (!stored.ok) continue;
				const live = await start(await openSpace(ports, self, stored.value[0]), at);
				const left = departureOf(live.node.space, self.device.publicKey);
				if (left !== undefined) depart(live, left);
			}
			for (const { at, value } of await store.range('joining', ['list'])) {
				const record = decodeJoin(ports, value);
				nextJoin = Math.max(nextJoin, at + 1);
				if (record !== undefined) await startJoin(record, at);
			}
		},
		async found(kind, name, relays) {
			const founded = await foundSpace(
				ports,
				self,
				kind,
				name,
				'general',
				relays.slice(0, MAX_RELAYS),
			);
			if (!founded.ok) return founded;
			const number = nextNumber++;
			const kept = await store.commit(listWrite(number, founded.value.id));
			return kept.ok ? ok(await start(founded.value, number)) : kept;
		},
		async join(invitation) {
			// Back before anybody heard of the departure: it begins anew, with nothing left of before.
			await departing.get(toHex(invitation.space))?.forget();
			const record = newJoin(ports.random, invitation);
			const number = nextJoin++;
			const kept = await store.commit([joinWrite(ports, number, record)]);
			if (!kept.ok) return kept;
			await startJoin(record, number);
			return ok();
		},
		async cancelJoin(space) {
			const pending = joins.get(space);
			if (pending === undefined) return;
			pending.joining.stop();
			joins.delete(space);
			await store.commit([joinWrite(ports, pending.number, null)]);
			publish();
		},
		conversation(live, channel) {
			const key = toHex(channel);
			const conversation = openConversation(live.node, self, channel, relayName, {
				onRead: (time) => {
					void live.summaries.read(key, time).then((changed) => {
						if (changed) publish();
					});
				},
				onClose: (closed) => live.conversations.delete(closed),
			});
			live.conversations.add(conversation);
			return conversation;
		},
		async leave(live) {
			const { node } = live;
			const written = await node.write({ kind: KIND.leave });
			if (!written.ok && written.error.type !== 'not-member') return err(written.error);
			const seq = departureOf(node.space, self.device.publicKey);
			if (seq !== undefined) depart(live, seq);
			return ok();
		},
		stop() {
			for (const departure of departing.values()) departure.stop();
			for (const { node } of spaces.values()) node.stop();
			for (const { joining } of joins.values()) joining.stop();
		},
	};
}
