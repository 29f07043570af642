// The message logs of a space by channel, and which of them turned out to be damaged: those are emptied, to be made anew
// from the entries. [DO3]
import { createMessageLog, type MessageLog } from '#lib/crdt/message-log.ts';
import type { KeyValueStore, StoreWrite } from '#lib/ports/store.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';

export interface LogShelf {
	of(channel: Bytes): MessageLog;
	/** What was staged is committed. */
	settle(): void;
	/** Forgets what was staged. */
	reload(): void;
	/** What to commit so that the damaged ones are empty. */
	discardDamaged(): Promise<readonly StoreWrite[]>;
}

/** `onDamaged` is called once for all that is found until `discardDamaged`. */
export function createLogShelf(
	store: KeyValueStore,
	space: Bytes,
	onDamaged: () => void,
): LogShelf {
	const logs = new Map<string, MessageLog>();
	const damaged = new Map<string, MessageLog>();

	function create(key: string, channel: Bytes): MessageLog {
		const log = createMessageLog(store, space, channel, () => {
			const isFirst = damaged.size === 0;
			damaged.set(key, log);
			if (isFirst) onDamaged();
		});
		logs.set(key, log);
		return log;
	}

	return {
		of(channel) {
			const key = toHex(channel);
			return logs.get(key) ?? create(key, channel);
		},
		settle() {
			for (const log of logs.values()) log.settle();
		},
		reload() {
			for (const log of logs.values()) log.reload();
		},
		async discardDamaged() {
			const writes: StoreWrite[] = [];
			for (const log of damaged.values()) writes.push(...(await log.discard()));
			damaged.clear();
			return writes;
		},
	};
}
