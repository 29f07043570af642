// The store as the mailbox machine sees it: every operation is counted, and while the relay drains, what would make it
// hold more is refused. [RV10] [RV12]
import type { Metrics } from './metrics.ts';
import type { RelayStore } from './store/relay-store.ts';
import type { MailboxStore, MailboxStoreError } from '#lib/ports/mailbox-store.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { err, type Result } from '#lib/util/result.ts';

export interface Gate {
	/** Takes nothing new. */
	draining: boolean;
}

const DRAINING: Result<never, MailboxStoreError> = err({
	type: 'draining',
	detail: 'this relay is being emptied: use another',
});

export function watchStore(store: RelayStore, metrics: Metrics, gate: Gate): MailboxStore {
	const finished = (
		result: Result<readonly Bytes[], MailboxStoreError>,
	): Result<readonly Bytes[], MailboxStoreError> => {
		if (result.ok) {
			metrics.acknowledged();
			metrics.deleted('delivered', result.value.length);
		}
		return result;
	};
	return {
		...store,
		open: async (mailbox) => (gate.draining ? DRAINING : store.open(mailbox)),
		put: async (packet) => {
			const put = gate.draining ? DRAINING : await store.put(packet);
			if (put.ok && put.value.fresh) metrics.stored(put.value.size);
			return put;
		},
		begin: async (packet) => (gate.draining ? DRAINING : store.begin(packet)),
		commit: async (...args) => {
			const committed = await store.commit(...args);
			if (committed.ok && committed.value.fresh) metrics.stored(committed.value.size);
			return committed;
		},
		acknowledge: async (...args) => finished(await store.acknowledge(...args)),
		acknowledgeContents: async (...args) => finished(await store.acknowledgeContents(...args)),
		removeToken: async (...args) => {
			const removed = await store.removeToken(...args);
			if (removed.ok) metrics.deleted('removed', removed.value.length);
			return removed;
		},
		delete: async (...args) => {
			const deleted = await store.delete(...args);
			if (deleted.ok && deleted.value) metrics.deleted('asked', 1);
			return deleted;
		},
		expire: async (now) => {
			const gone = await store.expire(now);
			metrics.deleted('expired', gone);
			return gone;
		},
	};
}
