// Which step of its group key an epoch has come to, and which epochs are over: read from the authority log. [EP6] [RA1]
import type { ControlEntries } from '#lib/crdt/authority-state.ts';
import type { Ledger } from '#lib/crdt/ledger.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { DAY, EPOCH_GRACE, EPOCHS_READ } from '#lib/protocol/limits.ts';
import { equal, fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { EpochSpan } from './ratchets.ts';

/** An epoch is over for good when the next one is this old: what was written meanwhile has mostly come. */
const OVER_AFTER = DAY;

/**
 * The last step that an admission named. Each names one more than the highest that it builds on, so no honest one names
 * more than there are of them: who does, is not followed.
 */
export function stepOf(entries: ControlEntries, epoch: Bytes): number {
	let highest = 0;
	let count = 0;
	for (const { content } of entries.values()) {
		if (content.kind !== KIND.admit && content.kind !== KIND.enrol) continue;
		if (!equal(content.epoch, epoch)) continue;
		highest = Math.max(highest, content.step);
		count += 1;
	}
	return Math.min(highest, count);
}

export interface EndedEpoch {
	readonly id: Bytes;
	/** Nobody is met in its mailbox any more. */
	readonly isFar: boolean;
}

/** Epochs of which nothing can come any longer. */
export function endedEpochs({ authority, control }: Ledger, now: number): EndedEpoch[] {
	const { epochs, liveEpochs, verdicts } = authority;
	const ended = epochs.flatMap((epoch, at): EndedEpoch[] => {
		const next = epochs[at + 1];
		const isOver = next !== undefined && next.time.ms + EPOCH_GRACE <= now;
		if (!isOver || liveEpochs.includes(epoch)) return [];
		return [{ id: epoch.id, isFar: at < epochs.length - EPOCHS_READ }];
	});
	// Nobody ever spoke under the keys of one that is void, but whoever made it.
	const astray = [...control.values()].filter(
		({ entry, content }) =>
			content.kind === KIND.epoch &&
			verdicts.get(entry.key) !== 'valid' &&
			entry.header.time.ms + EPOCH_GRACE <= now,
	);
	return [...ended, ...astray.map(({ entry }) => ({ id: entry.header.key.epoch, isFar: true }))];
}

/** Epochs that others have followed for a while. */
export function overEpochs({ authority, control }: Ledger, now: number): EpochSpan[] {
	const { epochs, liveEpochs } = authority;
	return epochs.flatMap((epoch, at) => {
		const next = epochs[at + 1];
		const ended = next && control.get(toHex(next.entry))?.entry.header.time.ms;
		if (liveEpochs.includes(epoch) || ended === undefined || ended + OVER_AFTER > now) return [];
		const devices = [...epoch.tokenHashes.keys()].flatMap((device) => fromHex(device) ?? []);
		return [{ id: epoch.id, devices, lastStep: stepOf(control, epoch.id) }];
	});
}
