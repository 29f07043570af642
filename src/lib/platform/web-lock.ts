// The lock on the node, by Web Locks. Taking over asks first, over a broadcast channel, so that the other tab can
// finish what it writes; a tab that doesn't answer, frozen perhaps, loses the lock all the same. [ST9]
import type { BusyNode, HeldNode, NodeLock } from '#lib/ports/lock.ts';
import type { Clock } from '#lib/ports/clock.ts';

/** How long the other tab has to stop, in milliseconds. */
export const YIELD_WITHIN = 3000;
const YIELD = 'yield';

export interface WebLockParts {
	readonly locks: LockManager;
	readonly clock: Clock;
	readonly createChannel: (name: string) => BroadcastChannel;
}

export function createWebLock({ locks, clock, createChannel }: WebLockParts): NodeLock {
	/** Undefined when the lock was not given: taken by another tab, or the wait was ended. */
	function hold(name: string, options: LockOptions): Promise<HeldNode | undefined> {
		return new Promise((resolve, reject) => {
			let node: { readonly held: HeldNode; readonly stolen: () => void } | undefined;
			locks
				.request(name, options, (lock) => {
					if (lock === null) {
						resolve(undefined);
						return undefined;
					}
					return new Promise<void>((release) => {
						node = heldNode(createChannel(name), release);
						resolve(node.held);
					});
				})
				.catch((cause: unknown) => {
					// Rejected while held: stolen. Rejected before: the wait was ended, or the platform refuses locks.
					if (node !== undefined) node.stolen();
					else if (options.signal?.aborted === true) resolve(undefined);
					else reject(cause instanceof Error ? cause : new Error(String(cause)));
				});
		});
	}

	async function takeOver(name: string): Promise<HeldNode> {
		const channel = createChannel(name);
		channel.postMessage(YIELD);
		channel.close();
		const patience = new AbortController();
		const cancel = clock.after(YIELD_WITHIN, () => {
			patience.abort();
		});
		const given = await hold(name, { signal: patience.signal });
		cancel();
		const held = given ?? (await hold(name, { steal: true }));
		if (held === undefined) throw new Error('a stolen lock was not given');
		return held;
	}

	return {
		async requestNode(name): Promise<HeldNode | BusyNode> {
			const held = await hold(name, { ifAvailable: true });
			return held ?? { held: false, takeOver: () => takeOver(name) };
		},
	};
}

function heldNode(
	channel: BroadcastChannel,
	release: () => void,
): { readonly held: HeldNode; readonly stolen: () => void } {
	let over = false;
	function end(): boolean {
		if (over) return false;
		over = true;
		channel.close();
		return true;
	}
	async function lose(): Promise<void> {
		if (!end()) return;
		try {
			await held.onLost?.();
		} finally {
			release();
		}
	}
	const held: HeldNode = {
		held: true,
		onLost: undefined,
		release() {
			if (end()) release();
		},
	};
	channel.onmessage = (event: MessageEvent<unknown>) => {
		if (event.data === YIELD) void lose();
	};
	return { held, stolen: () => void lose() };
}
