// What the interface sees of a person's devices, and of the history that one of them copies to another.
import type { Result } from '#lib/util/result.ts';
import type { Readable } from '#lib/util/signal.ts';
import type { PairingOffer } from './pairing/pairing.ts';

export interface CopyView {
	/** The other device. */
	readonly device: string;
	/** The messages go from here to there; otherwise they come from there. */
	readonly gives: boolean;
	/**
	 * away: the other device can't be reached. indirect: only through a relay, and copying takes a direct connection.
	 * arriving: what is left is of spaces that the device which gets it is not in yet. stopped: by somebody, on either.
	 * failed: the device that was to get it could not keep it. partial: all but spaces that nobody let it into for a week.
	 */
	readonly state:
		'away' | 'indirect' | 'arriving' | 'copying' | 'done' | 'stopped' | 'failed' | 'partial';
	/** Messages. */
	readonly done: number;
	readonly of: number;
}

/** One of this person's devices. */
export interface DeviceView {
	readonly id: string;
	/** As the person calls it. */
	readonly name: string;
	/** When it became this person's, ms since 1970. */
	readonly since: number;
	/** When it last said that it is used; null where it has not yet. */
	readonly lastSeen: number | null;
	/** It can be reached now. */
	readonly online: boolean;
	/** The one that shows this. */
	readonly isThis: boolean;
}

export interface DeviceError {
	readonly type: 'empty' | 'too-long' | 'storage';
}

export interface Devices {
	/** This one first, then the youngest. */
	readonly list: Readable<readonly DeviceView[]>;
	/** Those that came by another device, and that nobody has been told of here. */
	readonly news: Readable<readonly DeviceView[]>;
	notice(id: string): Promise<void>;
	/** The history that goes from one device to another, as far as this one has to do with it. */
	readonly copies: Readable<readonly CopyView[]>;
	/** Copies everything that is here to another device, while both can reach each other directly. */
	copyTo(id: string): Promise<Result<void, DeviceError>>;
	/** Copies no more between this device and another one; what has come stays. */
	endCopy(id: string): Promise<void>;
	/** Shows no longer how a copy has ended. */
	dismissCopy(id: string): void;
	/** Shows a code with which another installation becomes a device of this person. */
	link(): PairingOffer;
	rename(id: string, name: string): Promise<Result<void, DeviceError>>;
	/** Ends a device for good: in every space, and with everything on it. */
	remove(id: string): Promise<Result<void, DeviceError>>;
}
