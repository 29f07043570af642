// What the page is told while Aegis starts, up to the messenger itself. Shared by boot (which decides) and the interface.
import type { InvitationPreview, InvitationProblem, Messenger } from './api.ts';
import type { Clock } from '#lib/ports/clock.ts';
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
			create(name: string): Promise<Result<void, { readonly type: 'storage' }>>;
			/** As Messenger.preview, before there is a messenger. */
			preview(link: string): Result<InvitationPreview, InvitationProblem>;
	  }
	| { readonly state: 'ready'; readonly messenger: Messenger; readonly clock: Clock }
	/** Another tab took the node over. */
	| { readonly state: 'moved' }
	| { readonly state: 'failed'; readonly detail: string };
