// What a synchronous store can do: the port's operations.
import type { MailboxStore } from '#lib/ports/mailbox-store.ts';

/** The port's operations without the waiting. */
export type StoreOperations = {
	[K in Exclude<keyof MailboxStore, 'shutdown' | 'isInvited'>]: (
		...args: Parameters<MailboxStore[K]>
	) => Awaited<ReturnType<MailboxStore[K]>>;
};
