// The ways into a container: how one is opened, and which sets of them a container may have. [AT10]
import type { KeptContainer } from '#lib/ports/key-slots.ts';
import type { PasskeyError } from '#lib/ports/passkeys.ts';
import type { StretchError } from '#lib/ports/key-stretcher.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';
import { MAX_SLOTS, SLOT_KIND, type Slot } from './container-format.ts';

/**
 * absent: none here, never made or evicted. exists: one is here, and a second would bury it. no-slot: it has no slot of
 * this kind. wrong: it has, and this doesn't open it. weakened: somebody made guessing cheaper. damaged: the bytes are
 * not what was written.
 */
export interface ContainerError {
	readonly type: 'absent' | 'exists' | 'no-slot' | 'wrong' | 'weakened' | 'damaged';
	readonly detail: string;
}

export interface SlotsHere {
	readonly slots: readonly Slot[];
	readonly browserKey: KeptContainer['browserKey'];
}

export type OpenError = ContainerError | StretchError | PasskeyError;

/** Finds the data key by one kind of slot. */
export type SlotOpener = (here: SlotsHere) => Promise<Result<Bytes, OpenError>>;

/** What lies here, as anybody who holds the bytes can see. */
export interface SlotSummary {
	readonly browser: boolean;
	readonly passphrase: boolean;
	readonly passkeys: number;
}

export function summarize(slots: readonly Slot[]): SlotSummary {
	const count = (kind: number): number => slots.filter((slot) => slot.kind === kind).length;
	return {
		browser: count(SLOT_KIND.browser) > 0,
		passphrase: count(SLOT_KIND.passphrase) > 0,
		passkeys: count(SLOT_KIND.passkey),
	};
}

/** Somebody can always get in by what they have or know, and a lost passkey locks nobody out. */
export function isAllowed(slots: readonly Slot[]): boolean {
	const { browser, passphrase } = summarize(slots);
	const isSingle = (kind: number): boolean =>
		slots.filter((slot) => slot.kind === kind).length <= 1;
	return (
		(browser || passphrase) &&
		isSingle(SLOT_KIND.browser) &&
		isSingle(SLOT_KIND.passphrase) &&
		slots.length <= MAX_SLOTS
	);
}
