// Makes this device's own entries, one after the other, and takes them into the ledger; keeping them is left to whoever
// asks. [FD1] [FD9]
import type { ControlEntry } from '#lib/crdt/authority-state.ts';
import type { Entry } from '#lib/crdt/check-entry.ts';
import type { Ledger } from '#lib/crdt/ledger.ts';
import type { LogicalClock } from '#lib/crdt/logical-clock.ts';
import type { Content } from '#lib/protocol/content.ts';
import { isControl, KIND } from '#lib/protocol/entry.ts';
import type { StoreWrite } from '#lib/ports/store.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import type { Ports, Self } from '../ports.ts';
import { composeEntry } from './composing.ts';
import { takeEpochKeys } from './epoch-keys.ts';
import { expiryOf } from './expiring.ts';
import type { Placed } from './intake.ts';
import type { Judge } from './judging.ts';
import type { KeyRing } from './key-ring.ts';
import type { MessageKeys } from './message-keys.ts';
import { openContent, proveControl } from './opening.ts';
import type { Ratchets } from './ratchets.ts';
import type { Draft, WriteError } from './space-face.ts';

const NOTHING: Bytes = new Uint8Array(0);

/** An entry to be written. */
export interface Intended {
	/** Asked when its turn comes; null when there is nothing to write with. */
	readonly draft: () => Promise<Draft | null>;
	/** What is committed with it. */
	readonly extra?: ((entry: Entry) => readonly StoreWrite[]) | undefined;
}

/** In the ledger, and not yet kept. */
export interface Written {
	readonly placed: Placed;
	readonly writes: readonly StoreWrite[];
}

/** What it works on as it is now. */
export interface WritingState {
	readonly ledger: Ledger;
	readonly ring: KeyRing;
	readonly judge: Judge;
	readonly ratchets: Ratchets;
}

export type Write = (intended: Intended) => Promise<Result<Written, WriteError>>;

export function createWriting(
	{ crypto, random, clock }: Pick<Ports, 'crypto' | 'random' | 'clock'>,
	self: Self,
	id: Bytes,
	hybrid: LogicalClock,
	keys: MessageKeys,
	now: () => WritingState,
): Write {
	const mayWrite = (content: Content): boolean => {
		const { ledger } = now();
		if (ledger.control.size === 0 || ledger.authority.genesis === null) return true;
		const own = toHex(self.device.publicKey);
		const seq = (ledger.feeds.get(own)?.seq ?? -1) + 1;
		const counts =
			ledger.authority.devices.get(own)?.active === true && seq < ledger.countsUpTo(own);
		return counts && content.kind !== KIND.genesis;
	};

	/** Takes an own entry into the ledger. */
	async function place(entry: Entry, content: Content): Promise<Result<Placed, WriteError>> {
		const { ledger, ring, judge, ratchets } = now();
		let control: ControlEntry | null = null;
		if (isControl(content.kind)) {
			await takeEpochKeys(
				{ crypto, prekeys: self.prekeys, ring, own: self.device.publicKey, isKnown: () => true },
				entry,
			);
			const opened = await openContent(crypto, self.prekeys, ring, entry);
			if (opened.type !== 'opened') throw new Error('own entry does not open');
			control = await proveControl(crypto, ledger, entry, opened.value, opened.key);
		}
		const placement = ledger.place(entry, control);
		if (placement.type !== 'added') {
			return err({ type: 'not-member', detail: JSON.stringify(placement) });
		}
		if (control !== null) {
			ring.keep(entry.header.key.epoch);
			judge.take(control);
		}
		ratchets.spend(entry);
		const message = content.kind === KIND.message ? content : null;
		return ok({ entry, control, feed: placement.feed, message });
	}

	return async ({ draft, extra }) => {
		const drafted = await draft();
		if (drafted === null) return err({ type: 'not-member', detail: 'no epoch to write in' });
		const { content, sealing, attached } = drafted;
		if (!mayWrite(content)) return err({ type: 'not-member', detail: 'no longer a member' });
		const { ledger, judge } = now();
		const { after, ...at } = ledger.next(self.device.publicKey, clock.now());
		const time = hybrid.next(after);
		const messageKey = content.kind === KIND.message ? random.bytes(32) : undefined;
		const entry = await composeEntry(
			{ crypto, random, device: self.device },
			{
				space: content.kind === KIND.genesis ? NOTHING : id,
				author: self.rootHash,
				time,
				...at,
				expiry: expiryOf(ledger, content, time),
				attached,
			},
			sealing,
			content,
			messageKey,
		);
		if (content.kind === KIND.message && !judge.rules.takes(entry, content.channel)) {
			return err({ type: 'not-member', detail: 'the channel takes no messages' });
		}
		const writes = extra?.(entry) ?? [];
		// What one wrote oneself is wrapped for nobody here: without its key it could not be handed on.
		const own = messageKey === undefined ? [] : [keys.keep(entry, messageKey)];
		const placed = await place(entry, content);
		return placed.ok ? ok({ placed: placed.value, writes: [...own, ...writes] }) : placed;
	};
}
