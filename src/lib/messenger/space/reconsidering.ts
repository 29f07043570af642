// Which of the messages kept are to be judged again, because something came that says otherwise than before: feeds that
// count further or less far, purges, shadow-bans, changed channels. [FD3] [FD4] [TB1] [SH5] [FE1] [CH1]
import type { PurgeState } from '#lib/crdt/authority-state.ts';
import type { Entry } from '#lib/crdt/check-entry.ts';
import { endOf } from '#lib/crdt/fences.ts';
import type { Ledger } from '#lib/crdt/ledger.ts';
import { KIND } from '#lib/protocol/entry.ts';
import type { Fence } from '#lib/protocol/moderation.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import { toHex } from '#lib/util/bytes.ts';
import type { Judge } from './judging.ts';
import { messageAt, messageEntries } from './kept-entries.ts';
import type { SpaceStore } from './space-store.ts';

export interface Reconsidered {
	/** Messages kept whose fate may be another one now. */
	readonly entries: readonly Entry[];
	/** Messages that a TOMBSTONE has taken just now, whether they are here or not. */
	readonly purged: readonly PurgeState[];
}

export interface Reconsidering {
	/** What has changed since the last time; `control`: the authority log, or what is known of it, has. */
	look(control: boolean): Promise<Reconsidered>;
}

/** The shadow-bans on one person: told apart by `state`, reaching as far back as the lowest of `fences`. */
interface ShadowState {
	state: string;
	readonly fences: Fence[];
}

export function createReconsidering(
	crypto: CryptoProvider,
	judge: Judge,
	ledger: Ledger,
	kept: SpaceStore,
): Reconsidering {
	/** By device (hex): up to where it counted; feeds not in it have nothing in the log. */
	const counted = new Map<string, number>();
	let purges = new Map<string, PurgeState>();
	let shadows = new Map<string, ShadowState>();

	function shadowsNow(): Map<string, ShadowState> {
		const found = new Map<string, ShadowState>();
		for (const { entry, content } of ledger.control.values()) {
			if (content.kind !== KIND.sealed || content.content?.type !== 'shadow-ban') continue;
			const ban = ledger.resolver.shadows.banOf(entry.key);
			if (ban === undefined) continue;
			const target = toHex(content.content.target);
			const known = found.get(target) ?? { state: '', fences: [] };
			const until = ban.until.map((fence) =>
				fence.map(({ feed, seq }) => `${toHex(feed)}:${seq}`).join(),
			);
			known.state += ` ${entry.key}(${until.join(';')})`;
			known.fences.push(ban.fence);
			found.set(target, known);
		}
		return found;
	}

	async function recount(found: Entry[]): Promise<void> {
		for (const [key, feed] of ledger.feeds) {
			const now = judge.upTo(key);
			const before = counted.get(key) ?? now;
			counted.set(key, now);
			if (now === before) continue;
			const [from, to] = now < before ? [now, before] : [before, now];
			found.push(...(await messageEntries(crypto, kept, feed.device, from, to)));
		}
	}

	async function repurge(found: Entry[]): Promise<PurgeState[]> {
		const now = new Map(ledger.authority.purges);
		const before = purges;
		purges = now;
		const isSame = (a: PurgeState | undefined, b: PurgeState | undefined): boolean =>
			a === b || (a !== undefined && b !== undefined && toHex(a.entry) === toHex(b.entry));
		const fresh = [...now].filter(([key, purge]) => !isSame(purge, before.get(key)));
		const ended = [...before].filter(([key]) => !now.has(key));
		for (const [, { message }] of [...fresh, ...ended]) {
			const entry = await messageAt(crypto, kept, message);
			if (entry !== undefined) found.push(entry);
		}
		return fresh.map(([, purge]) => purge);
	}

	async function reshadow(found: Entry[]): Promise<void> {
		const now = shadowsNow();
		const before = shadows;
		shadows = now;
		for (const target of new Set([...now.keys(), ...before.keys()])) {
			const [one, other] = [now.get(target), before.get(target)];
			if (one?.state === other?.state) continue;
			const fences = [...(one?.fences ?? []), ...(other?.fences ?? [])];
			for (const { device } of ledger.authority.people.get(target)?.devices ?? []) {
				const key = toHex(device);
				const from = Math.min(...fences.map((fence) => endOf(fence, key).seq)) + 1;
				found.push(...(await messageEntries(crypto, kept, device, from, Infinity)));
			}
		}
	}

	async function reopen(found: Entry[]): Promise<void> {
		const since = Math.min(...judge.rules.changed().values());
		if (since === Infinity) return;
		for (const { device } of ledger.feeds.values()) {
			const entries = await messageEntries(crypto, kept, device, 0, Infinity);
			found.push(...entries.filter(({ header }) => header.time.ms >= since));
		}
	}

	for (const device of ledger.feeds.keys()) counted.set(device, judge.upTo(device));
	purges = new Map(ledger.authority.purges);
	shadows = shadowsNow();

	return {
		async look(control) {
			const found: Entry[] = [];
			await recount(found);
			let purged: PurgeState[] = [];
			if (control) {
				purged = await repurge(found);
				await reshadow(found);
				await reopen(found);
			}
			const entries = new Map(found.map((entry) => [entry.key, entry]));
			return { entries: [...entries.values()], purged };
		},
	};
}
