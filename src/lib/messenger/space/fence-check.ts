// Whether what is held of a feed is what a fence names: the author may have told others another story. Then nothing from
// that place on counts here, and the other half is asked for. [FE2]
import { readEntry } from '#lib/crdt/check-entry.ts';
import type { Ledger } from '#lib/crdt/ledger.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { SpaceStore } from './space-store.ts';

export interface FenceCheck {
	/**
	 * Compares what no earlier call has, and tells the ledger; returns the feeds that hold another entry than their fence
	 * names. `fresh`: entries that are in the ledger and not yet in the store.
	 */
	look(fresh: readonly { readonly id: Bytes; readonly header: Place }[]): Promise<readonly Bytes[]>;
}

interface Place {
	readonly device: Bytes;
	readonly seq: number;
}

export function createFenceCheck(
	crypto: CryptoProvider,
	ledger: Ledger,
	kept: SpaceStore,
): FenceCheck {
	/** By device (hex): the end that was compared, and whether another entry was found there. */
	const compared = new Map<string, { readonly end: string; readonly contradicts: boolean }>();

	return {
		async look(fresh) {
			const { fences } = ledger.authority;
			const disputed: Bytes[] = [];
			for (const [device, { contradicts }] of compared) {
				if (fences.has(device)) continue;
				compared.delete(device);
				if (contradicts) ledger.contradict(device, null);
			}
			for (const [device, { seq, id }] of fences) {
				const feed = ledger.feeds.get(device);
				const end = `${seq} ${id === null ? '' : toHex(id)}`;
				const known = compared.get(device);
				if (known?.end === end || feed === undefined) continue;
				if (known?.contradicts === true) ledger.contradict(device, null);
				compared.delete(device);
				if (id === null || feed.seq < seq) continue;
				const inHand = fresh.find(
					({ header }) => header.seq === seq && equal(header.device, feed.device),
				);
				const stored = inHand === undefined ? await kept.packet(feed.device, seq) : undefined;
				const read = stored && readEntry(crypto, stored);
				// Before the view, or gone with a feed that was cut: there is nothing that could say otherwise.
				const held = inHand?.id ?? (read?.ok ? read.value.id : undefined);
				if (held === undefined && feed.seq > seq) continue;
				const contradicts = !equal(held ?? feed.head, id);
				compared.set(device, { end, contradicts });
				if (!contradicts) continue;
				ledger.contradict(device, seq);
				disputed.push(feed.device);
			}
			return disputed;
		},
	};
}
