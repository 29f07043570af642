// How far somebody has read: whether the newest message is in sight, what has come below since, what to read out.
import type { ConversationModel } from '#lib/state/conversation.svelte.ts';
import type { MessageView } from '#lib/state/views.ts';

/** Pixels from the end that still count as being there. */
const NEAR = 48;
const HOLDS_PLACE = CSS.supports('overflow-anchor', 'auto');

export interface Reading {
	readonly atEnd: boolean;
	/** Messages of others that came while the end was out of sight. */
	readonly unseen: number;
	/** The newest message of somebody else that came while the channel was open. */
	readonly announced: MessageView | null;
	/** For the scroller, which is a reversed column: 0 is the end, upwards is negative. */
	attach(scroller: HTMLElement): () => void;
	toEnd(): void;
}

export function createReading(conversation: ConversationModel): Reading {
	let atEnd = $state(true);
	let scroller: HTMLElement | undefined;
	let last: string | undefined;
	let seen = $state<string | undefined>();
	let announced = $state.raw<string | null>(null);
	let visible = $state(document.visibilityState === 'visible');

	const unseen = $derived.by(() => {
		if (atEnd || seen === undefined) return 0;
		const from = conversation.messages.findLastIndex(({ id }) => id === seen);
		return conversation.messages.slice(from + 1).filter(({ mine, blocked }) => !mine && !blocked)
			.length;
	});

	// Where the browser does not hold what is read in place while something is added below, it is done here.
	let height = 0;
	$effect.pre(() => {
		if (conversation.messages.length > 0 && !HOLDS_PLACE) height = scroller?.scrollHeight ?? 0;
	});

	const toEnd = (): void => {
		scroller?.scrollTo({ top: 0 });
	};

	$effect(() => {
		const newest = conversation.messages.at(-1);
		if (!newest || newest.id === last) return;
		const opened = last === undefined;
		last = newest.id;
		if (!HOLDS_PLACE && !atEnd && scroller) scroller.scrollTop -= scroller.scrollHeight - height;
		if (newest.mine) toEnd();
		else if (!opened && !newest.blocked) announced = newest.id;
	});

	$effect(() => {
		const newest = conversation.messages.at(-1);
		if (!newest || !atEnd || !visible) return;
		seen = newest.id;
		conversation.markRead();
	});

	return {
		get atEnd() {
			return atEnd;
		},
		get unseen() {
			return unseen;
		},
		get announced() {
			return announced === null ? null : (conversation.message(announced) ?? null);
		},
		toEnd,
		attach: (element) => {
			scroller = element;
			const look = (): void => {
				atEnd = Math.abs(element.scrollTop) < NEAR;
			};
			const turn = (): void => {
				visible = document.visibilityState === 'visible';
			};
			element.addEventListener('scroll', look, { passive: true });
			document.addEventListener('visibilitychange', turn);
			return () => {
				element.removeEventListener('scroll', look);
				document.removeEventListener('visibilitychange', turn);
			};
		},
	};
}
