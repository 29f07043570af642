import { describe, expect, it } from 'vitest';
import type { SpaceSummary } from '#lib/messenger/api.ts';
import { AppModel } from '#lib/state/app.svelte.ts';
import { createSignal } from '#lib/util/signal.ts';
import { bannedSpace, SPACES } from '../../support/fake-data.ts';
import { createFakeMessenger } from '../../support/fake-messenger.ts';

describe('the messenger as the interface reads it', () => {
	const [first] = SPACES;
	if (!first) throw new Error('no spaces');
	const harbour: SpaceSummary = first;

	function open() {
		const fake = createFakeMessenger('Alex', {
			role: 'powernode',
			eventful: true,
			loaded: 400,
		});
		const spaces = createSignal<readonly SpaceSummary[]>([harbour]);
		const read: string[] = [];
		const messenger = {
			...fake,
			spaces,
			members: (space: string) => {
				read.push(space);
				return fake.members(space);
			},
		};
		const clock = { now: () => 0, after: () => () => undefined };
		return {
			app: new AppModel({
				state: 'ready',
				messenger,
				clock,
				openSink: () => Promise.resolve(null),
				streams: { open: () => null },
			}),
			spaces,
			read,
		};
	}

	it('reads a space anew for whoever comes back into it, and once otherwise', () => {
		const { app, spaces, read } = open();
		const before = app.moderation(harbour.id);
		app.members(harbour.id);
		spaces.set([{ ...harbour, unread: 7 }]);
		app.members(harbour.id);
		expect(read).toHaveLength(1);
		expect(app.moderation(harbour.id)).toBe(before);

		spaces.set([{ ...harbour, state: 'banned', ban: bannedSpace('locked').ban }]);
		spaces.set([harbour]);
		app.members(harbour.id);
		expect(read).toHaveLength(2);
		expect(app.moderation(harbour.id)).not.toBe(before);
	});

	it('finds the channel of a message, and says so when it is in none', async () => {
		const { app } = open();
		expect(await app.channelOf(harbour.id, 'm12')).toBe(app.channels(harbour.id)[0]?.id);
		expect(await app.channelOf(harbour.id, 'elsewhere')).toBeNull();
	});

	it('counts reports as new until the log was looked at', () => {
		const { app } = open();
		const moderation = app.moderation(harbour.id);
		expect(moderation.newReports).toBe(1);
		moderation.markSeen();
		expect(moderation.newReports).toBe(0);
	});

	it('opens the first channel that is in use where none is chosen', () => {
		const { app } = open();
		expect(app.channelAt(harbour.id, null)?.name).toBe('general');
		const archived = app.channels(harbour.id).findLast((channel) => channel.archived);
		expect(app.channelAt(harbour.id, archived?.id ?? '')?.archived).toBe(true);
	});
});
