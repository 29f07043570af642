// One direct link that stands: proves for which spaces, carries their messages, and notices when it has died. [LK1] [LK2]
import type { FlowChannel } from '#lib/ports/channel.ts';
import type { DirectLink } from '#lib/ports/direct-dialer.ts';
import { decodeLinkFrame, encodeLinkFrame } from '#lib/protocol/link-frame.ts';
import { label } from '#lib/protocol/labels.ts';
import { concat, fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Ports, Self } from '../ports.ts';

/** A space as far as links care: who it is shared with, and the secret by which its members know each other. */
export interface LinkedSpace {
	readonly key: string;
	readonly spaceKey: Bytes;
	has(device: string): boolean;
}

export interface LiveLinkEvents {
	spaces(): readonly LinkedSpace[];
	/** Both devices have said for this space that they are members of it: it is carried from now on. */
	onMember(space: string): void;
	onEnvelope(space: string, envelope: Bytes): void;
	/** What the other side says beside any space; without this, nobody listens to it. */
	onMeeting?(message: Bytes): void;
	/** The other side has opened a way for files. */
	onFiles(channel: FlowChannel): void;
	/** A round trip was measured. */
	onChange(): void;
	/** Called once, whoever ended it. */
	onClose(): void;
}

export interface LiveLink {
	readonly attempt: string;
	/** Spaces or their members changed: says hello for those not carried yet, and hears again whom it didn't know. */
	greet(): void;
	carries(space: string): boolean;
	/** Also to who was a member when the two greeted each other: for the last word. */
	send(space: string, envelope: Bytes): void;
	/** Beside any space: to somebody whom one meets. */
	meet(message: Bytes): void;
	/** There is a sign that the other side has gone: it is to answer soon, or the link ends. */
	doubt(): void;
	roundTripMs(): number | null;
	/** How the packets travel, such as `host/udp`; null until that was asked. */
	path(): string | null;
	/** A further way beside it, for files. */
	openFiles(): Promise<FlowChannel | undefined>;
	close(reason: string): void;
}

const PING_EVERY = 5000;
const DEAD_AFTER = 15_000;
/** How long a side that is said to have gone may take to answer. */
const DOUBT_FOR = 3000;
const MAX_BUFFERED = 8 << 20;
const MAX_SPACES = 1024;
/** Hellos that wait for word of the space or of the device's admission. */
const MAX_UNPROVEN = 64;

/** Takes the link over. `device`: the other side, hex. `attempt`: the name both sides know the link by, hex. */
export function startLiveLink(
	{ clock, crypto }: Ports,
	self: Pick<Self, 'device'>,
	device: string,
	link: DirectLink,
	attempt: string,
	events: LiveLinkEvents,
): LiveLink {
	const own = toHex(self.device.publicKey);
	/** Spaces (keys) that this side says or has said hello for. */
	const greeting = new Set<string>();
	/** Spaces (key → own tag) that this side has said hello for. */
	const greeted = new Map<string, Bytes>();
	/** Spaces by the other side's tag (hex), once its hello has been checked. */
	const proven = new Map<string, string>();
	/** Hellos (by tag, hex) that nothing here fits yet: they are not said again. */
	const unproven = new Map<string, { readonly tag: Bytes; readonly signature: Bytes }>();
	let heardAt = clock.now();
	let beatAt = heardAt;
	let pingSentAt = 0;
	let pingNumber = 0;
	let roundTripMs: number | null = null;
	let path: string | null = null;
	let stopHeartbeat = (): void => undefined;
	let stopDoubt = (): void => undefined;

	const tagOf = (space: LinkedSpace, sender: string): Bytes =>
		crypto.hmac(
			space.spaceKey,
			label('link-tag'),
			fromHex(attempt) ?? new Uint8Array(0),
			fromHex(sender) ?? new Uint8Array(0),
		);

	function ping(): void {
		pingNumber += 1;
		pingSentAt = clock.now();
		link.send(encodeLinkFrame({ type: 'ping', number: pingNumber }));
	}

	function beat(): void {
		const now = clock.now();
		if (now - heardAt > DEAD_AFTER) {
			// A page that has slept heard nothing itself: the other side is asked, and answers soon or not at all.
			if (now - beatAt < 2 * PING_EVERY) {
				link.close('silent');
				return;
			}
			doubt();
		} else ping();
		beatAt = now;
		stopHeartbeat = clock.after(PING_EVERY, beat);
	}

	function doubt(): void {
		const since = clock.now();
		ping();
		stopDoubt();
		stopDoubt = clock.after(DOUBT_FOR, () => {
			if (heardAt < since) link.close('silent');
		});
	}

	const isMember = (space: string): boolean =>
		events.spaces().some((each) => each.key === space && each.has(device));

	/** What both have greeted each other for, as long as the other side is a member. */
	const isCarried = (space: string): boolean =>
		greeted.has(space) && [...proven.values()].includes(space) && isMember(space);

	function greet(): void {
		for (const space of events.spaces()) {
			if (greeting.has(space.key) || !space.has(device)) continue;
			greeting.add(space.key);
			const tag = tagOf(space, own);
			void self.device.sign(concat(label('link-hello'), tag)).then((signature) => {
				const { publicKey } = self.device;
				link.send(encodeLinkFrame({ type: 'hello', tag, device: publicKey, signature }));
				// Only now: what is sent for a space before the hello, the other side drops.
				greeted.set(space.key, tag);
				if (isCarried(space.key)) events.onMember(space.key);
			});
		}
	}

	function hearAgain(): void {
		const hellos = [...unproven.values()];
		unproven.clear();
		const claimed = fromHex(device) ?? new Uint8Array(0);
		for (const { tag, signature } of hellos) void checkHello(tag, claimed, signature);
	}

	function onFrame(bytes: Bytes): void {
		const decoded = decodeLinkFrame(bytes);
		if (!decoded.ok) {
			link.close('malformed frame');
			return;
		}
		const frame = decoded.value;
		switch (frame.type) {
			case 'ping':
				link.send(encodeLinkFrame({ type: 'pong', number: frame.number }));
				break;
			case 'pong':
				if (frame.number === pingNumber) {
					roundTripMs = link.roundTrip() ?? clock.now() - pingSentAt;
					events.onChange();
					void link.route().then((route) => (path = route));
				}
				break;
			case 'hello':
				void checkHello(frame.tag, frame.device, frame.signature);
				break;
			case 'meet':
				events.onMeeting?.(frame.message);
				break;
			case 'space': {
				const space = proven.get(toHex(frame.tag));
				if (space !== undefined) events.onEnvelope(space, frame.envelope);
				break;
			}
		}
	}

	async function checkHello(tag: Bytes, claimed: Bytes, signature: Bytes): Promise<void> {
		if (toHex(claimed) !== device || proven.size > MAX_SPACES) return;
		const space = events.spaces().find((each) => toHex(tagOf(each, device)) === toHex(tag));
		if (space === undefined || !space.has(device)) {
			if (unproven.size < MAX_UNPROVEN) unproven.set(toHex(tag), { tag, signature });
			return;
		}
		if (!(await crypto.verify(claimed, concat(label('link-hello'), tag), signature))) return;
		if (proven.has(toHex(tag))) return;
		proven.set(toHex(tag), space.key);
		greet();
		if (isCarried(space.key)) events.onMember(space.key);
	}

	link.onFrame = (frame) => {
		heardAt = clock.now();
		onFrame(frame);
	};
	link.onFiles = events.onFiles;
	link.onClose = () => {
		stopHeartbeat();
		stopDoubt();
		events.onClose();
	};
	beat();

	return {
		attempt,
		greet() {
			greet();
			hearAgain();
		},
		carries: (space) => isCarried(space) && link.buffered() < MAX_BUFFERED,
		send(space, envelope) {
			const tag = greeted.get(space);
			if (tag !== undefined) link.send(encodeLinkFrame({ type: 'space', tag, envelope }));
		},
		meet(message) {
			link.send(encodeLinkFrame({ type: 'meet', message }));
		},
		doubt,
		roundTripMs: () => roundTripMs,
		path: () => path,
		openFiles: () => link.openFiles(),
		close(reason) {
			stopHeartbeat();
			stopDoubt();
			link.close(reason);
		},
	};
}
