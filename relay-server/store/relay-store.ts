// What a relay needs of its store besides mailboxes: whether it is well, how much it holds, and how long commits take.
import type { StoreLimits } from '#lib/mailbox/limits.ts';
import type { Invitations } from '#lib/ports/invitations.ts';
import type { MailboxStore, MailboxStoreError } from '#lib/ports/mailbox-store.ts';
import type { Result } from '#lib/util/result.ts';

export interface StoreTotals {
	readonly mailboxes: number;
	readonly packets: number;
	readonly bytes: number;
}

export interface StoreCare {
	/** Writes something and resolves when it is durable. */
	probe(): Promise<Result<void, MailboxStoreError>>;
	totals(): Promise<StoreTotals>;
	/** From now on these bounds hold; what is there already stays. */
	bound(limits: StoreLimits): Promise<Result<void, MailboxStoreError>>;
}

export interface RelayStore extends MailboxStore, StoreCare, Invitations {
	/** Called once when nothing can be stored any more. */
	onBroken: ((detail: string) => void) | undefined;
	/** Called after each commit with how long it took and how many operations were one with it. */
	onCommit: ((seconds: number, operations: number) => void) | undefined;
}
