// Who may do what in one space, as reactive values: the log, the invitations, and which reports are new to this page.
import { live, type Live } from './live.svelte.ts';
import { openReports } from './reports.ts';
import type { ActionView, Moderation, OpenInvitation } from '#lib/messenger/api.ts';

type May = ReturnType<Moderation['may']['get']>;

export class ModerationModel {
	readonly acts: Moderation;
	readonly #log: Live<readonly ActionView[]>;
	readonly #invitations: Live<readonly OpenInvitation[]>;
	readonly #may: Live<May>;
	#seen = $state.raw<ReadonlySet<string>>(new Set());

	constructor(moderation: Moderation) {
		this.acts = moderation;
		this.#log = live(moderation.log);
		this.#invitations = live(moderation.invitations);
		this.#may = live(moderation.may);
	}

	/** Newest first. */
	get log(): readonly ActionView[] {
		return this.#log.current;
	}

	get invitations(): readonly OpenInvitation[] {
		return this.#invitations.current;
	}

	get may(): May {
		return this.#may.current;
	}

	/** Reports that wait for somebody and were not looked at since the page was opened. */
	get newReports(): number {
		return this.may.moderate
			? openReports(this.log).filter(({ id }) => !this.#seen.has(id)).length
			: 0;
	}

	/** The log has been looked at. */
	markSeen(): void {
		this.#seen = new Set(openReports(this.log).map(({ id }) => id));
	}
}
