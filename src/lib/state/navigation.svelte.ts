// Where the person is: the list, or a channel of a space. Nothing of it is in the address, which a server
// or a shared history would see. The browser's history keeps it, so Back works; the last place survives a reload.
import type { Preferences } from './preferences.ts';

export interface Place {
	readonly space: string;
	/** null: the space's first channel. */
	readonly channel: string | null;
}

/** The browser's history, as far as it is needed. */
export interface History {
	readonly place: Place | null;
	push(place: Place | null): void;
	replace(place: Place | null): void;
	back(): void;
}

export interface Navigation {
	readonly place: Place | null;
	open(space: string, channel?: string | null): void;
	/** To the list: one step back where that is where the person came from. */
	leave(): void;
}

function readPlace(text: string | null): Place | null {
	const [space, channel] = text?.split(' ') ?? [];
	return space === undefined || space === '' ? null : { space, channel: channel ?? null };
}

export function createNavigation(history: History, preferences: Preferences): Navigation {
	let depth = 0;
	const remember = (place: Place | null): void => {
		preferences.write('place', place && [place.space, place.channel ?? ''].join(' ').trim());
	};
	if (!history.place) {
		const last = readPlace(preferences.read('place'));
		if (last) history.replace(last);
	}
	return {
		get place() {
			return history.place;
		},
		open: (space, channel = null) => {
			const now = history.place;
			if (now?.space === space && now.channel === channel) return;
			const place = { space, channel };
			if (now) {
				history.replace(place);
			} else {
				depth += 1;
				history.push(place);
			}
			remember(place);
		},
		leave: () => {
			remember(null);
			if (depth > 0) {
				depth -= 1;
				history.back();
			} else {
				history.replace(null);
			}
		},
	};
}
