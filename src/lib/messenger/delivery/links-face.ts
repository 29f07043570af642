// What direct links to other devices can be asked for, and what they tell.
import type { LinkState } from '#lib/mesh/link-machine.ts';
import type { DirectLink } from '#lib/ports/direct-dialer.ts';
import type { FileReference } from '#lib/protocol/file-frame.ts';
import type { SignalStep, SignalStepMessage } from '#lib/protocol/space-message.ts';
import type { ServedFile } from '#lib/transfer/serving.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import type { Traffic } from '../network-api.ts';
import type { FileWays } from './file-ways.ts';
import type { LinkedSpace } from './live-link.ts';

export interface LinkEvents {
	/** Carries a step of making a link to the device by any way there is; false when there is none. */
	signal(device: string, attempt: Bytes, step: SignalStep, payload: Bytes): Promise<boolean>;
	spaces(): readonly LinkedSpace[];
	/** Whether this device's address is to stay hidden from that one (hex). */
	isHidden?(device: string): boolean;
	stun(): readonly string[];
	/** Whether direct links are made here at all; `amongOwn`: with own devices. */
	takesDirect(amongOwn: boolean): boolean;
	/** Whether any space has this link among those it chose, and whether any has room for it when the other side asks. */
	wants(device: string): boolean;
	welcomes(device: string): boolean;
	/** A member's device has proven itself for this space on a link. */
	onMember(device: string, space: string): void;
	onEnvelope(device: string, space: string, envelope: Bytes): void;
	/** What the device may have of a file, by the links of the spaces. */
	serveFile(device: string, of: FileReference): Promise<ServedFile | undefined>;
	/** A link that stood is gone, and with it whatever was under way on it. */
	onLost(device: string): void;
	/** Something that people see of links changed. */
	onChange(): void;
}

export interface LinkInfo {
	readonly state: LinkState['state'];
	/** Tries in a row that came to nothing. */
	readonly failures: number;
	/** The wait that follows a failure is over. */
	readonly isDue: boolean;
	/** When this side tries again, ms since 1970; null where it doesn't, or has not failed. */
	readonly retryAt: number | null;
	readonly roundTripMs: number | null;
	/** How the packets travel, such as `host/udp`. */
	readonly path: string | null;
	/** Since the start, over links. */
	readonly traffic: Traffic | null;
	/** Who wants no link, so that relays carry everything. */
	readonly hidden: 'here' | 'there' | null;
}

export type LinkSignal = Pick<SignalStepMessage, 'attempt' | 'step' | 'payload' | 'time'>;

/** Two who meet before they share a space, or to share one again. */
export interface Visit {
	onMessage(message: Bytes): void;
	/** The link is gone. */
	onEnd(): void;
}

export interface Visiting {
	say(message: Bytes): void;
	/** They have said what there was to say: the link stays if a space is shared. */
	end(): void;
}

export interface Links {
	/** Takes over a link that people have made by codes; `attempt` (hex) is the name that both sides know it by. [MT3] */
	adopt(device: string, attempt: string, link: DirectLink, visit: Visit): Visiting;
	/**
	 * The device can be signalled to now, and a link with it is wanted: one is made when it is due. `asks`: it may not want one
	 * itself, and is asked where it is the one to offer.
	 */
	reachable(device: string, asks?: boolean): void;
	/** A link to this device would be of use for a while, beyond those that a space chooses. */
	need(device: string): void;
	/** There are too many in a space, and this one is not chosen. */
	release(device: string): void;
	/** It can be again, and could not before. */
	returned(device: string): void;
	/** This device is on another network now: what was tried before is tried anew. */
	moved(): void;
	/** Each link is asked for a sign of life: the page may have slept. */
	probe(): void;
	signalled(device: string, signal: LinkSignal): void;
	/**
	 * Spaces, their members, or from whom one hides, changed: says hello for those that a link does not carry yet, ends links
	 * that serve none, or are to be none.
	 */
	greet(): void;
	/** Whether messages of this space reach the device directly. */
	carries(device: string, space: string): boolean;
	send(device: string, space: string, envelope: Bytes): void;
	/** A relay saw the device go: a link to it is asked for a sign of life. */
	doubt(device: string): void;
	info(device: string): LinkInfo;
	takesDirect(amongOwn: boolean): boolean;
	/** The ways by which files go beside the links. */
	readonly files: FileWays;
	stop(): void;
}
