// One channel of the fake messenger: what was said, and what one says now, which is delivered after a while.
import type { Conversation, Delivery, MessageView } from '#lib/messenger/api.ts';
import type { NoticeView } from '#lib/messenger/notices.ts';
import { err, ok } from '#lib/util/result.ts';
import { createSignal, type Signal } from '#lib/util/signal.ts';
import { plainMessage } from './fake-data.ts';
import type { FakeSpace } from './fake-moderation.ts';

const PAGE = 50;
const RELAY = 'wss://relay.harbour.example';

export class FakeConversation implements Conversation {
	readonly messages: Signal<readonly MessageView[]>;
	readonly hasOlder: Signal<boolean>;
	readonly notices: Signal<readonly NoticeView[]>;
	#older: MessageView[];
	readonly #me: string;
	readonly #dress: FakeSpace['dress'];
	#count = 0;

	constructor(
		all: readonly MessageView[],
		loaded: number,
		me: string,
		dress: FakeSpace['dress'],
		notices: readonly NoticeView[],
	) {
		this.#older = all.slice(0, -loaded).map(dress);
		this.#me = me;
		this.#dress = dress;
		this.messages = createSignal<readonly MessageView[]>(all.slice(-loaded).map(dress));
		this.hasOlder = createSignal(this.#older.length > 0);
		this.notices = createSignal(notices);
	}

	async loadOlder(): Promise<void> {
		await new Promise((done) => setTimeout(done, 120));
		const page = this.#older.splice(-PAGE);
		this.messages.update((known) => [...page, ...known]);
		this.hasOlder.set(this.#older.length > 0);
	}

	async send(text: string, replyTo?: string) {
		if (text.trim() === '') return err({ type: 'empty' as const });
		if (text.length > 8192) return err({ type: 'too-long' as const });
		const answered = this.messages.get().find(({ id }) => id === replyTo);
		const id = `mine-${String(this.#count++)}`;
		this.add({
			...plainMessage,
			id,
			author: this.#me,
			authorName: 'Alex',
			mine: true,
			text: text.trim(),
			time: Date.now(),
			replyTo: answered
				? { id: answered.id, authorName: answered.authorName, text: answered.text }
				: null,
			delivery: { state: 'queued', delivered: 0, of: 3 },
		});
		const stages: Delivery[] = [
			{ state: 'stored', relay: RELAY, until: Date.now() + 30 * 86_400_000, delivered: 1, of: 3 },
			{ state: 'delivered', delivered: 2, of: 3 },
			{ state: 'delivered', delivered: 3, of: 3 },
		];
		stages.forEach((delivery, index) => {
			setTimeout(
				() => {
					this.messages.update((known) =>
						known.map((message) => (message.id === id ? { ...message, delivery } : message)),
					);
				},
				700 * (index + 1),
			);
		});
		return ok();
	}

	add(message: MessageView): void {
		this.messages.update((known) => [...known, this.#dress(message)]);
	}

	change(how: (message: MessageView) => MessageView): void {
		this.#older = this.#older.map(how);
		this.messages.update((known) => known.map(how));
	}

	find(id: string): MessageView | undefined {
		return [...this.#older, ...this.messages.get()].find((message) => message.id === id);
	}

	markRead(): void {}
	close(): void {}
}
