// The people this person doesn't want to read: a choice of one's own, which nobody else ever hears of but one's devices.
import type { StoreError } from '#lib/ports/store.ts';
import type { Clock } from '#lib/ports/clock.ts';
import { fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';
import type { SharedValues } from './devices/shared-values.ts';
import { BLOCKED } from './devices/sections.ts';

export interface BlockList {
	/** Whether this Root Hash (hex) is on it. */
	has(rootHash: string): boolean;
	/** Root Hashes. */
	all(): readonly Bytes[];
	/** Durable when it resolves. */
	set(rootHash: string, blocked: boolean): Promise<Result<void, StoreError>>;
	add(people: readonly Bytes[]): Promise<Result<void, StoreError>>;
}

export function createBlockList(clock: Clock, keeper: SharedValues): BlockList {
	const now = (): Bytes => BLOCKED.encode(Math.max(0, Math.floor(clock.now())));
	const has = (rootHash: string): boolean =>
		BLOCKED.decode(keeper.get(BLOCKED.name(rootHash))) !== undefined;
	return {
		has,
		all: () =>
			keeper.list(BLOCKED.prefix).flatMap(([name, value]) => {
				const person = fromHex(BLOCKED.parts(name)?.[0] ?? '');
				return person === undefined || BLOCKED.decode(value) === undefined ? [] : [person];
			}),
		set: (rootHash, blocked) =>
			keeper.write(new Map([[BLOCKED.name(rootHash), blocked ? now() : null]])),
		add(people) {
			const since = now();
			const fresh = people.map(toHex).filter((person) => !has(person));
			return keeper.write(new Map(fresh.map((person) => [BLOCKED.name(person), since])));
		},
	};
}
