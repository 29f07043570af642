// Closes the mailboxes of past epochs against those who were put out: whoever has the owner's key does, when all that must
// still go there has. What waits in them can be read on. [BN1]
import type { EpochState } from '#lib/crdt/authority-state.ts';
import { toHex } from '#lib/util/bytes.ts';
import type { Ports } from '../ports.ts';
import type { Space } from '../space/space-face.ts';
import type { Post } from './post-face.ts';

/** From the next epoch on: others leave its keys, and the last word, in the mailbox before. */
const CLOSE_AFTER = 30_000;
const LOOK_AGAIN = 10_000;

export interface Closing {
	/** The authority log or the relays changed. */
	look(): void;
	stop(): void;
}

/** `isLeaving`: copies of this device's own are still to go into past mailboxes. */
export function createClosing(
	{ clock, crypto }: Ports,
	space: Space,
	post: Post,
	isLeaving: () => boolean,
): Closing {
	/** When this device first saw that an epoch (hex) is past, ms. */
	const pastSince = new Map<string, number>();
	let cancel: (() => void) | undefined;
	let stopped = false;

	const hasPutOut = ({ holders }: EpochState): boolean =>
		[...holders].some((device) => space.ledger.authority.fences.has(device));

	async function close(epoch: EpochState): Promise<void> {
		const seed = space.ring.get(epoch.id)?.grant?.ownerSeed ?? null;
		if (seed !== null) await post.close(epoch.id, await crypto.signingKey(seed));
	}

	function look(): void {
		cancel?.();
		cancel = undefined;
		if (stopped) return;
		const { epochs, liveEpochs } = space.ledger.authority;
		const now = clock.now();
		let isWaiting = false;
		for (const epoch of epochs) {
			const key = toHex(epoch.id);
			if (liveEpochs.includes(epoch) || !hasPutOut(epoch)) {
				pastSince.delete(key);
				continue;
			}
			if (!space.ring.get(epoch.id)?.grant?.ownerSeed || post.isClosed(epoch.id)) continue;
			const since = pastSince.get(key) ?? now;
			pastSince.set(key, since);
			if (now - since >= CLOSE_AFTER && !isLeaving()) void close(epoch);
			isWaiting = true;
		}
		if (isWaiting) cancel = clock.after(LOOK_AGAIN, look);
	}

	return {
		look,
		stop() {
			stopped = true;
			cancel?.();
		},
	};
}
