// Makes direct links between two browsers out of one offer and one answer, which the caller carries by any means.
// The bytes are opaque to the core; whoever carries them authenticates them.
import type { Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';
import type { FrameChannel } from './channel.ts';

export interface DirectLink extends FrameChannel {
	/** Last measured round-trip time in milliseconds. */
	roundTrip(): number | undefined;
	/** For people and tests: how the packets travel, e.g. "host", "srflx". */
	route(): Promise<string>;
}

export interface DirectError {
	readonly type: 'unsupported' | 'bad-signal' | 'timeout' | 'failed';
	readonly detail: string;
}

export interface PendingOffer {
	readonly offer: Bytes;
	/** Takes the other side's answer; the link then opens or fails. */
	accept(answer: Uint8Array): Promise<Result<DirectLink, DirectError>>;
	/** Gives the attempt up and frees what it holds. */
	cancel(): void;
}

export interface PendingAnswer {
	readonly answer: Bytes;
	/** The link, once the offering side has connected; at most 15 s. */
	readonly link: Promise<Result<DirectLink, DirectError>>;
	cancel(): void;
}

export interface DirectOptions {
	/** STUN servers of the relays the person added, as `stun:host:port`; may be empty. */
	readonly stun: readonly string[];
}

export interface DirectDialer {
	/** False where the browser has no WebRTC: relays then carry everything. */
	readonly available: boolean;
	offer(options: DirectOptions): Promise<Result<PendingOffer, DirectError>>;
	answer(offer: Uint8Array, options: DirectOptions): Promise<Result<PendingAnswer, DirectError>>;
}
