// What a person's devices share, without any other device: values by name, forgotten with the page.
import { createDrafts } from '#lib/messenger/drafts.ts';
import type { SharedValues } from '#lib/messenger/devices/shared-values.ts';
import { createHiding } from '#lib/messenger/hiding.ts';
import { createSharedSettings } from '#lib/messenger/shared-settings.ts';
import type { Messenger } from '#lib/messenger/api.ts';
import type { TypingView } from '#lib/messenger/typing-api.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { ok } from '#lib/util/result.ts';
import { createSignal } from '#lib/util/signal.ts';

function createMemoryKeeper(): SharedValues {
	const values = new Map<string, Bytes>();
	const listeners = new Set<(names: ReadonlySet<string>) => void>();
	function note(changes: ReadonlyMap<string, Bytes | null>): void {
		for (const [name, value] of changes) {
			if (value === null) values.delete(name);
			else values.set(name, value);
		}
		for (const listener of listeners) listener(new Set(changes.keys()));
	}
	return {
		get: (name) => values.get(name),
		wasSet: (name) => values.has(name),
		list: (prefix) => [...values].filter(([name]) => name.startsWith(prefix)),
		write(changes) {
			note(changes);
			return Promise.resolve(ok());
		},
		note,
		watch(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
	};
}

const clock: Pick<Clock, 'after'> = {
	after(_ms, run) {
		let isDue = true;
		queueMicrotask(() => {
			if (isDue) run();
		});
		return () => (isDue = false);
	},
};

export function createFakeAccount(
	hidden: boolean | string = false,
	writing: readonly TypingView[] = [],
): Pick<Messenger, 'drafts' | 'settings' | 'hiding' | 'typing'> {
	const keeper = createMemoryKeeper();
	const hiding = createHiding(keeper, new Uint8Array(32), () => undefined);
	if (hidden !== false) void hiding.set(hidden === true ? null : hidden, true);
	const typing = { view: createSignal(writing), type: () => undefined };
	const settings = createSharedSettings(keeper);
	return { drafts: createDrafts(clock, keeper), settings, hiding, typing };
}
