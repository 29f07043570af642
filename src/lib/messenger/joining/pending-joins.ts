// Spaces that this person has asked to be let into, for as long as that takes. [IN7]
import type { FoundSpace } from '#lib/protocol/coming-back.ts';
import type { Invitation } from '#lib/protocol/invitation.ts';
import { REFUSAL, type Refusal } from '#lib/protocol/lobby.ts';
import type { StoreError, StoreWrite } from '#lib/ports/store.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import { ok, type Result } from '#lib/util/result.ts';
import type { SpaceSummary } from '../api.ts';
import type { RelayPool } from '../delivery/relay-pool.ts';
import type { Ports, SelfInSpace } from '../ports.ts';
import type { SelvesInSpaces } from '../self-in-space.ts';
import type { Space } from '../space/space-face.ts';
import {
	decodeJoin,
	joinWrite,
	newJoin,
	spaceOf,
	type JoinRecord,
	type Way,
} from './join-record.ts';
import { startJoining, type Joining } from './joining.ts';

interface PendingJoin {
	record: JoinRecord;
	/** A relay keeps the request. */
	asked: boolean;
	/** Refused by somebody who has no last word. */
	doubt: Refusal | null;
	joining: Joining;
	readonly number: number;
}

export interface PendingJoinsEvents {
	/** The space is here; `done` takes the join off the list, for the commit that puts the space on. */
	onJoined(space: Space, self: SelfInSpace, done: StoreWrite): void;
	onChange(): void;
	/** The space as it is on this device; the same whoever asks. */
	open(self: SelfInSpace, space: Bytes): Promise<Space | undefined>;
}

export interface PendingJoins {
	load(): Promise<void>;
	/** Asks by this invitation, instead of by any other; where it was asked by this one already, the request stands. */
	begin(invitation: Invitation): Promise<Result<void, StoreError>>;
	/** Asks to be let back in by the members, unless it is asked already in whatever way. */
	comeBack(found: FoundSpace): Promise<Result<void, StoreError>>;
	cancel(space: string): Promise<void>;
	summaries(): readonly SpaceSummary[];
	stop(): void;
}

const REFUSAL_NAME: Record<Refusal, NonNullable<SpaceSummary['refusal']>> = {
	[REFUSAL.unknown]: 'unknown',
	[REFUSAL.expired]: 'expired',
	[REFUSAL.spent]: 'spent',
	[REFUSAL.full]: 'full',
};

export function createPendingJoins(
	ports: Ports,
	selves: SelvesInSpaces,
	pool: RelayPool,
	events: PendingJoinsEvents,
): PendingJoins {
	const { store } = ports;
	const joins = new Map<string, PendingJoin>();
	let next = 0;

	async function start(record: JoinRecord, number: number): Promise<void> {
		const { space } = spaceOf(record.way);
		const key = toHex(space);
		const self = await selves.in(space);
		let asked = false;
		const joining = await startJoining(ports, self, pool, record, {
			open: () => events.open(self, space),
			onJoined: (space) => {
				if (!joins.delete(key)) return;
				events.onJoined(space, self, joinWrite(ports, number, null));
			},
			onAsked: () => {
				asked = true;
				const pending = joins.get(key);
				if (pending !== undefined) pending.asked = true;
				events.onChange();
			},
			onDoubt: (reason) => {
				const pending = joins.get(key);
				if (pending === undefined) return;
				pending.doubt = reason;
				events.onChange();
			},
			onRefused: (reason) => {
				const pending = joins.get(key);
				if (pending === undefined) return;
				pending.record = { ...pending.record, refused: reason };
				void store.commit([joinWrite(ports, number, pending.record)]);
				events.onChange();
			},
		});
		joins.set(key, { record, asked, doubt: null, joining, number });
		events.onChange();
	}

	async function cancel(space: string): Promise<void> {
		const pending = joins.get(space);
		if (pending === undefined) return;
		pending.joining.stop();
		joins.delete(space);
		await store.commit([joinWrite(ports, pending.number, null)]);
		events.onChange();
	}

	async function add(way: Way): Promise<Result<void, StoreError>> {
		const record = newJoin(ports.random, way);
		const number = next++;
		const kept = await store.commit([joinWrite(ports, number, record)]);
		if (!kept.ok) return kept;
		await start(record, number);
		return ok();
	}

	return {
		async load() {
			for (const { at, value } of await store.range('joining', ['list'])) {
				const record = decodeJoin(ports, value);
				next = Math.max(next, at + 1);
				if (record !== undefined) await start(record, at);
			}
		},
		async begin(invitation) {
			const space = toHex(invitation.space);
			const before = joins.get(space)?.record;
			const isSame =
				before?.way.by === 'invitation' && equal(before.way.invitation.seed, invitation.seed);
			if (isSame && before?.refused === null) return ok();
			await cancel(space);
			return add({ by: 'invitation', invitation });
		},
		async comeBack(found) {
			if (joins.has(toHex(found.space))) return ok();
			return add({ by: 'return', ...found });
		},
		cancel,
		summaries: () =>
			[...joins.values()].map(({ record, asked, doubt }): SpaceSummary => {
				const refused = record.refused ?? doubt;
				return {
					id: toHex(spaceOf(record.way).space),
					name: spaceOf(record.way).name,
					kind: 'community',
					state: refused === null ? 'joining' : 'refused',
					asked,
					refusal: refused === null ? null : REFUSAL_NAME[refused],
					out: null,
					ban: null,
					unread: 0,
					lastText: null,
					lastTime: null,
					members: 0,
					everything: false,
				};
			}),
		stop() {
			for (const { joining } of joins.values()) joining.stop();
		},
	};
}
