// One open channel: its messages laid out, the draft, the message being answered, and what is new below the fold.
import { live } from './live.svelte.ts';
import { chunkRows, messageRows, type MessageChunk } from './message-rows.ts';
import type { Conversation, MessageView, SendError } from '#lib/messenger/api.ts';
import type { Result } from '#lib/util/result.ts';

/** What a person had typed and not sent; lives as long as the page. */
export interface Draft {
	text: string;
	replyTo: MessageView | null;
}

export class ConversationModel {
	readonly #conversation: Conversation;
	readonly #messages: { readonly current: readonly MessageView[] };
	readonly #hasOlder: { readonly current: boolean };
	readonly #breaks = new Set<string>();
	readonly #draft: Draft;
	#text = $state('');
	#replyTo = $state.raw<MessageView | null>(null);
	loadingOlder = $state(false);
	readonly chunks: readonly MessageChunk[] = $derived.by(() =>
		chunkRows(messageRows(this.#messages.current), this.#breaks),
	);

	constructor(conversation: Conversation, draft: Draft) {
		this.#conversation = conversation;
		this.#draft = draft;
		this.#text = draft.text;
		this.#replyTo = draft.replyTo;
		this.#messages = live(conversation.messages);
		this.#hasOlder = live(conversation.hasOlder);
	}

	get messages(): readonly MessageView[] {
		return this.#messages.current;
	}

	get hasOlder(): boolean {
		return this.#hasOlder.current;
	}

	get text(): string {
		return this.#text;
	}

	set text(text: string) {
		this.#text = text;
		this.#draft.text = text;
	}

	get replyTo(): MessageView | null {
		return this.#replyTo;
	}

	set replyTo(message: MessageView | null) {
		this.#replyTo = message;
		this.#draft.replyTo = message;
	}

	async loadOlder(): Promise<void> {
		if (this.loadingOlder || !this.hasOlder) return;
		this.loadingOlder = true;
		try {
			await this.#conversation.loadOlder();
		} finally {
			this.loadingOlder = false;
		}
	}

	/** Sends the draft. It is cleared at once and comes back if it could not be kept. */
	async send(): Promise<Result<void, SendError>> {
		const { text, replyTo } = this;
		this.text = '';
		this.replyTo = null;
		const sent = await this.#conversation.send(text, replyTo?.id);
		if (!sent.ok && this.text === '') {
			this.text = text;
			this.replyTo = replyTo;
		}
		return sent;
	}

	markRead(): void {
		this.#conversation.markRead();
	}

	close(): void {
		this.#conversation.close();
	}
}
