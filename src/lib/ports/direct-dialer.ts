// Makes direct links between two browsers out of one offer and one answer, which the caller carries by any means.
// The bytes are opaque to the core; whoever carries them authenticates them.
import type { Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';
import type { FlowChannel, FrameChannel } from './channel.ts';

export interface DirectLink extends FrameChannel {
	/** Last measured round-trip time in milliseconds. */
	roundTrip(): number | undefined;
	/** For people and tests: how the packets travel, e.g. "host", "srflx". */
	route(): Promise<string>;
	/** A further way over this link, for files, that holds up no frames; undefined when the link has ended meanwhile. */
	openFiles(): Promise<FlowChannel | undefined>;
	/** The other side has opened such a way. */
	onFiles: ((channel: FlowChannel) => void) | undefined;
}

export interface DirectError {
	/** no-address: the browser tells of no network that it is on. */
	readonly type: 'unsupported' | 'no-address' | 'bad-signal' | 'timeout' | 'failed';
	readonly detail: string;
}

export interface PendingOffer<L = DirectLink> {
	readonly offer: Bytes;
	/** Takes the other side's answer; the link then opens or fails. */
	accept(answer: Uint8Array): Promise<Result<L, DirectError>>;
	/** Gives the attempt up and frees what it holds. */
	cancel(): void;
}

export interface PendingAnswer<L = DirectLink> {
	readonly answer: Bytes;
	/** The link, once the offering side has connected; at most 15 s. */
	readonly link: Promise<Result<L, DirectError>>;
	cancel(): void;
}

export interface DirectOptions {
	/** STUN servers of the relays the person added, as `stun:host:port`; may be empty. */
	readonly stun: readonly string[];
	/** People carry offer and answer: how long the other side may take to use what this side has made, ms. */
	readonly patience?: number;
}

export interface Meeting<L> {
	offer(options: DirectOptions): Promise<Result<PendingOffer<L>, DirectError>>;
	answer(offer: Uint8Array, options: DirectOptions): Promise<Result<PendingAnswer<L>, DirectError>>;
}

/** What this browser and its network let direct links do. */
export interface DirectProbe {
	/** missing: no WebRTC. blocked: two ends in this very page don't reach each other. */
	readonly channel: 'works' | 'blocked' | 'missing';
	/** Of the given STUN servers, those that answered. */
	readonly answered: readonly string[];
	/** varies: a router shows each server another port, so nobody can be told where to knock. unknown: none answered, or too few to tell. */
	readonly mapping: 'steady' | 'varies' | 'unknown';
}

export interface DirectDialer extends Meeting<DirectLink> {
	/** False where the browser has no WebRTC: relays then carry everything. */
	readonly available: boolean;
	/**
	 * Further links for much data, beside one that stands. They prove nobody: whoever carries offer and answer over a
	 * proven way knows that they end where that way does.
	 */
	readonly bulk: Meeting<FlowChannel>;
	/** Tries what a link would need; asks nobody but these STUN servers, and takes at most ten seconds. */
	probe(stun: readonly string[]): Promise<DirectProbe>;
}
