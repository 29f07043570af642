// Spaces that this person is banned from: locked at once, destroyed on this device a day after the ban was first seen here,
// and until dismissed a line in the list that says who did it and why. [BN3]
import { bytes, decode, encode, flag, text, tuple, uint } from '#lib/protocol/cbor.ts';
import { SPACE_KIND } from '#lib/protocol/content.ts';
import { DAY, MAX_NAME, MAX_REASON } from '#lib/protocol/limits.ts';
import type { StoreWrite } from '#lib/ports/store.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { SpaceSummary } from './api.ts';
import type { RelayPool } from './delivery/relay-pool.ts';
import { listen } from './listening.ts';
import { ownBan, type OwnBan } from './own-ban.ts';
import type { Ports, Self } from './ports.ts';
import type { Space } from './space/space-face.ts';

/** locked: its rows are here. undone: they are, and stay. going: being destroyed. gone: nothing of it is left. */
const STATE = { locked: 0, undone: 1, going: 2, gone: 3 } as const;
type State = (typeof STATE)[keyof typeof STATE];

interface BanRecord {
	readonly space: Bytes;
	readonly name: string;
	readonly community: boolean;
	/** Entry id of the ban. */
	readonly ban: Bytes;
	readonly by: Bytes;
	readonly byName: string;
	readonly reason: string;
	/** By the issuer's clock, ms. */
	readonly time: number;
	/** When it was first seen here, by the own clock, ms. */
	readonly seenAt: number;
	state: State;
}

interface Banned {
	readonly record: BanRecord;
	/** Its place in the list of banned spaces. */
	readonly number: number;
	/** Ends listening and the wait for the end. */
	stop(): void;
	/** Resolves when nothing that was begun is still to be written. */
	settled(): Promise<unknown>;
}

export interface BannedSpacesEvents {
	/** Writes that take the space off the list of spaces, for good. */
	unlist(space: Bytes): readonly StoreWrite[];
	/** Removes every row of the space. */
	clear(space: Bytes): Promise<void>;
	/** The ban is void: the space goes on. */
	onUnlocked(space: Space): void;
	onChange(): void;
}

export interface BannedSpaces {
	load(): Promise<void>;
	has(space: string): boolean;
	/** Locks a space; also one that was locked when this device stopped. */
	lock(space: Space, self: Self, ban: OwnBan): Promise<void>;
	/** Forgets a banned space with all that is left of it. */
	dismiss(space: string): Promise<void>;
	summaries(): readonly SpaceSummary[];
	stop(): void;
}

const shape = tuple(
	bytes(32),
	text(MAX_NAME),
	flag,
	bytes(32),
	bytes(32),
	text(MAX_NAME),
	text(MAX_REASON),
	uint(),
	uint(),
	uint(STATE.gone),
);

export function createBannedSpaces(
	ports: Ports,
	pool: RelayPool,
	events: BannedSpacesEvents,
): BannedSpaces {
	const { clock, store } = ports;
	const banned = new Map<string, Banned>();
	let nextNumber = 0;

	const write = (number: number, record: BanRecord | null): StoreWrite => ({
		table: 'banned',
		key: ['list', number],
		value:
			record &&
			encode([
				record.space,
				record.name,
				record.community,
				record.ban,
				record.by,
				record.byName,
				record.reason,
				record.time,
				record.seenAt,
				record.state,
			]),
	});

	const recordOf = ({ id, ledger }: Space, { ban, undone }: OwnBan): BanRecord => {
		const { genesis, people } = ledger.authority;
		return {
			space: id,
			name: genesis?.name ?? '',
			community: genesis?.spaceKind !== SPACE_KIND.direct,
			ban: ban.id,
			by: ban.author,
			byName: people.get(toHex(ban.author))?.name ?? '',
			reason: ban.content.reason,
			time: ban.time.ms,
			seenAt: Math.max(0, Math.floor(clock.now())),
			state: undone ? STATE.undone : STATE.locked,
		};
	};

	/** What is left of the day; a clock that was put back makes it no longer than one. */
	const untilEnd = ({ seenAt }: BanRecord): number =>
		Math.min(DAY, Math.max(0, seenAt + DAY - clock.now()));

	/** First it is written down that everything goes: whatever happens then, it is taken up again. */
	async function destroy(key: string): Promise<void> {
		const found = banned.get(key);
		if (found === undefined || found.record.state === STATE.gone) return;
		found.stop();
		const { record, number } = found;
		record.state = STATE.going;
		const kept = await store.commit([write(number, record), ...events.unlist(record.space)]);
		if (!kept.ok) {
			// A store that takes nothing now may later; the space stays locked meanwhile.
			const cancel = clock.after(DAY / 24, () => void destroy(key));
			banned.set(key, { ...found, stop: cancel });
			return;
		}
		await found.settled();
		await events.clear(record.space);
		record.state = STATE.gone;
		await store.commit([write(number, record)]);
		events.onChange();
	}

	async function undo(key: string): Promise<void> {
		const found = banned.get(key);
		if (found?.record.state !== STATE.locked) return;
		found.record.state = STATE.undone;
		found.stop();
		await store.commit([write(found.number, found.record)]);
		events.onChange();
	}

	async function unlock(key: string, space: Space): Promise<void> {
		const found = banned.get(key);
		if (found === undefined) return;
		found.stop();
		banned.delete(key);
		await store.commit([write(found.number, null)]);
		events.onUnlocked(space);
	}

	function judge(space: Space, self: Self): void {
		const now = ownBan(space, self);
		if (now === null) void unlock(space.key, space);
		else if (now.undone) void undo(space.key);
	}

	return {
		async load() {
			for (const { at, value } of await store.range('banned', ['list'])) {
				nextNumber = Math.max(nextNumber, at + 1);
				const stored = decode(shape, value, 4096);
				if (!stored.ok) continue;
				const [space, name, community, ban, by, byName, reason, time, seenAt, state] = stored.value;
				const record: BanRecord = {
					space,
					name,
					community,
					ban,
					by,
					byName,
					reason,
					time,
					seenAt,
					state: state as State,
				};
				banned.set(toHex(space), {
					record,
					number: at,
					stop: () => undefined,
					settled: () => Promise.resolve(),
				});
				if (record.state === STATE.going) await destroy(toHex(space));
			}
		},
		has: (space) => banned.has(space),
		async lock(space, self, ban) {
			const before = banned.get(space.key);
			const record = before?.record ?? recordOf(space, ban);
			// Undone once and banned again: a new day begins with the new ban.
			const isSame = equal(record.ban, ban.ban.id) || record.state !== STATE.undone;
			const current = isSame ? record : recordOf(space, ban);
			if (ban.undone) current.state = STATE.undone;
			const number = before?.number ?? nextNumber++;
			let stopListening = (): void => undefined;
			let isOver = false;
			const cancelEnd =
				current.state === STATE.undone
					? () => undefined
					: clock.after(untilEnd(current), () => void destroy(space.key));
			banned.set(space.key, {
				record: current,
				number,
				stop() {
					isOver = true;
					cancelEnd();
					stopListening();
				},
				settled: () => space.receive([]),
			});
			await store.commit([write(number, current)]);
			events.onChange();
			if (current.state === STATE.undone || isOver) return;
			const stop = await listen(ports, self, space, pool, {
				onChange: () => {
					judge(space, self);
				},
				onUndone: (bans) => {
					if (bans.some((id) => equal(id, current.ban))) void undo(space.key);
				},
			});
			stopListening = stop;
			if (isOver) stop();
		},
		async dismiss(key) {
			await destroy(key);
			const found = banned.get(key);
			if (found === undefined) return;
			found.stop();
			banned.delete(key);
			await store.commit([write(found.number, null)]);
			events.onChange();
		},
		summaries: () =>
			[...banned.values()].map(({ record }): SpaceSummary => ({
				id: toHex(record.space),
				name: record.name,
				kind: record.community ? 'community' : 'direct',
				state: 'banned',
				asked: true,
				refusal: null,
				out: null,
				ban: {
					byName: record.byName,
					by: toHex(record.by),
					reason: record.reason,
					time: record.time,
					destroyedAt: record.state >= STATE.going ? null : record.seenAt + DAY,
					undone: record.state === STATE.undone,
				},
				unread: 0,
				lastText: null,
				lastTime: null,
				members: 0,
				everything: false,
			})),
		stop() {
			for (const each of banned.values()) each.stop();
		},
	};
}
