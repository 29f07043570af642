// In which mailboxes, and through which relays, devices can be reached now: by what relays say of who is connected, and
// where a mailbox is closed, and they say nothing, by who has spoken there. [DV3] [DV6] [EP14]
import type { EpochState } from '#lib/crdt/authority-state.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { SigningKey } from '#lib/ports/crypto.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import { admissionsOf } from '../space/admissions.ts';
import type { Space } from '../space/space-face.ts';
import type { Attachment } from './attachment.ts';

/** Whoever has spoken in a closed mailbox is taken to be there for this long, ms. */
const HEARD = 60_000;

/** What of an epoch's keys is here: all, or what is left when it has long been over. */
export interface PostKeys {
	readonly envelopeKey: Bytes | null;
	readonly lateKey: Bytes;
	readonly writeSeed: Bytes;
	readonly ownerSeed: Bytes | null;
}

export interface EpochPost {
	keys: PostKeys;
	readonly writeKey: SigningKey;
	state: EpochState;
	readonly attachments: Map<string, Attachment>;
}

export interface Place {
	readonly post: EpochPost;
	readonly attachment: Attachment;
	/** The device's tokens there. */
	readonly to: readonly Bytes[];
}

type TokensOf = (post: EpochPost, device: string) => readonly Bytes[];

export interface Whereabouts {
	/** A device's (hex) tokens in this epoch. */
	readonly tokensOf: TokensOf;
	/** The same, also where what let the device in turned out not to count. */
	readonly tokensGiven: TokensOf;
	/** Where the device is connected now: the current epoch's mailboxes first. */
	place(device: string, tokens?: TokensOf): Place | null;
	/** Closed mailboxes in which the device may listen, of the latest epoch in which it was given tokens. */
	unseen(device: string): readonly Place[];
	/** Something was pushed by a device on this relay (key in hex). */
	notice(post: EpochPost, relay: string, device: string): void;
	/** Devices that are connected show by their tokens which epoch they know. */
	meet(): void;
	/** Time (ms) of the latest epoch in whose mailbox the device was seen since the start; -Infinity: in none. */
	metIn(device: string): number;
}

export function createWhereabouts(
	clock: Clock,
	space: Space,
	posts: ReadonlyMap<string, EpochPost>,
	/** So large that relays don't tell who is there. */
	isLarge: () => boolean,
	current: () => EpochPost | undefined,
): Whereabouts {
	const met = new Map<string, number>();
	/** Where devices (hex) have spoken in closed mailboxes, and when, ms. */
	const heard = new Map<string, { post: EpochPost; attachment: Attachment; at: number }>();

	const metIn = (device: string): number => met.get(device) ?? -Infinity;
	const tokensOf: TokensOf = ({ state }, device) => state.tokenHashes.get(device) ?? [];
	const tokensGiven: TokensOf = (post, device) =>
		post.state.tokenHashes.get(device) ??
		admissionsOf(space.ledger.control, device)
			.filter(({ epoch }) => equal(epoch, post.state.id))
			.map(({ tokenHash }) => tokenHash);

	function lastHeard(device: string, tokens: TokensOf): Place | null {
		const last = heard.get(device);
		if (last === undefined || clock.now() - last.at > HEARD || !last.attachment.ready())
			return null;
		const to = tokens(last.post, device);
		return to.length > 0 ? { ...last, to } : null;
	}

	return {
		tokensOf,
		tokensGiven,
		metIn,
		place(device, tokens = tokensOf) {
			const latest = current();
			const ordered = [...posts.values()].sort(
				(a, b) => Number(b === latest) - Number(a === latest),
			);
			for (const post of ordered) {
				for (const attachment of post.attachments.values()) {
					if (!attachment.ready()) continue;
					// Who knows no later epoch than one that is closed was left behind there: others may listen, unseen.
					const isLeft = post === latest && attachment.closed() && !isLarge();
					const to = tokens(post, device).filter(
						(hash) => isLeft || attachment.present().has(toHex(hash)),
					);
					if (to.length > 0) return { post, attachment, to };
				}
			}
			return lastHeard(device, tokens);
		},
		unseen(device) {
			const places = [...posts.values()].map((post) => {
				const to = tokensGiven(post, device);
				const closed = [...post.attachments.values()].filter(
					(attachment) => attachment.ready() && attachment.closed(),
				);
				return to.length === 0 ? [] : closed.map((attachment) => ({ post, attachment, to }));
			});
			return places.findLast((each) => each.length > 0) ?? [];
		},
		notice(post, relay, device) {
			const attachment = post.attachments.get(relay);
			if (attachment?.closed() !== true || tokensGiven(post, device).length === 0) return;
			heard.set(device, { post, attachment, at: clock.now() });
		},
		meet() {
			for (const { state, attachments } of posts.values()) {
				for (const [device, hashes] of state.tokenHashes) {
					const isHere = [...attachments.values()].some((attachment) =>
						hashes.some((hash) => attachment.present().has(toHex(hash))),
					);
					if (isHere) met.set(device, Math.max(metIn(device), state.time.ms));
				}
			}
		},
	};
}
