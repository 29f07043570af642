// The chains of a space's sending devices, as far as this device has followed them: which key opens a message that was
// written to more devices than one can wrap for, and which keys are gone for good. [RA2] [RA3] [RA4] [RA5]
// What follows from the group key of an epoch is not kept until it is used; when an epoch is over, what was not used is
// kept in place of the group key, which goes.
import { chainForward, chainKey, chainOf, type Chain } from '#lib/crypto/sender-ratchet.ts';
import { stepForward } from '#lib/crypto/epoch.ts';
import { bytes, decode, encode, list, tuple, uint } from '#lib/protocol/cbor.ts';
import { MAX_INDEX, MAX_STEP, type KeyReference } from '#lib/protocol/entry.ts';
import { DAY } from '#lib/protocol/limits.ts';
import type { Entry } from '#lib/crdt/check-entry.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { KeyValueStore, StoreRow, StoreWrite } from '#lib/ports/store.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import type { KeyRing } from './key-ring.ts';

/** Keys of messages that have not come, which one chain keeps; and how far one message may be ahead of those before. */
export const MAX_SKIPPED = 1000;
/** How far steps lead on from the one that a device began with. */
const MAX_STEPS = 4096;
/** Chains that are kept of one epoch when it is over, those of the last steps first. */
const MAX_KEPT = 4096;
/** How long after an epoch is over what opens late messages of it stays. */
const KEEP = 30 * DAY;
const TABLE = 'chain';

type Place = Extract<KeyReference, { mode: 'ratchet' }>;

/** An epoch as the log tells it: the devices (hex) that may have written in it, up to which step. */
export interface EpochSpan {
	readonly id: Bytes;
	readonly devices: readonly Bytes[];
	readonly lastStep: number;
}

export interface Ratchets {
	/** What the key of a message is wrapped under; undefined: not known, too far ahead, or used up. */
	keyFor(entry: Entry): Bytes | undefined;
	/** The message has been opened, or never is to be: its key is gone once the change is kept. */
	spend(entry: Entry): void;
	/** Where this device's next message of the step stands in its chain, and its key. */
	next(
		epoch: Bytes,
		step: number,
		device: Bytes,
	): { readonly place: Place; readonly key: Bytes } | undefined;
	/** Epochs that are over at `now`: their group keys go, and after a while everything. */
	settle(over: readonly EpochSpan[], now: number): void;
	/** What has changed since this was last asked. */
	changes(): StoreWrite[];
}

interface Kept {
	readonly number: number;
	readonly epoch: Bytes;
	readonly step: number;
	readonly device: Bytes;
	chain: Chain;
	/** Keys (by index) of messages that the chain has passed. */
	readonly skipped: Map<number, Bytes>;
	/** When this device saw that the epoch is over, ms; 0: it has not. */
	overSince: number;
}

const shape = tuple(
	bytes(16),
	uint(MAX_STEP),
	bytes(32),
	uint(MAX_INDEX + 1),
	bytes(32),
	list(tuple(uint(MAX_INDEX), bytes(32)), MAX_SKIPPED),
	uint(),
);

const nameOf = (epoch: Bytes, step: number, device: Bytes): string =>
	`${toHex(epoch)} ${step} ${toHex(device)}`;

/** undefined when one that is kept can't be read: begun anew it would use a key again. [AT14] */
export async function loadRatchets(
	crypto: CryptoProvider,
	store: KeyValueStore,
	space: Bytes,
	ring: Pick<KeyRing, 'get' | 'advance'>,
): Promise<Ratchets | undefined> {
	const chains = new Map<string, Kept>();
	const changed = new Map<number, Kept | null>();
	/** Group keys by epoch and step, on the way there. */
	const groupKeys = new Map<string, Bytes>();
	let nextNumber = 0;

	function restore({ at, value }: StoreRow): boolean {
		nextNumber = Math.max(nextNumber, at + 1);
		const decoded = decode(shape, value, Number.MAX_SAFE_INTEGER);
		if (!decoded.ok) return false;
		const [epoch, step, device, index, key, skipped, overSince] = decoded.value;
		chains.set(nameOf(epoch, step, device), {
			number: at,
			epoch,
			step,
			device,
			chain: { index, key },
			skipped: new Map(skipped),
			overSince,
		});
		return true;
	}
	for (const row of await store.range(TABLE, [space])) if (!restore(row)) return undefined;

	/** The group key at a step; undefined before the step that this device was let in at, and after its epoch is over. */
	function groupKeyAt(epoch: Bytes, step: number): Bytes | undefined {
		const grant = ring.get(epoch)?.grant;
		if (!grant || step < grant.step || step - grant.step > MAX_STEPS) return undefined;
		let at = step;
		let key: Bytes | undefined;
		for (; at > grant.step && key === undefined; at--) key = groupKeys.get(`${toHex(epoch)} ${at}`);
		if (key === undefined) key = grant.groupKey;
		else at += 1;
		for (; at < step; at++) {
			key = stepForward(crypto, key);
			groupKeys.set(`${toHex(epoch)} ${at + 1}`, key);
		}
		return key;
	}

	function chainAt(epoch: Bytes, step: number, device: Bytes): Chain | undefined {
		const kept = chains.get(nameOf(epoch, step, device));
		if (kept !== undefined) return kept.chain;
		const groupKey = groupKeyAt(epoch, step);
		return groupKey && chainOf(crypto, groupKey, device);
	}

	function keep(epoch: Bytes, step: number, device: Bytes, chain: Chain): Kept {
		const name = nameOf(epoch, step, device);
		const known = chains.get(name);
		const kept = known ?? {
			number: nextNumber++,
			epoch,
			step,
			device,
			chain,
			skipped: new Map<number, Bytes>(),
			overSince: 0,
		};
		kept.chain = chain;
		chains.set(name, kept);
		changed.set(kept.number, kept);
		return kept;
	}

	const placeOf = ({ header }: Entry): Place | undefined =>
		header.key.mode === 'ratchet' ? header.key : undefined;

	function settleOne({ id, devices, lastStep }: EpochSpan, now: number): void {
		const grant = ring.get(id)?.grant;
		if (grant && grant.step <= lastStep) {
			let room = MAX_KEPT;
			for (let step = Math.min(lastStep, grant.step + MAX_STEPS); step >= grant.step; step--) {
				if (room < devices.length) break;
				room -= devices.length;
				for (const device of devices) {
					const chain = chainAt(id, step, device);
					if (chain !== undefined) keep(id, step, device, chain);
				}
			}
			ring.advance(id, lastStep + 1);
			for (const name of groupKeys.keys()) {
				if (name.startsWith(toHex(id))) groupKeys.delete(name);
			}
		}
		for (const [name, kept] of chains) {
			if (toHex(kept.epoch) !== toHex(id)) continue;
			if (kept.overSince === 0) {
				kept.overSince = Math.max(1, Math.floor(now));
				changed.set(kept.number, kept);
			} else if (now - kept.overSince > KEEP) {
				chains.delete(name);
				changed.set(kept.number, null);
			}
		}
	}

	return {
		keyFor(entry) {
			const place = placeOf(entry);
			if (place === undefined) return undefined;
			const { epoch, step, index } = place;
			const skipped = chains.get(nameOf(epoch, step, entry.header.device))?.skipped.get(index);
			if (skipped !== undefined) return skipped;
			let chain = chainAt(epoch, step, entry.header.device);
			if (chain === undefined || index < chain.index || index - chain.index > MAX_SKIPPED) {
				return undefined;
			}
			while (chain.index < index) chain = chainForward(crypto, chain);
			return chainKey(crypto, chain);
		},
		spend(entry) {
			const place = placeOf(entry);
			if (place === undefined) return;
			const { epoch, step, index } = place;
			let chain = chainAt(epoch, step, entry.header.device);
			if (chain === undefined || index - chain.index > MAX_SKIPPED) return;
			if (index < chain.index) {
				const kept = chains.get(nameOf(epoch, step, entry.header.device));
				if (kept?.skipped.delete(index) === true) changed.set(kept.number, kept);
				return;
			}
			const passed: [number, Bytes][] = [];
			for (; chain.index < index; chain = chainForward(crypto, chain)) {
				passed.push([chain.index, chainKey(crypto, chain)]);
			}
			const kept = keep(epoch, step, entry.header.device, chainForward(crypto, chain));
			for (const [at, key] of passed) kept.skipped.set(at, key);
			for (const oldest of kept.skipped.keys()) {
				if (kept.skipped.size <= MAX_SKIPPED) break;
				kept.skipped.delete(oldest);
			}
		},
		next(epoch, step, device) {
			const chain = chainAt(epoch, step, device);
			if (chain === undefined || chain.index > MAX_INDEX) return undefined;
			const place = { mode: 'ratchet' as const, epoch, step, index: chain.index };
			return { place, key: chainKey(crypto, chain) };
		},
		settle(over, now) {
			for (const each of over) settleOne(each, now);
		},
		changes() {
			const writes = [...changed].map(([number, kept]): StoreWrite => {
				const key = [space, number];
				if (kept === null) return { table: TABLE, key, value: null };
				const { epoch, step, device, chain, skipped, overSince } = kept;
				const value = [epoch, step, device, chain.index, chain.key, [...skipped], overSince];
				return { table: TABLE, key, value: encode(value) };
			});
			changed.clear();
			return writes;
		},
	};
}
