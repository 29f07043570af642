// Whom a device of a space reaches, itself or through others, and with whom it makes links: joins what members' records say
// to who carries what and to the choice of links, and tells once when several things changed together. [CA1] [PX4] [LC1]
import type { Envelope } from '#lib/protocol/space-message.ts';
import { SPACE_KIND } from '#lib/protocol/content.ts';
import { concat, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Ports, Self } from '../ports.ts';
import type { Space } from '../space/space-face.ts';
import { chooseLinks, isWelcome, surplus, type Candidate } from '#lib/mesh/link-choice.ts';
import { label } from '#lib/protocol/labels.ts';
import { createCarrying, mayBeCarried, type Carrying } from './carrying.ts';
import { createPeerExchange, type PeerExchange } from './peer-exchange.ts';
import type { Links } from './links.ts';
import type { Post } from './post-face.ts';

/** Changes that come within this time are told together, ms. */
const TOGETHER = 50;
/** Where not all are linked, the choice is thought over so often, ms. */
const CHOOSE_EVERY = 15_000;
/** Whoever was heard of this lately is taken to be there, where nobody tells who is, ms. */
const LATELY = 60_000;
const MAX_HEARD = 64;

export interface SpaceReach
	extends
		Pick<Carrying, 'via' | 'onForOther'>,
		Pick<PeerExchange, 'load' | 'reachOf' | 'recordOf' | 'onHeld' | 'onRecords'> {
	/** Who is near may have changed: sees to the links that are to be. */
	look(): void;
	/** Something came from a device (hex), by whatever way. */
	heard(device: string): void;
	/** Whether a link to the device (hex) is among those chosen, and whether there is room for it. [LC1] [LC3] */
	wants(device: string): boolean;
	welcomes(device: string): boolean;
	/**
	 * Looks at an envelope that came from a device (hex) over a link: true when it is this device's to read as if a relay had
	 * pushed it, false when that is settled; undefined when it is the device's own word.
	 */
	onCarried(envelope: Envelope, by: string, size: number): boolean | undefined;
	stop(): void;
}

export function createReach(
	ports: Ports,
	self: Self,
	space: Space,
	post: Pick<Post, 'near' | 'relays' | 'route' | 'send' | 'isLarge' | 'pass'>,
	links: Pick<Links, 'info' | 'reachable' | 'release' | 'takesDirect'>,
	events: { isShown(): boolean; onChange(): void },
): SpaceReach {
	const { clock, crypto } = ports;
	const own = toHex(self.device.publicKey);
	let near = new Set<string>();
	let cancelTold: (() => void) | undefined;
	let stopped = false;

	const peers = createPeerExchange(ports, self, space, post, {
		isShown: events.isShown,
		takesDirect: () =>
			links.takesDirect(space.ledger.authority.genesis?.spaceKind === SPACE_KIND.account),
		onChange() {
			carrying.changed();
			cancelTold ??= clock.after(TOGETHER, () => {
				cancelTold = undefined;
				if (!stopped) events.onChange();
			});
		},
	});
	const carrying: Carrying = createCarrying(clock, own, space, post, peers.reachOf);

	const ranks = new Map<string, string>();
	/** The same for both of a pair; nobody outside the space can tell it. */
	function rankOf(device: string, publicKey: Bytes): string {
		let rank = ranks.get(device);
		if (rank === undefined) {
			const key = space.ledger.authority.genesis?.spaceKey ?? new Uint8Array(32);
			const [low, high] =
				device < own ? [publicKey, self.device.publicKey] : [self.device.publicKey, publicKey];
			rank = toHex(crypto.hmac(key, label('link-rank'), concat(low, high)));
			ranks.set(device, rank);
		}
		return rank;
	}

	/** When (ms) devices (hex) were last heard of: the latest last. */
	const heardAt = new Map<string, number>();
	const isThere = (device: string): boolean =>
		near.has(device) ||
		post.route(device) !== null ||
		(post.isLarge() &&
			(carrying.via(device) !== null || clock.now() - (heardAt.get(device) ?? -Infinity) < LATELY));

	let candidates: readonly Candidate[] = [];
	let choice = chooseLinks('', []);
	let cancelChoose: (() => void) | undefined;

	/** Makes the links that are wanted, and lets go of what is too much. */
	function choose(): void {
		const linked = new Set(post.near().linked);
		candidates = [...space.ledger.authority.devices.values()].flatMap((known): Candidate[] => {
			const device = toHex(known.device);
			if (!known.active || device === own || !isThere(device)) return [];
			const { failures, isDue, hidden } = links.info(device);
			const takesNone = hidden !== null || peers.recordOf(device)?.direct === false;
			if (takesNone && !linked.has(device)) return [];
			return [
				{
					device,
					person: toHex(known.rootHash),
					rank: rankOf(device, known.device),
					linked: linked.has(device),
					failures: isDue ? 0 : failures,
				},
			];
		});
		choice = chooseLinks(toHex(self.rootHash), candidates);
		for (const device of choice.wanted) links.reachable(device, choice.isPartial);
		for (const device of surplus(choice, candidates)) links.release(device);
		cancelChoose?.();
		cancelChoose = choice.isPartial
			? clock.after(CHOOSE_EVERY, () => {
					if (!stopped) choose();
				})
			: undefined;
	}

	return {
		...carrying,
		...peers,
		wants: (device) => choice.wanted.has(device),
		welcomes(device) {
			const isMember = space.ledger.authority.devices.get(device)?.active === true;
			return isMember && isWelcome(choice, device, post.near().linked.length);
		},
		heard(device) {
			if (!post.isLarge() || device === own) return;
			const isNew = clock.now() - (heardAt.get(device) ?? -Infinity) >= LATELY;
			heardAt.delete(device);
			heardAt.set(device, clock.now());
			for (const oldest of heardAt.keys()) {
				if (heardAt.size <= MAX_HEARD) break;
				heardAt.delete(oldest);
			}
			if (isNew && near.size < choice.wanted.size + 1) choose();
		},
		look() {
			carrying.changed();
			const { linked, seen } = post.near();
			const now = new Set([...linked, ...seen]);
			const come = [...now].filter((device) => !near.has(device));
			near = now;
			for (const device of come) peers.met(device);
			peers.refresh();
			choose();
		},
		onCarried(envelope, by, size) {
			const from = toHex(envelope.from);
			const isForMe = envelope.to !== null && toHex(envelope.to) === own;
			if (envelope.to !== null && !isForMe) {
				carrying.onForOther(envelope, by, size);
				return false;
			}
			if (from === by) return undefined;
			const isMember = space.ledger.authority.devices.get(from)?.active === true;
			return isForMe && isMember && mayBeCarried(envelope.message);
		},
		stop() {
			stopped = true;
			cancelTold?.();
			cancelChoose?.();
			peers.stop();
		},
	};
}
