// What people see of the messages kept, brought in line with what is known now: staged as one change, for one commit with
// the entries that it comes from. What is purged or nobody's to see loses its content on the way. [FD3] [FD4] [TB1] [SH5]
import type { Entry } from '#lib/crdt/check-entry.ts';
import { KIND } from '#lib/protocol/entry.ts';
import type { PurgedMessage } from '#lib/protocol/moderation.ts';
import type { StoreWrite } from '#lib/ports/store.ts';
import type { ChannelLogs, StagedLogs } from './channel-logs.ts';
import { END } from './history-policy.ts';
import type { Placed } from './intake.ts';
import type { Fate, Judge } from './judging.ts';
import type { MessageKeys } from './message-keys.ts';
import type { Ratchets } from './ratchets.ts';
import type { PurgeRegistry } from './purge-registry.ts';
import type { Reconsidering } from './reconsidering.ts';

export interface StagedView extends StagedLogs {
	/** Entries (id, hex) among those placed or completed whose content is not to be kept. */
	readonly stripped: ReadonlySet<string>;
	/** Messages that a TOMBSTONE has taken just now, or that came after one. */
	readonly purged: readonly PurgedMessage[];
}

export interface Fresh {
	readonly placed: readonly Placed[];
	/** Messages kept before, of which body and keys have come. */
	readonly completed: readonly Entry[];
	/** The authority log, or what is known of it, changed. */
	readonly control: boolean;
	/** They come from an archive: not late, however old. */
	readonly history?: boolean;
	/** Messages whose time has come. */
	readonly expired?: readonly Entry[];
	/** Messages of a log that is made anew. */
	readonly relogged?: readonly Entry[];
}

export interface Shown {
	/** Stages the messages of entries placed just now, and everything that is to be seen otherwise than before. */
	stage(fresh: Fresh): Promise<StagedView>;
}

interface Tools {
	readonly judge: Judge;
	readonly reconsidering: Reconsidering;
	readonly logs: ChannelLogs;
	readonly purging: PurgeRegistry;
	readonly keys: MessageKeys;
	readonly ratchets: Pick<Ratchets, 'spend'>;
}

export function createShown(tools: Tools): Shown {
	const { judge, reconsidering, logs, purging, keys, ratchets } = tools;
	const keep = (entry: Entry, fate: Fate, writes: StoreWrite[]): void => {
		if (fate.type === 'shown' && fate.key !== null) writes.push(keys.keep(entry, fate.key));
		// What is read has its key beside it, what nobody is to read needs none.
		if (fate.type === 'shown' || fate.strip) ratchets.spend(entry);
	};

	/** A message that nobody has seen here yet. */
	async function first({ entry, message }: Placed, writes: StoreWrite[]): Promise<Fate> {
		const fate = await judge.judge(entry, undefined, message);
		keep(entry, fate, writes);
		if (fate.type === 'shown') logs.show(entry, fate.message);
		if (fate.type === 'gone') logs.leaveGap(entry, fate.gone, undefined, fate.channel);
		return fate;
	}

	async function again(entry: Entry, writes: StoreWrite[]): Promise<Fate> {
		const held = await logs.find(entry);
		const fate = await judge.judge(entry, held);
		keep(entry, fate, writes);
		if (fate.type === 'shown') logs.show(entry, fate.message, held);
		else if (fate.strip) {
			const gone = fate.type === 'gone' ? fate.gone : null;
			writes.push(...(await purging.purge(entry, gone)));
		} else if (fate.type === 'gone') logs.leaveGap(entry, fate.gone, held, fate.channel);
		else if (held !== undefined) logs.remove(entry, held);
		return fate;
	}

	const isStripped = (fate: Fate): boolean => fate.type !== 'shown' && fate.strip;

	return {
		async stage({ placed, completed, control, history = false, expired = [], relogged = [] }) {
			const stripped = new Set<string>();
			const writes: StoreWrite[] = [];
			const { entries, purged } = await reconsidering.look(control);
			const late: PurgedMessage[] = [];
			for (const entry of completed) {
				if (isStripped(await again(entry, writes))) stripped.add(entry.key);
			}
			const done = new Set(completed.map(({ key }) => key));
			for (const entry of [...expired, ...entries, ...relogged])
				if (!done.has(entry.key)) await again(entry, writes);
			for (const each of placed) {
				const { id, key, header } = each.entry;
				if (header.kind !== KIND.message || each.feed === null) continue;
				const fate = await first(each, writes);
				if (!isStripped(fate)) continue;
				stripped.add(key);
				if (fate.type === 'gone') late.push({ id, device: header.device, seq: header.seq });
			}
			const staged = await logs.stage(history ? END : judge.began());
			return {
				...staged,
				writes: [...writes, ...staged.writes],
				stripped,
				purged: [...purged.map(({ message }) => message), ...late],
			};
		},
	};
}
