// What the interface sees of the locks on this device: the ways into the container, locking, the recovery phrase, wiping.
import type { PhraseProblem } from '#lib/crypto/recovery-phrase.ts';
import type { Backups } from './backup-api.ts';
import type { Result } from '#lib/util/result.ts';
import type { Readable } from '#lib/util/signal.ts';

export type { PhraseProblem };

export interface SecurityView {
	readonly passphrase: boolean;
	readonly passkeys: number;
	/** Opens only by passphrase or passkey: without them, whoever has the disk has nothing. */
	readonly askedAtStart: boolean;
	/** The recovery phrase is known to be written down. */
	readonly phraseKept: boolean;
	/** Locks after so many ms without a touch; null: never. */
	readonly lockAfter: number | null;
}

/**
 * wrong: not the present passphrase. last: a way in must remain. cancelled: by the person, or nothing answered in time.
 * no-secret: this passkey can sign in and nothing more. memory: the device could not spare what Argon2id takes.
 * storage: it could not be kept.
 */
export interface SecurityError {
	readonly type: 'wrong' | 'last' | 'cancelled' | 'no-secret' | 'memory' | 'storage';
}

/** wrong, wait: nothing is tried before `until`, ms since 1970. damaged, weakened: the bytes are not what was written. */
export type UnlockError =
	| { readonly type: 'wrong' | 'wait'; readonly until: number }
	| {
			readonly type: 'cancelled' | 'no-secret' | 'memory' | 'damaged' | 'weakened' | 'storage';
	  };

export interface Security {
	readonly backups: Backups;
	readonly view: Readable<SecurityView>;
	/** This browser, at this address, has passkeys. */
	readonly mayUsePasskeys: boolean;
	/** Sets or changes it; `current` is the present one, null where there is none. */
	setPassphrase(
		next: string,
		options: { readonly current: string | null; readonly askAtStart: boolean },
	): Promise<Result<void, SecurityError>>;
	/** Whether this is the present passphrase. */
	confirm(passphrase: string): Promise<Result<void, SecurityError>>;
	/** Takes it away, and with it the passkeys: this browser opens by itself again. */
	removePassphrase(passphrase: string): Promise<Result<void, SecurityError>>;
	askAtStart(asked: boolean): Promise<Result<void, SecurityError>>;
	addPasskey(): Promise<Result<void, SecurityError>>;
	removePasskeys(): Promise<Result<void, SecurityError>>;
	/** The 24 words; where there is a passphrase, for it alone. */
	phrase(passphrase: string | null): Promise<Result<readonly string[], SecurityError>>;
	/** Three of the places of its words, from 0 on, ascending: drawn anew each time. */
	phraseQuiz(): readonly number[];
	/** Whether this word of the phrase, counted from 0, is that. */
	isWord(at: number, word: string): Promise<boolean>;
	/** The person has shown that they are written down. */
	keepPhrase(): Promise<Result<void, SecurityError>>;
	lockAfter(ms: number | null): void;
	/** Ends the messenger and forgets the keys; nothing where the device would open by itself again. */
	lock(): Promise<void>;
	/** Takes everything off this device and loads the page anew. */
	wipe(): Promise<void>;
}

/** What recovery phrases are made of; fetched when somebody has one. */
export interface RecoveryWords {
	/** In alphabetical order. */
	readonly all: readonly string[];
	wordsIn(text: string): readonly string[];
	/** null: it is one. */
	problem(words: readonly string[]): PhraseProblem | null;
}
