// Small choices about the interface that belong to this browser alone, such as its appearance. No secrets, no names.

export type PreferenceName = 'appearance' | 'place';

export interface Preferences {
	read(name: PreferenceName): string | null;
	/** null forgets it. A browser that keeps nothing is no error. */
	write(name: PreferenceName, value: string | null): void;
}
