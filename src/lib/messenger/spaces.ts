// All spaces of this device, those still being joined among them: opened at start, kept in a list, summed up for people.
import { KIND } from '#lib/protocol/entry.ts';
import { MAX_RELAYS } from '#lib/protocol/limits.ts';
import type { StoreWrite } from '#lib/ports/store.ts';
import { createSignal } from '#lib/util/signal.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import type { SpaceSummary } from './api.ts';
import { createBannedSpaces } from './banned-spaces.ts';
import { openConversation } from './conversation.ts';
import type { Links } from './delivery/links.ts';
import type { RelayPool } from './delivery/relay-pool.ts';
import { createDepartures, departureOf, hasLeftElsewhere } from './departure.ts';
import { foundSpace } from './founding.ts';
import { startLiveSpace } from './live-space.ts';
import { createPendingJoins } from './joining/pending-joins.ts';
import { ownBan, type OwnBan } from './own-ban.ts';
import type { Inviting } from './joining/inviting.ts';
import type { Ports, Self, SelfInSpace } from './ports.ts';
import { revocationOf } from './recovery.ts';
import { createSelvesInSpaces, type NextSelf } from './self-in-space.ts';
import { clearSpace, listWrites, readList } from './space-rows.ts';
import { createShutSpaces } from './shut-spaces.ts';
import { summaryOf } from './space-summary.ts';
import { contentNamesOf } from './space/file-book.ts';
import { openSpace } from './space/space.ts';
import type { Space, UnreadableSpace } from './space/space-face.ts';
import type { LiveSpace, Spaces, SpacesEvents } from './spaces-face.ts';
import { isMember } from './summaries.ts';

export function createSpaces(
	ports: Ports,
	self: Self,
	pool: RelayPool,
	linksFor: (self: Self) => Links,
	relayName: (key: string) => string,
	isBlocked: (rootHash: string) => boolean,
	isVerified: (rootHash: string) => boolean,
	inviting: Inviting,
	events: SpacesEvents,
): Spaces {
	const { store, clock } = ports;
	const spaces = new Map<string, LiveSpace>();
	const selves = createSelvesInSpaces(ports, self);
	/** Places in the list of spaces, those of locked ones included. */
	const numbers = new Map<string, number>();
	/** Spaces that have been left, and that nobody knows of yet. */
	const departing = createDepartures(clock);
	const list = createSignal<readonly SpaceSummary[]>([]);
	let nextNumber = 0;
	/** One of each space, whoever works with it: two would not know of each other's changes. */
	const opened = new Map<string, Promise<Space | undefined>>();
	/** One that can't be read stays as it is, and is shown as that. [EP10] */
	function openHere(own: Self, id: Bytes): Promise<Space | undefined> {
		const key = toHex(id);
		const open = opened.get(key) ?? openAs(own, id).then((result) => readable(id, result));
		opened.set(key, open);
		return open;
	}
	async function openAs(own: Self, id: Bytes): Promise<Result<Space, UnreadableSpace>> {
		return (await selves.isReadable(id)) ? openSpace(ports, own, id) : err({ type: 'unreadable' });
	}
	function readable(id: Bytes, result: Result<Space, UnreadableSpace>): Space | undefined {
		if (result.ok) return result.value;
		shut.add(id);
		opened.delete(toHex(id));
		publish();
		return undefined;
	}

	const publish = (): void => {
		const ready = [...spaces.values()].map(summaryOf);
		ready.sort((a, b) => (b.lastTime ?? 0) - (a.lastTime ?? 0));
		// What is here to be read is shown as that, whether it is being joined or not.
		const waiting = joins.summaries().filter(({ id }) => !spaces.has(id));
		list.set([...waiting, ...banned.summaries(), ...shut.summaries(), ...ready]);
	};

	async function start(space: Space, number: number, self: SelfInSpace): Promise<LiveSpace> {
		const live = await startLiveSpace(
			{ ports, pool, links: linksFor(self), selves, inviting, isBlocked, isVerified },
			space,
			number,
			self,
			{
				current: () => spaces.get(space.key),
				onControl() {
					lockIfBanned(space.key);
					forgetIfLeft(space.key);
					spaces.get(space.key)?.recovery.look();
					events.onControl(space.key);
				},
				onChange: publish,
				onPresence: events.onPresence,
				isShown: events.isShown,
				onEnrolled: events.onEnrolled,
				onKin: (from, message) => {
					events.onKin(space.key, from, message);
				},
				onTyping: (typing) => {
					events.onTyping(space.key, typing);
				},
				onPlaced: (placed) => {
					events.onPlaced(space.key, placed);
				},
				onNextSelf: (started, next) => void goOnAs(started, next),
			},
		);
		spaces.set(space.key, live);
		linksFor(self).greet();
		lockIfBanned(space.key);
		live.recovery.look();
		events.onControl(space.key);
		void endFormer(live);
		publish();
		events.onSpaces();
		return live;
	}

	/** Off the list; whoever comes back does so as a new device: nothing says any longer what this one has written. */
	function unlist(space: Bytes): readonly StoreWrite[] {
		const number = numbers.get(toHex(space));
		const unlisted = number === undefined ? [] : listWrites(number, null);
		return [...unlisted, ...selves.spend(space)];
	}

	const shut = createShutSpaces(store, { unlist, clear });
	const banned = createBannedSpaces(ports, pool, {
		unlist,
		clear,
		onUnlocked: (space) => {
			void selves.in(space.id).then((own) => begin(space, numbers.get(space.key) ?? 0, own));
		},
		onChange: () => {
			publish();
		},
	});
	const joins = createPendingJoins(ports, selves, pool, {
		onJoined: (space, own, done) => void joined(space, own, done),
		onChange: () => {
			publish();
		},
		open: openHere,
	});

	async function joined(space: Space, own: SelfInSpace, done?: StoreWrite): Promise<void> {
		if (spaces.has(space.key)) {
			// Its past was here already: it has come alive by itself.
			if (done) await store.commit([done]);
			publish();
			return;
		}
		const number = nextNumber++;
		await store.commit([...listWrites(number, space.id), ...(done ? [done] : [])]);
		events.onJoined(space.key, space.ledger.authority.genesis?.name ?? '');
		await begin(space, number, own);
	}

	async function open(id: Bytes, number: number, own: SelfInSpace): Promise<void> {
		numbers.set(toHex(id), number);
		const space = await openHere(own, id);
		if (space !== undefined) await begin(space, number, own);
	}

	/** A space that has banned this person is locked at once, and none of it shown. */
	async function begin(space: Space, number: number, own: SelfInSpace): Promise<void> {
		numbers.set(space.key, number);
		const ban = ownBan(space, own);
		if (ban !== null) {
			await banned.lock(space, own, ban);
			return;
		}
		const live = await start(space, number, own);
		const left = departureOf(space, own.device.publicKey);
		if (left !== undefined) depart(live, left);
		else forgetIfLeft(space.key);
	}

	/** Writes that the devices which this installation was before have ended. [FD11] */
	async function endFormer({ node, self: own }: LiveSpace): Promise<void> {
		const revocation = await revocationOf(node.space, own);
		if (revocation !== null) await node.write(revocation);
	}

	/** The fresh device takes over what the old one had: the same ledger, keys and messages. [FD11] */
	async function goOnAs(live: LiveSpace, next: NextSelf): Promise<void> {
		const { id, key } = live.node.space;
		live.node.stop();
		live.recovery.stop();
		spaces.delete(key);
		// What others have not said they hold of the old feed, they ask for.
		await store.clear('outbox', [id]);
		const kept = await store.commit(next.settle);
		if (kept.ok) next.settled();
		const own = kept.ok ? next.self : live.self;
		for (const conversation of [...live.conversations]) conversation.close();
		// Out of the list for a moment: whoever shows the space opens it anew.
		publish();
		opened.delete(key);
		await open(id, live.number, own);
	}

	function lockIfBanned(key: string): void {
		const live = spaces.get(key);
		const ban = live && ownBan(live.node.space, live.self);
		if (live !== undefined && ban) lock(live, ban);
	}

	function lock({ node, self: own, conversations, recovery }: LiveSpace, ban: OwnBan): void {
		spaces.delete(node.space.key);
		for (const conversation of [...conversations]) conversation.close();
		node.stop();
		recovery.stop();
		linksFor(own).greet();
		void banned.lock(node.space, own, ban);
	}

	/** The person has left by another device, which sees to it that the others hear of it. */
	async function letGo(live: LiveSpace): Promise<void> {
		const { id } = live.node.space;
		takeAway(live);
		live.node.stop();
		// Whoever comes back by another device does so as a new one here: this one has ended.
		await store.commit(selves.spend(id));
		await forget(id, live.number);
	}

	function forgetIfLeft(key: string): void {
		const live = spaces.get(key);
		if (live !== undefined && hasLeftElsewhere(live.node.space, live.self)) void letGo(live);
	}

	/** Out of sight at once. */
	function takeAway({ node, conversations, recovery }: LiveSpace): void {
		recovery.stop();
		spaces.delete(node.space.key);
		for (const conversation of [...conversations]) conversation.close();
		publish();
		events.onLeft(node.space.key, node.space.ledger.authority.genesis?.name ?? '');
	}

	async function clear(space: Bytes): Promise<void> {
		opened.delete(toHex(space));
		// Once the rows are gone nobody else can tell what of the content was its own.
		const names = await contentNamesOf(store, space);
		await clearSpace(store, space);
		await ports.content.remove(names);
	}

	async function forget(space: Bytes, number: number): Promise<void> {
		await store.commit([...listWrites(number, null), ...(await selves.leave(space))]);
		await clear(space);
	}

	const isInside = (key: string): boolean => {
		const here = spaces.get(key);
		return here !== undefined && isMember(here.node.space, here.self);
	};

	/** Forgets a space of which only the past was here: nobody is to be told. */
	async function drop(live: LiveSpace): Promise<void> {
		const { key, id } = live.node.space;
		takeAway(live);
		live.node.stop();
		await joins.cancel(key);
		await forget(id, live.number);
		publish();
	}

	/** Takes a space that has been left out of sight, and forgets it once somebody has the word. */
	function depart(live: LiveSpace, seq: number): void {
		takeAway(live);
		const { node, number } = live;
		departing.begin(node, seq, () => forget(node.space.id, number));
	}

	return {
		list,
		get: (space) => spaces.get(space),
		live: () => [...spaces.values()],
		async load() {
			await banned.load();
			for (const { number, space, isWhole } of await readList(store)) {
				nextNumber = Math.max(nextNumber, number + 1);
				if (space !== null && !isWhole) await store.commit(listWrites(number, space));
				if (space !== null) await open(space, number, await selves.in(space));
			}
			await joins.load();
			publish();
		},
		async found(kind, name, relays, history) {
			const founder = await selves.founder();
			const named = relays.slice(0, MAX_RELAYS);
			const { self: own } = founder;
			const founded = await foundSpace(ports, own, kind, name, 'general', named, history);
			if (!founded.ok) return founded;
			const number = nextNumber++;
			const { id } = founded.value;
			const kept = await store.commit([...listWrites(number, id), founder.keep(id)]);
			numbers.set(founded.value.key, number);
			return kept.ok ? ok(await start(founded.value, number, founder.self)) : kept;
		},
		async forRecall(id) {
			const key = toHex(id);
			if (banned.has(key) || departing.has(key)) return null;
			return (await openHere(await selves.in(id), id)) ?? null;
		},
		async recalled(space) {
			const { genesis, people } = space.ledger.authority;
			// Nothing that this person was part of.
			if (genesis === null || !people.has(toHex(self.rootHash))) return clear(space.id);
			if (spaces.has(space.key)) {
				await spaces.get(space.key)?.summaries.recalled();
				publish();
				return;
			}
			const number = nextNumber++;
			await store.commit(listWrites(number, space.id));
			await begin(space, number, await selves.in(space.id));
			const live = spaces.get(space.key);
			if (live === undefined || isMember(space, live.self)) return;
			// Its members may be asked at once: where they are is known.
			const relays = space.ledger.authority.epoch?.content.relays ?? [];
			await joins.comeBack({ space: space.id, name: genesis.name, relays });
		},
		async join(invitation) {
			// Back before anybody heard of the departure: it begins anew, with nothing left of before.
			await departing.forget(toHex(invitation.space));
			if (banned.has(toHex(invitation.space))) await banned.dismiss(toHex(invitation.space));
			return joins.begin(invitation);
		},
		async comeBack(found) {
			const key = toHex(found.space);
			if (isInside(key) || banned.has(key) || departing.has(key)) return;
			await joins.comeBack(found);
		},
		cancelJoin: joins.cancel,
		async dismiss(space) {
			if (shut.has(space)) {
				await joins.cancel(space);
				await shut.discard(space);
				return publish();
			}
			const name = list.get().find(({ id }) => id === space)?.name ?? '';
			await banned.dismiss(space);
			events.onLeft(space, name);
		},
		knows: (space) =>
			isInside(space) ||
			departing.has(space) ||
			banned.has(space) ||
			joins.summaries().some(({ id }) => id === space),
		isInside,
		isBarred: (space) => banned.has(space) || departing.has(space),
		selfIn: (space) => selves.toEnrol(space),
		open: openHere,
		enter: joined,
		letGo,
		markRead(live, channel, time) {
			void live.summaries.read(channel, time).then((changed) => {
				if (changed) publish();
			});
		},
		conversation(live, channel) {
			const key = toHex(channel);
			const [{ clock }, { node, self }] = [ports, live];
			const conversation = openConversation(clock, node, self, channel, relayName, isBlocked, {
				onRead: (time) => {
					void live.summaries.read(key, time).then((changed) => {
						if (!changed) return;
						publish();
						events.onRead(node.space.key, key, time);
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
			const seq = departureOf(node.space, live.self.device.publicKey);
			if (seq !== undefined) depart(live, seq);
			else if (!isMember(node.space, live.self)) await drop(live);
			return ok();
		},
		stop() {
			departing.stop();
			for (const { node, recovery } of spaces.values()) {
				node.stop();
				recovery.stop();
			}
			joins.stop();
			banned.stop();
		},
	};
}
