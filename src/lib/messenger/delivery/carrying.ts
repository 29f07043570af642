// Members carry for members: an envelope for somebody whom its sender doesn't reach goes through one who does. What is
// carried says no more to whoever carries it than a push says to a member who sees it. [CA1] … [CA5]
import { createAllowance } from '#lib/mesh/allowance.ts';
import { waysFrom, type Reach } from '#lib/mesh/ways.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { Envelope, SpaceMessage } from '#lib/protocol/space-message.ts';
import { toHex } from '#lib/util/bytes.ts';
import type { Space } from '../space/space-face.ts';
import type { Post } from './post-face.ts';

/** What one neighbour may have carried at once, and in a second, bytes. */
const AT_ONCE = 1 << 20;
const PER_SECOND = 64 * 1024;
/** Ways are thought over so often, though nothing is heard of a change, ms. */
const HOLDS = 10_000;

export interface Carrying {
	/** The neighbour (hex) through whom a device is reached that is no neighbour itself. */
	via(device: string): string | null;
	/** Who reaches whom may have changed. */
	changed(): void;
	/** An envelope of so many bytes for another device came from a neighbour (hex). */
	onForOther(envelope: Envelope, by: string, size: number): void;
}

/** What goes by nobody else's hands: it is said on a link alone, or of what not every member may know. */
export const mayBeCarried = ({ type }: SpaceMessage): boolean =>
	type !== 'copy' && type !== 'opening' && type !== 'kin' && type !== 'gossip';

export function createCarrying(
	clock: Clock,
	own: string,
	space: Space,
	post: Pick<Post, 'near' | 'pass'>,
	reachOf: (device: string) => Reach | undefined,
): Carrying {
	const allowance = createAllowance(AT_ONCE, PER_SECOND);
	let ways: ReadonlyMap<string, string> | undefined;
	let foundAt = -Infinity;
	let turn = -1;

	const isMember = (device: string): boolean =>
		space.ledger.authority.devices.get(device)?.active === true;

	function via(device: string): string | null {
		const isOver = clock.now() - foundAt > HOLDS;
		if (ways === undefined || isOver) {
			const { linked, seen } = post.near();
			if (isOver) {
				turn += 1;
				foundAt = clock.now();
			}
			ways = waysFrom(own, [...linked, ...seen], reachOf, { turn });
		}
		const way = ways.get(device);
		return way !== undefined && isMember(device) ? way : null;
	}

	return {
		via,
		changed() {
			ways = undefined;
		},
		onForOther(envelope, by, size) {
			const [from, to] = [toHex(envelope.from), envelope.to && toHex(envelope.to)];
			if (to === null || to === own || from === own || to === by || envelope.hops === 0) return;
			if (!isMember(from) || !isMember(to) || !mayBeCarried(envelope.message)) return;
			if (!allowance.take(by, size, clock.now())) return;
			const next = { ...envelope, hops: envelope.hops - 1 };
			if (post.pass(to, next)) return;
			const way = via(to);
			if (way !== null && way !== by && way !== from) post.pass(way, next);
		},
	};
}
