// Choices about the interface that are the same on every device of the person. [AC7]
import type { StoreError } from '#lib/ports/store.ts';
import type { Result } from '#lib/util/result.ts';
import type { SharedValues } from './devices/shared-values.ts';
import { SETTINGS } from './devices/sections.ts';

/**
 * `typing`: 'off' where the person neither says that they write nor hears it of others. [TY4] `presence`: the same of their
 * being there. [ON1]
 */
export type SettingName = 'appearance' | 'typing' | 'presence';

export interface SharedSettings {
	/** null where nothing was chosen on any device. */
	get(name: SettingName): string | null;
	set(name: SettingName, choice: string): Promise<Result<void, StoreError>>;
	/** Called with every change, whichever device it comes from; returns the end of that. */
	watch(name: SettingName, listener: (choice: string | null) => void): () => void;
}

export function createSharedSettings(keeper: SharedValues): SharedSettings {
	const get = (name: SettingName): string | null =>
		SETTINGS.decode(keeper.get(SETTINGS.name(name))) ?? null;
	return {
		get,
		set: (name, choice) => keeper.write(new Map([[SETTINGS.name(name), SETTINGS.encode(choice)]])),
		watch: (name, listener) =>
			keeper.watch((names) => {
				if (names.has(SETTINGS.name(name))) listener(get(name));
			}),
	};
}
