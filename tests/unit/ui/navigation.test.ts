import { describe, expect, it } from 'vitest';
import { createNavigation, type History, type Place } from '#lib/state/navigation.svelte.ts';
import type { Preferences } from '#lib/state/preferences.ts';

function fakePreferences(): Preferences {
	const kept = new Map<string, string>();
	return {
		read: (name) => kept.get(name) ?? null,
		write: (name, value) => {
			if (value === null) kept.delete(name);
			else kept.set(name, value);
		},
	};
}

function fakeHistory(): History & { readonly length: number } {
	const places: (Place | null)[] = [null];
	return {
		get place() {
			return places.at(-1) ?? null;
		},
		get length() {
			return places.length;
		},
		push: (place) => places.push(place),
		replace: (place) => {
			places[places.length - 1] = place;
		},
		back: () => places.pop(),
	};
}

describe('moving between list and conversations', () => {
	it('opens a conversation in one step and goes back in one, however many were visited', () => {
		const history = fakeHistory();
		const navigation = createNavigation(history, fakePreferences());
		navigation.open('harbour');
		navigation.open('harbour', 'boats');
		navigation.open('books');
		expect(history.length).toBe(2);
		navigation.leave();
		expect(navigation.place).toBeNull();
		expect(history.length).toBe(1);
	});

	it('comes back after a reload to where one was, and from there to the list', () => {
		const preferences = fakePreferences();
		createNavigation(fakeHistory(), preferences).open('harbour', 'boats');
		const again = createNavigation(fakeHistory(), preferences);
		expect(again.place).toEqual({ space: 'harbour', channel: 'boats' });
		again.leave();
		expect(again.place).toBeNull();
		expect(createNavigation(fakeHistory(), preferences).place).toBeNull();
	});

	it('remembers a space without a channel as such', () => {
		const preferences = fakePreferences();
		createNavigation(fakeHistory(), preferences).open('harbour');
		expect(createNavigation(fakeHistory(), preferences).place).toEqual({
			space: 'harbour',
			channel: null,
		});
	});
});
