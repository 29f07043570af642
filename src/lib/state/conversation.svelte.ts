// One open channel: its messages laid out, the draft, the message being answered, and the one somebody looks for.
// Messages are held by their ids alone: of one that is purged nothing stays here.
import { createContext } from 'svelte';
import { SvelteSet } from 'svelte/reactivity';
import { live } from './live.svelte.ts';
import { chunkRows, lastNotices, messageRows, type MessageChunk } from './message-rows.ts';
import type { Conversation, MessageView, SendError } from '#lib/messenger/api.ts';
import type { Drafts } from '#lib/messenger/drafts.ts';
import type { NoticeView } from '#lib/messenger/notices.ts';
import type { Result } from '#lib/util/result.ts';

/** How many older stretches are read in search of a message. */
const FARTHEST = 200;

export class ConversationModel {
	readonly space: string;
	readonly channel: string;
	readonly #conversation: Conversation;
	readonly #messages: { readonly current: readonly MessageView[] };
	readonly #hasOlder: { readonly current: boolean };
	readonly #notices: { readonly current: readonly NoticeView[] };
	readonly #breaks = new Set<string>();
	readonly #drafts: Drafts;
	readonly #stopWatching: () => void;
	/** What is typed here is not put away for what another device says. */
	#touched = false;
	#text = $state('');
	#replyTo = $state.raw<string | null>(null);
	/** Id of a message to bring into sight; whoever draws the messages takes it from here. */
	revealed = $state.raw<string | null>(null);
	loadingOlder = $state(false);
	/** Folds of blocked messages that somebody wanted to see, by the id of their first. */
	readonly unfolded = new SvelteSet<string>();
	/** What belongs to stretches that are not loaded yet is left out. */
	readonly #told: readonly NoticeView[] = $derived.by(() => {
		const first = this.#messages.current[0];
		if (!this.#hasOlder.current || !first) return this.#notices.current;
		return this.#notices.current.filter(({ time }) => time >= first.time);
	});
	readonly chunks: readonly MessageChunk[] = $derived.by(() =>
		chunkRows(messageRows(this.#messages.current, this.#told), this.#breaks),
	);
	/** What is said after the last message. */
	readonly lastNotices: readonly NoticeView[] = $derived.by(() =>
		lastNotices(this.#messages.current, this.#told),
	);

	readonly #byId: ReadonlyMap<string, MessageView> = $derived.by(
		() => new Map(this.#messages.current.map((message) => [message.id, message])),
	);

	constructor(space: string, channel: string, conversation: Conversation, drafts: Drafts) {
		this.space = space;
		this.channel = channel;
		this.#conversation = conversation;
		this.#drafts = drafts;
		this.#readDraft();
		this.#stopWatching = drafts.watch(space, channel, () => {
			const isEmpty = this.#text === '' && this.#replyTo === null;
			if (!this.#touched || isEmpty) this.#readDraft();
		});
		this.#messages = live(conversation.messages);
		this.#hasOlder = live(conversation.hasOlder);
		this.#notices = live(conversation.notices);
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
		this.#keepDraft();
	}

	#readDraft(): void {
		const draft = this.#drafts.get(this.space, this.channel);
		this.#text = draft?.text ?? '';
		this.#replyTo = draft?.replyTo ?? null;
	}

	#keepDraft(): void {
		this.#touched = true;
		const draft = { text: this.#text, replyTo: this.#replyTo };
		this.#drafts.set(this.space, this.channel, draft);
	}

	/** The message with an id, where it is loaded. */
	message(id: string): MessageView | undefined {
		return this.#byId.get(id);
	}

	/** The message being answered, as it is now. */
	get replyTo(): MessageView | null {
		return this.#replyTo === null ? null : (this.message(this.#replyTo) ?? null);
	}

	set replyTo(message: Pick<MessageView, 'id'> | null) {
		this.#replyTo = message?.id ?? null;
		this.#keepDraft();
	}

	/** Loads older messages until one is among them; false where it is not here. */
	async reach(id: string): Promise<boolean> {
		const { messages, hasOlder } = this.#conversation;
		await this.#firstStretch();
		const has = (): boolean => messages.get().some((message) => message.id === id);
		for (let step = 0; step < FARTHEST && !has() && hasOlder.get(); step++) {
			await this.#conversation.loadOlder();
		}
		return has();
	}

	/** Brings a message into sight, if it is here. */
	async reveal(id: string): Promise<void> {
		this.revealed = null;
		if (await this.reach(id)) this.revealed = id;
	}

	/** Waits until the newest messages are read, which an open conversation does by itself, once. */
	#firstStretch(): Promise<void> {
		const { messages } = this.#conversation;
		if (messages.get().length > 0) return Promise.resolve();
		return new Promise((filled) => {
			let present = true;
			const end = messages.subscribe(() => {
				if (present) return;
				end();
				filled();
			});
			present = false;
		});
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
	send(): Promise<Result<void, SendError>> {
		return this.sendBy((text, replyTo) => this.#conversation.send(text, replyTo));
	}

	/** The same in another way, such as with files. */
	async sendBy<E>(
		how: (text: string, replyTo: string | undefined) => Promise<Result<void, E>>,
	): Promise<Result<void, E>> {
		const { text, replyTo } = this;
		this.text = '';
		this.replyTo = null;
		const sent = await how(text, replyTo?.id);
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
		this.#stopWatching();
		this.#conversation.close();
	}
}

export const [getConversation, setConversation] = createContext<ConversationModel>();
