// Takes the records of an archive in, in the order in which they come: each is durable before the next is asked for, and
// taking one in again changes nothing. [BK3] [BK4]
import type { ArchiveRecord } from '#lib/protocol/archive.ts';
import { compareTime } from '#lib/protocol/entry.ts';
import type { RelayAddress } from '#lib/protocol/relay-address.ts';
import type { StoreError } from '#lib/ports/store.ts';
import { equal, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import type { Import, ImportError } from '../archive-api.ts';
import { createReadMarks } from '../conversation.ts';
import type { Ports, Self } from '../ports.ts';
import type { Past } from '../space/recalling.ts';
import type { Space } from '../space/space-face.ts';
import type { OwnValue } from './own-values.ts';

export interface ImportTarget {
	/** The space as it is here, or as a new one of which this device knows the past alone; null: not to be brought back. */
	space(id: Bytes, relays: readonly RelayAddress[]): Promise<Space | null>;
	/** All of a space's records have been taken in. */
	settled(space: Space): Promise<void>;
	block(people: readonly Bytes[]): Promise<Result<void, StoreError>>;
	setValues(values: readonly OwnValue[]): Promise<Result<void, StoreError>>;
	useRelays(relays: readonly RelayAddress[]): Promise<void>;
}

export function createImport(
	{ store }: Ports,
	{ rootHash }: Pick<Self, 'rootHash'>,
	target: ImportTarget,
): Import {
	let present: Space | null = null;
	let spaces = 0;
	let refused = 0;
	const done = (result: Result<unknown, StoreError>): Result<void, ImportError> =>
		result.ok ? ok() : err({ type: 'storage' });

	async function settle(): Promise<void> {
		if (present === null) return;
		const settled = present;
		present = null;
		await target.settled(settled);
	}

	async function begin(
		record: Extract<ArchiveRecord, { type: 'space' }>,
	): Promise<Result<void, ImportError>> {
		await settle();
		present = await target.space(record.space, record.relays);
		if (present === null) return ok();
		spaces += 1;
		const marks = createReadMarks(store, record.space);
		const fresh = await Promise.all(
			record.read.map(async ({ channel, time }) =>
				compareTime(time, await marks.get(channel)) > 0 ? [marks.write(channel, time)] : [],
			),
		);
		return done(await store.commit(fresh.flat()));
	}

	async function recall(past: Past): Promise<Result<void, ImportError>> {
		if (present === null) return ok();
		const taken = await present.recall(past);
		if (taken.ok) refused += taken.value;
		return done(taken);
	}

	return {
		get spaces() {
			return spaces;
		},
		get refused() {
			return refused;
		},
		async take(record) {
			switch (record.type) {
				case 'begin':
					return equal(record.rootHash, rootHash) ? ok() : err({ type: 'another-person' });
				case 'person': {
					await target.useRelays(record.relays);
					return record.blocked.length === 0 ? ok() : done(await target.block(record.blocked));
				}
				case 'values':
					return done(await target.setValues(record.values));
				case 'space':
					return begin(record);
				case 'keys':
					return recall({ controlKeys: record.controlKeys, entries: [] });
				case 'log':
					return recall({ entries: record.packets.map((packet) => ({ packet, key: null })) });
				case 'bases':
					return recall({ bases: record.bases, entries: [] });
				case 'entries':
					return recall({ entries: record.entries });
				case 'end':
					await settle();
					return ok();
			}
		},
	};
}
