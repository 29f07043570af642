// Whose messages nobody sees but themselves: what the sealed entries that this device can read say of that. It changes
// what is shown and nothing else. [SH1] [SH2]
import { KIND } from '#lib/protocol/entry.ts';
import type { Fence } from '#lib/protocol/moderation.ts';
import { toHex } from '#lib/util/bytes.ts';
import type { ControlEntry } from './authority-state.ts';
import { endOf } from './fences.ts';
import { isAction, type Ranks } from './ranks.ts';

export interface ShadowBan {
	readonly rank: number;
	readonly fence: Fence;
	/** Of its undoings: what came after one of these is seen again. */
	readonly until: Fence[];
}

export interface Shadows {
	/** Takes the next entry in order. */
	take(control: ControlEntry): void;
	/** Takes a sealed entry once more, of which this device has learnt what it says. */
	retake(control: ControlEntry): void;
	/** Root Hashes (hex) of those who are shadow-banned now. */
	shadowed(): ReadonlySet<string>;
	/** Whether what this device (hex) of this person (Root Hash, hex) wrote at `seq` is nobody else's to see. */
	isHidden(root: string, device: string, seq: number): boolean;
	/** The shadow-ban that a sealed entry (id, hex) is, if it counts. */
	banOf(entry: string): ShadowBan | undefined;
	/** Whether a sealed entry (id, hex) undoes one. */
	undoes(entry: string): boolean;
}

interface Found {
	/** By the target's Root Hash (hex). */
	readonly bans: Map<string, ShadowBan[]>;
	/** By entry id (hex). */
	readonly byEntry: Map<string, ShadowBan>;
	readonly undoing: Set<string>;
}

export function createShadows(ranks: Ranks): Shadows {
	const sealed: ControlEntry[] = [];
	let found: Found | undefined;

	function look(): Found {
		const { bans, byEntry, undoing }: Found = {
			bans: new Map(),
			byEntry: new Map(),
			undoing: new Set(),
		};
		for (const { entry, content } of sealed) {
			if (content.kind !== KIND.sealed || content.content === null) continue;
			const rank = ranks.isCut(entry) ? null : ranks.rankOf(entry);
			if (rank === null) continue;
			const inner = content.content;
			if (inner.type === 'shadow-ban') {
				const target = toHex(inner.target);
				if (ranks.protects(target, entry, rank)) continue;
				const ban: ShadowBan = { rank, fence: inner.fence, until: [] };
				bans.set(target, [...(bans.get(target) ?? []), ban]);
				byEntry.set(entry.key, ban);
			} else if (inner.type === 'shadow-unban') {
				for (const id of inner.bans) {
					const ban = byEntry.get(toHex(id));
					if (ban === undefined || rank > ban.rank) continue;
					ban.until.push(inner.fence);
					undoing.add(entry.key);
				}
			}
		}
		return { bans, byEntry, undoing };
	}

	const now = (): Found => (found ??= look());

	return {
		take(control) {
			if (control.content.kind === KIND.sealed) sealed.push(control);
			else if (!isAction(control)) return;
			found = undefined;
		},
		retake(control) {
			const at = sealed.findIndex(({ entry }) => entry.key === control.entry.key);
			if (at >= 0) sealed[at] = control;
			found = undefined;
		},
		shadowed() {
			const roots = [...now().bans].filter(([, all]) =>
				all.some(({ until }) => until.length === 0),
			);
			return new Set(roots.map(([root]) => root));
		},
		isHidden: (root, device, seq) =>
			(now().bans.get(root) ?? []).some(
				({ fence, until }) =>
					seq > endOf(fence, device).seq && !until.some((end) => seq > endOf(end, device).seq),
			),
		banOf: (entry) => now().byEntry.get(entry),
		undoes: (entry) => now().undoing.has(entry),
	};
}
