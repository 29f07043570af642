// What the page is told while Aegis starts, up to the messenger itself. Shared by boot (which decides) and the interface.
import type { InvitationPreview, InvitationProblem, Messenger } from './api.ts';
import type { PairingTake } from './pairing/pairing.ts';
import type { PairingCodeError } from '#lib/protocol/pairing.ts';
import type { RestoreError, WorkOptions } from './backup-api.ts';
import type { RecoveryWords, Security, UnlockError } from './security.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { OpenFileSink } from '#lib/ports/file-sink.ts';
import type { MediaStreams } from '#lib/ports/media-streams.ts';
import type { Result } from '#lib/util/result.ts';

export type BootState =
	| { readonly state: 'starting' }
	/** Names of what the browser lacks: 'secure-context', 'web-crypto', 'indexed-db', 'web-locks'. */
	| { readonly state: 'unsupported'; readonly missing: readonly string[] }
	/** Another tab holds the node. */
	| { readonly state: 'other-tab'; takeOver(): void }
	/** Nobody has an identity here yet. */
	| {
			readonly state: 'new';
			/** Somebody was here, and the browser has deleted what was kept: all of it, or all but the keys. */
			readonly lost: 'everything' | 'all-but-keys' | null;
			create(name: string): Promise<Result<void, { readonly type: 'storage' }>>;
			/** As create, as a new device of whoever wrote these 24 words down. */
			restore(
				name: string,
				words: readonly string[],
				/** A backup, checked before anything is made, and taken in before the app opens. */
				backup?: { readonly file: Blob } & WorkOptions,
			): Promise<Result<void, { readonly type: 'phrase' } | RestoreError>>;
			/** The same person as before, by the keys that are still here. */
			renew(name: string): Promise<Result<void, { readonly type: 'storage' }>>;
			recoveryWords(): Promise<RecoveryWords>;
			/** Becomes a device of whoever showed this code on another one. */
			link(code: string): Promise<Result<PairingTake, PairingCodeError>>;
			/** As Messenger.preview, before there is a messenger. */
			preview(link: string): Result<InvitationPreview, InvitationProblem>;
	  }
	/** Somebody's keys are here, and nothing of this browser opens them. */
	| {
			readonly state: 'locked';
			readonly passphrase: boolean;
			readonly passkeys: boolean;
			/** Nothing is tried before, ms since 1970; kept over reloads. */
			readonly waitUntil: number;
			readonly clock: Clock;
			unlock(passphrase: string): Promise<Result<void, UnlockError>>;
			unlockByPasskey(): Promise<Result<void, UnlockError>>;
			wipe(): Promise<void>;
	  }
	| {
			readonly state: 'ready';
			readonly messenger: Messenger;
			readonly security: Security;
			readonly clock: Clock;
			readonly openSink: OpenFileSink;
			/** Plays what lies here sealed, or is still coming. */
			readonly streams: MediaStreams;
			/** Why the backup that was given on the first screen is not all here. */
			readonly backupProblem: RestoreError | null;
	  }
	/** Another device of the person has ended this one, and nothing is left on it. */
	| { readonly state: 'removed' }
	/** Another tab took the node over. */
	| { readonly state: 'moved' }
	| { readonly state: 'failed'; readonly detail: string };
