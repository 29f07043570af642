// The store as the mailbox machine sees it: every operation is counted, and while the relay drains, what would make it
// hold more is refused as if it were full. [RV10] [RV12]
import type { Metrics } from './metrics.ts';
import type { RelayStore } from './store/relay-store.ts';
import type { MailboxStore, MailboxStoreError } from '#lib/ports/mailbox-store.ts';
import { err, type Result } from '#lib/util/result.ts';

export interface Gate {
	/** Takes nothing new. */
	draining: boolean;
}

const DRAINING: Result<never, MailboxStoreError> = err({
	type: 'full',
	detail: 'this relay is being emptied: use another',
});

export function watchStore(store: RelayStore, metrics: Metrics, gate: Gate): MailboxStore {
	const told = <T>(result: Result<T, MailboxStoreError>): Result<T, MailboxStoreError> => {
		if (!result.ok) metrics.refused(gate.draining ? 'draining' : result.error.type);
		return result;
	};
	return {
		...store,
		open: async (mailbox) => told(gate.draining ? DRAINING : await store.open(mailbox)),
		addTokens: async (mailbox, hashes) => told(await store.addTokens(mailbox, hashes)),
		put: async (packet) => {
			const put = told(gate.draining ? DRAINING : await store.put(packet));
			if (put.ok && put.value.fresh) metrics.stored(put.value.size);
			return put;
		},
		acknowledge: async (...args) => {
			const finished = told(await store.acknowledge(...args));
			if (finished.ok) {
				metrics.acknowledged();
				metrics.deleted('delivered', finished.value.length);
			}
			return finished;
		},
		delete: async (...args) => {
			const deleted = told(await store.delete(...args));
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
