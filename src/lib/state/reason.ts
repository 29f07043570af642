// How long the reason of an action may be.
import { MAX_REASON } from '#lib/protocol/limits.ts';

const encoder = new TextEncoder();

/** Bytes that are left for a reason; below zero, how many are too many. */
export const reasonRoom = (reason: string): number =>
	MAX_REASON - encoder.encode(reason.trim()).length;
