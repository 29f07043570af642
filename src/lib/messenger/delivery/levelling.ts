// When a device levels with another without being asked, and with which: now and then, in case something was lost on the
// way. In a large space nobody knows who is there: somebody heard of lately is likely to be. [SY6] [OB5]
import { KIND } from '#lib/protocol/entry.ts';
import { toHex } from '#lib/util/bytes.ts';
import { fraction, type Ports } from '../ports.ts';
import type { Space } from '../space/space-face.ts';
import type { Post } from './post-face.ts';

const EVERY = 60_000;
const LARGE_EVERY = 10 * 60_000;
/** Where nobody comes to be there before one's eyes: the first time, and twice as long until somebody has answered. */
const LARGE_FIRST = 5000;
/** Whoever was heard of before this is as likely to be there as anybody. */
const LATELY = 10 * 60_000;

export interface Levelling {
	/** Something came from a device (hex). */
	heard(device: string): void;
	/** Somebody has said all that it holds. */
	answered(): void;
	stop(): void;
}

export function createLevelling(
	{ clock, random }: Pick<Ports, 'clock' | 'random'>,
	space: Space,
	own: string,
	post: Pick<Post, 'route' | 'isLarge'>,
	sayAll: (device: string) => void,
): Levelling {
	/** When (ms) each device was last heard of. */
	const heardAt = new Map<string, number>();
	let isAnswered = false;
	let wait = LARGE_FIRST;
	let cancel: () => void;

	const isLate = (at: number): boolean => clock.now() - at > LATELY;

	/** Who has let this device in was there a moment ago. */
	function rememberAdmission(): void {
		for (const { content, entry } of space.ledger.control.values()) {
			if (content.kind !== KIND.admit && content.kind !== KIND.enrol) continue;
			if (toHex(content.member.certificate.deviceKey) !== own) continue;
			if (!isLate(entry.header.time.ms)) heardAt.set(toHex(entry.header.device), clock.now());
		}
	}

	/** Those who can be asked: all that are there, as far as anybody knows. */
	function candidates(): readonly string[] {
		const others = [...space.ledger.authority.active].filter((device) => device !== own);
		const reachable = others.filter((device) => post.route(device) !== null);
		if (!post.isLarge() || reachable.length > 0) return reachable;
		for (const [device, at] of heardAt) if (isLate(at)) heardAt.delete(device);
		const heard = others.filter((device) => heardAt.has(device));
		return heard.length > 0 ? heard : others;
	}

	function level(): void {
		const all = candidates();
		const chosen = all[Math.floor(fraction(random) * all.length)];
		if (chosen !== undefined) sayAll(chosen);
		// Whoever does not answer is not asked first again.
		if (chosen !== undefined && !isAnswered) heardAt.delete(chosen);
		wait = isAnswered ? LARGE_EVERY : Math.min(LARGE_EVERY, wait * 2);
		cancel = clock.after(post.isLarge() ? wait : EVERY, level);
	}

	rememberAdmission();
	cancel = clock.after(LARGE_FIRST, () => {
		if (post.isLarge()) level();
		else cancel = clock.after(EVERY - LARGE_FIRST, level);
	});

	return {
		heard(device) {
			heardAt.delete(device);
			heardAt.set(device, clock.now());
		},
		answered() {
			isAnswered = true;
		},
		stop() {
			cancel();
		},
	};
}
