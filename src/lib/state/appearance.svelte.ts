// Light, dark or as the system says. The choice is an attribute of the root element, which the design tokens read.
import type { SharedSettings } from '#lib/messenger/shared-settings.ts';
import type { Preferences } from './preferences.ts';

export type Theme = 'system' | 'light' | 'dark';

export interface Appearance {
	theme: Theme;
	/** From now on the choice is the one of all of the person's devices; returns the end of that. */
	follow(settings: SharedSettings): () => void;
}

const isTheme = (value: string | null): value is Theme =>
	value === 'system' || value === 'light' || value === 'dark';

export function createAppearance(preferences: Preferences, root: HTMLElement): Appearance {
	const stored = preferences.read('appearance');
	let theme = $state<Theme>(isTheme(stored) ? stored : 'system');
	const apply = (): void => {
		if (theme === 'system') root.removeAttribute('data-theme');
		else root.setAttribute('data-theme', theme);
	};
	apply();
	function choose(value: Theme): void {
		theme = value;
		apply();
		preferences.write('appearance', value === 'system' ? null : value);
	}
	let shared: SharedSettings | undefined;
	return {
		get theme() {
			return theme;
		},
		set theme(value) {
			choose(value);
			void shared?.set('appearance', value);
		},
		follow(settings) {
			shared = settings;
			const heed = (choice: string | null): void => {
				if (isTheme(choice)) choose(choice);
			};
			heed(settings.get('appearance'));
			return settings.watch('appearance', heed);
		},
	};
}
