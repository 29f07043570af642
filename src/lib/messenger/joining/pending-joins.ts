// Spaces that this person has asked to be let into, for as long as that takes. [IN7]
import type { Invitation } from '#lib/protocol/invitation.ts';
import { REFUSAL, type Refusal } from '#lib/protocol/lobby.ts';
import type { StoreError, StoreWrite } from '#lib/ports/store.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import { ok, type Result } from '#lib/util/result.ts';
import type { SpaceSummary } from '../api.ts';
import type { RelayPool } from '../delivery/relay-pool.ts';
import type { Ports, Self } from '../ports.ts';
import type { SelvesInSpaces } from '../self-in-space.ts';
import type { Space } from '../space/space.ts';
import {
	decodeJoin,
	joinWrite,
	newJoin,
	startJoining,
	type Joining,
	type JoinRecord,
} from './joining.ts';

interface PendingJoin {
	record: JoinRecord;
	/** A relay keeps the request. */
	asked: boolean;
	joining: Joining;
	readonly number: number;
}

export interface PendingJoinsEvents {
	/** The space is here; `done` takes the join off the list, for the commit that puts the space on. */
	onJoined(space: Space, self: Self, done: StoreWrite): void;
	onChange(): void;
	/** The space as it is on this device; the same whoever asks. */
	open(self: Self, space: Bytes): Promise<Space>;
}

export interface PendingJoins {
	load(): Promise<void>;
	/** Asks by this invitation, instead of by any other; where it was asked by this one already, the request stands. */
	begin(invitation: Invitation): Promise<Result<void, StoreError>>;
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
		const key = toHex(record.invitation.space);
		const self = await selves.in(record.invitation.space);
		let asked = false;
		const joining = await startJoining(ports, self, pool, record, {
			open: () => events.open(self, record.invitation.space),
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
			onRefused: (reason) => {
				const pending = joins.get(key);
				if (pending === undefined) return;
				pending.record = { ...pending.record, refused: reason };
				void store.commit([joinWrite(ports, number, pending.record)]);
				events.onChange();
			},
		});
		joins.set(key, { record, asked, joining, number });
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
			const isSame = before !== undefined && equal(before.invitation.seed, invitation.seed);
			if (isSame && before.refused === null) return ok();
			await cancel(space);
			const record = newJoin(ports.random, invitation);
			const number = next++;
			const kept = await store.commit([joinWrite(ports, number, record)]);
			if (!kept.ok) return kept;
			await start(record, number);
			return ok();
		},
		cancel,
		summaries: () =>
			[...joins.values()].map(({ record, asked }): SpaceSummary => ({
				id: toHex(record.invitation.space),
				name: record.invitation.spaceName,
				kind: 'community',
				state: record.refused === null ? 'joining' : 'refused',
				asked,
				refusal: record.refused === null ? null : REFUSAL_NAME[record.refused],
				history: false,
				ban: null,
				unread: 0,
				lastText: null,
				lastTime: null,
				members: 0,
			})),
		stop() {
			for (const { joining } of joins.values()) joining.stop();
		},
	};
}
