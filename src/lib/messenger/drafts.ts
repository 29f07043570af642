// What the person has typed and not sent, channel by channel: kept like any setting, and the same on every device. [AC7]
import type { Clock } from '#lib/ports/clock.ts';
import { fromHex, toHex, utf8 } from '#lib/util/bytes.ts';
import type { SharedValues } from './devices/shared-values.ts';
import { DRAFTS, MAX_DRAFT, READ } from './devices/sections.ts';

export interface Draft {
	readonly text: string;
	/** Id of the message it answers. */
	readonly replyTo: string | null;
}

/** How long somebody goes on typing before it is noted. */
const NOTE_AFTER = 250;

export interface Drafts {
	/** null where there is none. */
	get(space: string, channel: string): Draft | null;
	/** Durable within a second. */
	set(space: string, channel: string, draft: Draft): void;
	/** Called when a draft of this channel may be another one, by whoever; returns the end of that. */
	watch(space: string, channel: string, listener: () => void): () => void;
}

export interface LiveDrafts extends Drafts {
	/** The space is left: nothing of it is to stay. */
	forget(space: string): void;
	/** Notes what is still to be noted. */
	stop(): void;
}

/** What is too long to be sent is kept as far as a value goes. */
function kept(text: string): string {
	const whole = text.toWellFormed();
	return utf8(whole).length <= MAX_DRAFT ? whole : whole.slice(0, MAX_DRAFT / 3).toWellFormed();
}

export function createDrafts(clock: Pick<Clock, 'after'>, keeper: SharedValues): LiveDrafts {
	/** Not noted yet, by name. */
	const typed = new Map<string, Draft>();
	let cancel: (() => void) | undefined;

	function note(): void {
		cancel?.();
		cancel = undefined;
		const changes = [...typed].map(([name, { text, replyTo }]) => {
			const isEmpty = text === '' && replyTo === null;
			const id = replyTo === null ? null : (fromHex(replyTo) ?? null);
			return [name, isEmpty ? null : DRAFTS.encode({ text: kept(text), replyTo: id })] as const;
		});
		typed.clear();
		if (changes.length > 0) keeper.note(new Map(changes), true);
	}

	return {
		get(space, channel) {
			const name = DRAFTS.name(space, channel);
			const here = typed.get(name);
			if (here !== undefined) return here;
			const noted = DRAFTS.decode(keeper.get(name));
			if (noted === undefined) return null;
			return { text: noted.text, replyTo: noted.replyTo && toHex(noted.replyTo) };
		},
		set(space, channel, draft) {
			typed.set(DRAFTS.name(space, channel), draft);
			cancel ??= clock.after(NOTE_AFTER, note);
		},
		watch(space, channel, listener) {
			const name = DRAFTS.name(space, channel);
			return keeper.watch((names) => {
				if (names.has(name)) listener();
			});
		},
		forget(space) {
			note();
			const names = [DRAFTS, READ].flatMap((section) =>
				keeper.list(section.name(space, '')).map(([name]) => name),
			);
			if (names.length > 0) keeper.note(new Map(names.map((name) => [name, null])));
		},
		stop: note,
	};
}
