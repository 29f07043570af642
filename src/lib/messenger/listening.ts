// All that a space's node does once this person is banned from it: listens for the ban to be undone, or to turn out void.
// Nothing is written, nothing taken in but the authority log; whoever is there is asked, and answers with the last word. [BN3]
import { isControl, decodeHeader, type Packet } from '#lib/protocol/entry.ts';
import { MAX_AUTHORITY_HEADS } from '#lib/protocol/limits.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import { createPost } from './delivery/post.ts';
import { signedState } from './delivery/statement.ts';
import type { RelayPool } from './delivery/relay-pool.ts';
import { undoneBy } from './own-ban.ts';
import { createExpiryWatch } from './expiry-watch.ts';
import type { Ports, Self } from './ports.ts';
import type { Space } from './space/space-face.ts';

/** Those who are there are asked again after this time. */
const ASK_EVERY = 5 * 60_000;

const NO_LINKS = { carries: () => false, send: () => undefined };

export interface ListeningEvents {
	/** The authority log says something else than before. */
	onChange(): void;
	/** These bans (ids) are undone. */
	onUndone(bans: readonly Bytes[]): void;
}

/** Returns the end of it. */
export async function listen(
	ports: Ports,
	self: Self,
	space: Space,
	pool: RelayPool,
	events: ListeningEvents,
): Promise<() => void> {
	const { clock } = ports;
	const own = toHex(self.device.publicKey);
	const askedAt = new Map<string, number>();
	let stopped = false;

	const post = createPost(ports, self, space, pool, NO_LINKS, {
		async onEnvelope({ from, message }, isStored) {
			if (message.type === 'entries') return take(message.packets, isStored);
			if (message.type === 'state') pull([toHex(from)], message.state.controlHeads);
			return true;
		},
		isHeld: () => false,
		onRelayReady: () => undefined,
		onPresence: () => void ask(),
	});

	/** Asks for control entries; who takes this device for banned won't answer, who doesn't will. */
	function pull(devices: readonly string[], control: readonly Bytes[]): void {
		const missing = control.filter((id) => !space.ledger.control.has(toHex(id)));
		if (missing.length === 0) return;
		const wanted = missing.slice(0, MAX_AUTHORITY_HEADS);
		const have = space.ledger.toldHeads(clock.now());
		for (const device of devices) {
			post.send(device, { type: 'pull', control: wanted, have, ranges: [], wantsKeys: null });
		}
	}

	const others = (): string[] =>
		[...space.ledger.authority.devices]
			.filter(([device, { active }]) => active && device !== own && post.route(device) !== null)
			.map(([device]) => device);

	/** Of a message only where it stands, and that only where it proves a fork: a ban beyond one is void. [FD4] */
	function withoutMessages(packet: Packet): readonly Packet[] {
		const decoded = decodeHeader(packet.header);
		if (!decoded.ok) return [];
		const { kind, seq, device } = decoded.value;
		if (isControl(kind)) return [packet];
		const isDoubted = [...space.ledger.control.values()].some(
			({ entry: { header } }) => header.seq === seq && equal(header.device, device),
		);
		return isDoubted ? [{ ...packet, wraps: null, body: null }] : [];
	}

	async function take(packets: readonly Packet[], isStored: boolean): Promise<boolean> {
		if (stopped) return false;
		const control = packets.flatMap(withoutMessages);
		const received = await space.receive(control);
		if (!received.ok) return false;
		pull(others(), received.value.wanted);
		let isUndone = false;
		for (const packet of control) {
			const bans = await undoneBy(ports, self, space, packet);
			if (bans.length === 0) continue;
			isUndone = true;
			events.onUndone(bans);
		}
		// What undoes a ban builds on what is for members, and waits here for ever.
		return isStored && !isUndone ? received.value.whole() : true;
	}

	async function ask(): Promise<void> {
		const due = others().filter(
			(device) => clock.now() - (askedAt.get(device) ?? -Infinity) >= ASK_EVERY,
		);
		for (const device of due) askedAt.set(device, clock.now());
		if (due.length === 0) return;
		const feed = space.ledger.feeds.get(own);
		const head = feed && space.ledger.headOf(feed);
		// Of a feed of which nothing counts nothing is said.
		const heads = head === undefined || head.seq < 0 ? [] : [head];
		const how = { full: false, wantsReply: true };
		const message = await signedState(clock, self, space, heads, how);
		if (stopped) return;
		for (const device of due) post.send(device, message);
	}

	let cancelAsk = clock.after(ASK_EVERY, again);
	function again(): void {
		cancelAsk = clock.after(ASK_EVERY, again);
		void ask();
	}

	space.onChange = (change) => {
		if (!change.control || stopped) return;
		void post.update();
		events.onChange();
	};
	await post.update();
	const expiry = createExpiryWatch(clock, space);
	await expiry.start();
	return () => {
		stopped = true;
		expiry.stop();
		cancelAsk();
		post.stop();
	};
}
