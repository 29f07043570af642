import { describe, expect, it } from 'vitest';
import type { Conversation, MessageView } from '#lib/messenger/api.ts';
import { ConversationModel } from '#lib/state/conversation.svelte.ts';
import { ok } from '#lib/util/result.ts';
import { createSignal } from '#lib/util/signal.ts';
import { createFakeAccount } from '../../support/fake-account.ts';
import { plainMessage } from '../../support/fake-data.ts';

const message = (index: number): MessageView => ({
	...plainMessage,
	id: `m${String(index)}`,
	author: 'kofi',
	authorName: 'Kofi',
	mine: false,
	text: `text ${String(index)}`,
	time: index,
});

/** Ten messages of which the newest two are read first, a moment after opening. */
function openTen(empty = false) {
	const all = empty ? [] : Array.from({ length: 10 }, (_, index) => message(index));
	const messages = createSignal<readonly MessageView[]>([]);
	const hasOlder = createSignal(false);
	const sent: (string | undefined)[] = [];
	let loaded = 0;
	const load = (): void => {
		loaded += 2;
		messages.set(all.slice(-loaded));
		hasOlder.set(loaded < all.length);
	};
	const conversation: Conversation = {
		messages,
		notices: createSignal([]),
		hasOlder,
		loadOlder: async () => {
			await Promise.resolve();
			load();
		},
		send: async (_, replyTo) => {
			sent.push(replyTo);
			return ok();
		},
		markRead: () => undefined,
		close: () => undefined,
	};
	queueMicrotask(load);
	const { drafts } = createFakeAccount();
	const model = new ConversationModel('space', 'channel', conversation, drafts);
	return { model, messages, sent, drafts, conversation };
}

describe('an open conversation', () => {
	it('reads older messages until the one looked for is among them, and no further', async () => {
		const { model, messages } = openTen();
		expect(await model.reach('m5')).toBe(true);
		expect(messages.get().map(({ id }) => id)).toEqual(['m4', 'm5', 'm6', 'm7', 'm8', 'm9']);
	});

	it('says so when a message is not here', async () => {
		expect(await openTen().model.reach('elsewhere')).toBe(false);
		expect(await openTen(true).model.reach('m1')).toBe(false);
	});

	it('keeps nothing of the text of a message that is being answered and then purged', async () => {
		const { model, messages, drafts } = openTen();
		await model.reach('m9');
		model.replyTo = message(9);
		expect(model.replyTo?.text).toBe('text 9');
		messages.update((known) =>
			known.map((one) => ({
				...one,
				text: '',
				gone: { how: 'purged' as const, byName: 'Mina', reason: '' },
			})),
		);
		expect(model.replyTo?.text).toBe('');
		expect(JSON.stringify(drafts.get('space', 'channel'))).not.toContain('text 9');
	});

	it('[AC7] keeps what was typed for the next time, and shows what another device typed where nobody types here', async () => {
		const { model, drafts, conversation } = openTen();
		const theirs = async (text: string): Promise<void> => {
			drafts.set('space', 'channel', { text, replyTo: null });
			await Promise.resolve();
		};
		await theirs('from the phone');
		expect(model.text).toBe('from the phone');
		model.text = 'from here';
		await theirs('from the phone again');
		expect(model.text).toBe('from here');
		model.text = 'typed on';
		model.close();
		const later = new ConversationModel('space', 'channel', conversation, drafts);
		expect(later.text).toBe('typed on');
		later.text = '';
		await Promise.resolve();
		expect(drafts.get('space', 'channel')).toBeNull();
	});

	it('sends what answers a message with its id', async () => {
		const { model, sent } = openTen();
		await model.reach('m9');
		model.replyTo = message(9);
		model.text = 'yes';
		await model.send();
		expect(sent).toEqual(['m9']);
		expect(model.replyTo).toBeNull();
	});
});
