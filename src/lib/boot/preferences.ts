// Preferences in the browser's local storage. Reading and writing may be denied; then every visit starts afresh.
import type { PreferenceName, Preferences } from '#lib/state/preferences.ts';

const key = (name: PreferenceName): string => `aegis:${name}`;

export function createPreferences(): Preferences {
	return {
		read: (name) => {
			try {
				return localStorage.getItem(key(name));
			} catch {
				return null;
			}
		},
		write: (name, value) => {
			try {
				if (value === null) localStorage.removeItem(key(name));
				else localStorage.setItem(key(name), value);
			} catch {
				// Denied or full: the choice holds until the page is left.
			}
		},
	};
}
