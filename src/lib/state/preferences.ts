// Small choices about the interface that belong to this browser alone, such as its appearance. No secrets, no names.

export type PreferenceName =
	| 'appearance'
	| 'place'
	/** Somebody uses Aegis here: if nothing else is found, the browser has deleted it. */
	| 'here'
	/** After how long without a touch the app locks, ms. */
	| 'lock-after'
	/** Until when nobody is reminded of the recovery phrase, ms since 1970. */
	| 'phrase-later'
	/** How often a wrong passphrase was given in a row, and until when the next one waits. */
	| 'unlock-wait';

export interface Preferences {
	read(name: PreferenceName): string | null;
	/** null forgets it. A browser that keeps nothing is no error. */
	write(name: PreferenceName, value: string | null): void;
}
