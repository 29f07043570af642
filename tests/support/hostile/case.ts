// One row of the table of what is refused.
import { concat, type Bytes } from '#lib/util/bytes.ts';
import type { Device } from '../devices.ts';
import type { HostileWorld } from './world.ts';

/** The families of docs/SPEC.md, "What is refused, and how it is called". */
export type Family = 'HO1' | 'HO2' | 'HO3' | 'HO4' | 'HO5' | 'HO6';

export interface HostileCase {
	readonly rule: Family;
	readonly name: string;
	/** For each frame, in order. */
	readonly reasons: readonly string[];
	/** Who hands it over; Bob unless said otherwise. */
	readonly by?: 'bob' | 'dave' | 'mallory' | 'pat' | 'erin';
	/** What Alice's node sees of it, whoever carries it. */
	frames(world: HostileWorld, by: Device): Promise<readonly Bytes[]>;
}

/** A case of one frame. */
export const one = (
	rule: Family,
	name: string,
	reason: string,
	frame: (world: HostileWorld, by: Device) => Bytes | Promise<Bytes>,
	by?: HostileCase['by'],
): HostileCase => ({
	rule,
	name,
	reasons: [reason],
	frames: async (world, from) => [await frame(world, from)],
	...(by === undefined ? {} : { by }),
});

/** Byte by byte, as no encoder writes it. */
export const join = (...parts: readonly (Bytes | readonly number[])[]): Bytes =>
	concat(...parts.map((part) => new Uint8Array(part)));
