// Keeps one connection to each relay that the person added or a space names: dials, redials, tells who is up. [RP1] [RP2]
// Says nothing of what the relays are used for; frames for a mailbox go to whoever attached to it.
import type { Hello, MailboxClient } from '#lib/mailbox/client-api.ts';
import { retryDelay } from '#lib/mesh/retry.ts';
import type { RelayAddress } from '#lib/protocol/relay-address.ts';
import type { Receipt } from '#lib/protocol/mailbox.ts';
import { createSignal, type Readable } from '#lib/util/signal.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { fraction, type Ports } from '../ports.ts';
import { createReaching, type Reach, type Reached } from './relay-reaching.ts';

export type * from './relay-reaching.ts';

export type RelayOrigin = 'added' | 'space';

export interface PooledRelay {
	/** The relay's key, hex. */
	readonly key: string;
	readonly address: RelayAddress;
	readonly origin: RelayOrigin;
	readonly state: 'connecting' | 'connected' | 'waiting';
	/** When the next try is due, ms since 1970. */
	readonly retryAt: number | null;
	readonly roundTripMs: number | null;
	/** As the relay says; null while it isn't connected. */
	readonly access: Hello['access'] | null;
	/** Takes nothing new, and will end. */
	readonly draining: boolean;
	/** The person wants it used before others. */
	readonly preferred: boolean;
}

/** Who hears of a mailbox on any relay; the relay's key in hex comes first. */
export interface MailboxListener {
	onConnected(relay: string): void;
	onDisconnected(relay: string): void;
	onPacket(relay: string, number: number, packet: Bytes, block: Bytes): void;
	onPresence(relay: string, tokenHash: Bytes, connected: boolean): void;
	onDeleted(relay: string, packet: Bytes, receipt: Receipt): void;
	/** It takes nothing more there, and doesn't tell any longer who is connected. */
	onClosed?(relay: string): void;
}

export interface RelayPool {
	readonly relays: Readable<readonly PooledRelay[]>;
	readonly reach: Reach;
	/** Keeps a relay connected from now on; `reached` is a connection to it that stands already. */
	add(address: RelayAddress, origin: RelayOrigin, reached?: Reached): void;
	remove(key: string): void;
	/** The person wants nothing of these relays (hex), whoever names them. */
	exclude(keys: ReadonlySet<string>): void;
	/** The person wants these relays (hex) used before others. */
	prefer(keys: ReadonlySet<string>): void;
	isPreferred(key: string): boolean;
	client(key: string): MailboxClient | undefined;
	/** Connected, but may make mailboxes only where others vouch for it. */
	isGuestOf(key: string): boolean;
	/** Connected, but takes nothing new. */
	isDraining(key: string): boolean;
	/** STUN servers of the relays that are connected, as `stun:host:port`. */
	stun(): readonly string[];
	listen(mailbox: Bytes, relay: string, listener: MailboxListener): () => void;
	/** Tries at once whatever waits, with the waiting begun from the start, and asks the others for a sign of life. */
	reconnect(): void;
	stop(): void;
}

interface Slot {
	readonly key: string;
	address: RelayAddress;
	origin: RelayOrigin;
	state: PooledRelay['state'];
	failures: number;
	/** When the first of these failures in a row was, ms since 1970. */
	failingSince: number;
	retryAt: number | null;
	current: Reached | undefined;
	/** The next dial: after a failure, or beside one that takes long. */
	cancelRetry: (() => void) | undefined;
	/** Under way. */
	dials: number;
	removed: boolean;
	draining: boolean;
	cancelMove: (() => void) | undefined;
}

const REFRESH = 5000;
/** Beside a dial that takes this long there is another one, ms. */
const DIAL_BESIDE = 3000;
const MAX_DIALS = 3;
/** For so long a relay that is lost is tried often while somebody looks, ms. */
const EAGER = 600_000;
/** Between looks for another process of a relay that ends, ms; spread at random around it. */
const LOOK_ELSEWHERE = 30_000;

export type RelayPoolPorts = Pick<Ports, 'clock' | 'crypto' | 'random' | 'relayDialer'>;

/**
 * `invitationOf`: the seed of the invitation that this person has of the relay with this key (hex). `inSight`: somebody
 * looks at the page; often nothing else tells it that its network is back.
 */
export function createRelayPool(
	{ clock, crypto, random, relayDialer }: RelayPoolPorts,
	invitationOf: (relay: string) => Bytes | null = () => null,
	inSight: () => boolean = () => false,
): RelayPool {
	const reach = createReaching({ clock, crypto, random, relayDialer }, invitationOf);
	const slots = new Map<string, Slot>();
	/** By relay and mailbox: several may read one, such as the members of several spaces. */
	const listeners = new Map<string, Map<string, Set<MailboxListener>>>();
	const relays = createSignal<readonly PooledRelay[]>([]);
	let stopped = false;
	let excluded: ReadonlySet<string> = new Set();
	let preferred: ReadonlySet<string> = new Set();
	/** Relays (hex) that are named somewhere and excluded. */
	const passedOver = new Map<string, RelayAddress>();
	let cancelRefresh: (() => void) | undefined;

	const publish = (): void => {
		relays.set(
			[...slots.values()].map(({ key, address, origin, state, retryAt, draining, current }) => ({
				...{ key, address, origin, state, retryAt, draining },
				roundTripMs: current?.client.roundTrip() ?? null,
				access: current?.access ?? null,
				preferred: preferred.has(key),
			})),
		);
	};
	const refresh = (): void => {
		publish();
		if (!stopped) cancelRefresh = clock.after(REFRESH, refresh);
	};
	refresh();

	const of = (relay: string): Map<string, Set<MailboxListener>> => {
		let byMailbox = listeners.get(relay);
		if (byMailbox === undefined) {
			byMailbox = new Map<string, Set<MailboxListener>>();
			listeners.set(relay, byMailbox);
		}
		return byMailbox;
	};

	const everybody = (relay: string): readonly MailboxListener[] =>
		[...of(relay).values()].flatMap((each) => [...each]);

	function adopt(slot: Slot, reached: Reached): void {
		slot.current = reached;
		slot.state = 'connected';
		slot.failures = 0;
		slot.retryAt = null;
		const { client } = reached;
		setDraining(slot, reached.draining);
		client.onDraining = () => {
			setDraining(slot, true);
			publish();
		};
		const to = (mailbox: Bytes): readonly MailboxListener[] => [
			...(listeners.get(slot.key)?.get(toHex(mailbox)) ?? []),
		];
		client.onPacket = (mailbox, number, packet, block) => {
			for (const each of to(mailbox)) each.onPacket(slot.key, number, packet, block);
		};
		client.onPresence = (mailbox, tokenHash, connected) => {
			for (const each of to(mailbox)) each.onPresence(slot.key, tokenHash, connected);
		};
		client.onDeleted = (mailbox, packet, receipt) => {
			for (const each of to(mailbox)) each.onDeleted(slot.key, packet, receipt);
		};
		client.onClosed = (mailbox) => {
			for (const each of to(mailbox)) each.onClosed?.(slot.key);
		};
		client.onClose = () => {
			if (slot.current?.client !== client) return;
			slot.current = undefined;
			setDraining(slot, false);
			for (const listener of everybody(slot.key)) listener.onDisconnected(slot.key);
			if (!slot.removed && !stopped) waitAndRetry(slot);
		};
		publish();
		for (const listener of everybody(slot.key)) listener.onConnected(slot.key);
	}

	/** Where several processes are one relay, another one may go on: it is looked for while this one still serves. */
	function setDraining(slot: Slot, draining: boolean): void {
		slot.draining = draining;
		slot.cancelMove?.();
		slot.cancelMove = undefined;
		if (!draining || slot.removed || stopped) return;
		slot.cancelMove = clock.after(LOOK_ELSEWHERE * (0.5 + fraction(random)), () => void move(slot));
	}

	async function move(slot: Slot): Promise<void> {
		const reached = await reach(slot.address.urls, slot.address.key);
		const isWanted = slot.draining && !slot.removed && !stopped;
		if (reached.ok && isWanted && !reached.value.draining) replace(slot, reached.value);
		else if (reached.ok) reached.value.client.close('no better');
		if (slot.draining) setDraining(slot, true);
	}

	/** A connection with more rights takes the place of one with less. */
	function isBetter(reached: Reached, current: Reached | undefined): boolean {
		if (current === undefined) return true;
		return current.access === 'guest' && reached.access !== 'guest';
	}

	function replace(slot: Slot, reached: Reached): void {
		const former = slot.current;
		slot.cancelRetry?.();
		slot.current = undefined;
		former?.client.close('another connection takes its place');
		if (former !== undefined) {
			for (const listener of everybody(slot.key)) listener.onDisconnected(slot.key);
		}
		adopt(slot, reached);
	}

	/** `atLeast`: the relay says so, ms. */
	function waitAndRetry(slot: Slot, atLeast = 0): void {
		slot.failures += 1;
		const now = clock.now();
		if (slot.failures === 1) slot.failingSince = now;
		const isEager = inSight() && now - slot.failingSince < EAGER;
		const wait = Math.max(atLeast, retryDelay(slot.failures, fraction(random), isEager));
		slot.state = 'waiting';
		slot.retryAt = now + wait;
		slot.cancelRetry = clock.after(wait, () => {
			connect(slot);
		});
		publish();
	}

	function connect(slot: Slot): void {
		slot.state = 'connecting';
		slot.retryAt = null;
		publish();
		void dial(slot);
	}

	/** The first that comes through is taken: what was dialled into a dead network may hang on where another doesn't. */
	async function dial(slot: Slot): Promise<void> {
		slot.cancelRetry?.();
		slot.dials += 1;
		slot.cancelRetry =
			slot.dials < MAX_DIALS ? clock.after(DIAL_BESIDE, () => void dial(slot)) : undefined;
		const reached = await reach(slot.address.urls, slot.address.key);
		slot.dials -= 1;
		if (slot.removed || stopped || slot.current !== undefined) {
			if (reached.ok) reached.value.client.close('no longer wanted');
			return;
		}
		if (reached.ok) {
			slot.cancelRetry?.();
			adopt(slot, reached.value);
		} else if (slot.dials === 0) {
			slot.cancelRetry?.();
			waitAndRetry(slot, reached.error.retryAfter);
		}
	}

	function remove(key: string): void {
		const slot = slots.get(key);
		if (slot === undefined) return;
		slot.removed = true;
		slot.cancelRetry?.();
		slot.cancelMove?.();
		slots.delete(key);
		slot.current?.client.close('removed');
		publish();
	}

	function add(address: RelayAddress, origin: RelayOrigin, reached?: Reached): void {
		const key = toHex(address.key);
		if (excluded.has(key)) {
			reached?.client.close('excluded');
			passedOver.set(key, address);
			return;
		}
		const known = slots.get(key);
		if (known !== undefined) {
			if (origin === 'added') known.origin = 'added';
			const urls = [...new Set([...known.address.urls, ...address.urls])];
			known.address = { key: address.key, urls };
			if (reached !== undefined && isBetter(reached, known.current)) replace(known, reached);
			else if (reached !== undefined) reached.client.close('already connected');
			publish();
			return;
		}
		const slot: Slot = {
			key,
			address,
			origin,
			state: 'connecting',
			failures: 0,
			failingSince: 0,
			retryAt: null,
			current: undefined,
			cancelRetry: undefined,
			dials: 0,
			removed: false,
			draining: false,
			cancelMove: undefined,
		};
		slots.set(key, slot);
		if (reached === undefined) connect(slot);
		else adopt(slot, reached);
	}

	return {
		relays,
		reach,
		add,
		remove,
		exclude(keys) {
			excluded = keys;
			for (const key of keys) {
				const slot = slots.get(key);
				if (slot !== undefined) passedOver.set(key, slot.address);
				remove(key);
			}
			for (const [key, address] of [...passedOver]) {
				if (keys.has(key)) continue;
				passedOver.delete(key);
				add(address, 'space');
			}
		},
		prefer(keys) {
			preferred = keys;
			publish();
		},
		isPreferred: (key) => preferred.has(key),
		client: (key) => slots.get(key)?.current?.client,
		isDraining: (key) => slots.get(key)?.draining === true,
		isGuestOf: (key) => slots.get(key)?.current?.access === 'guest',
		stun: () =>
			[...slots.values()].flatMap((slot) => (slot.current?.stun ? [slot.current.stun] : [])),
		listen(mailbox, relay, listener) {
			const id = toHex(mailbox);
			const here = of(relay).get(id) ?? new Set();
			of(relay).set(id, here.add(listener));
			if (slots.get(relay)?.current !== undefined) listener.onConnected(relay);
			return () => {
				here.delete(listener);
				if (here.size === 0 && of(relay).get(id) === here) of(relay).delete(id);
			};
		},
		reconnect() {
			for (const slot of slots.values()) {
				slot.failures = 0;
				if (slot.state === 'waiting') connect(slot);
				else if (slot.state === 'connecting' && slot.dials < MAX_DIALS) void dial(slot);
				slot.current?.client.probe();
			}
		},
		stop() {
			stopped = true;
			cancelRefresh?.();
			for (const slot of slots.values()) {
				slot.cancelRetry?.();
				slot.cancelMove?.();
				slot.current?.client.close('stopped');
			}
			slots.clear();
		},
	};
}
