// Which messages a channel takes: in one that its author had seen read-only, those of Powernodes; in an archived one, none.
// What was written without knowing of the change stays. Costs nothing for channels that nobody ever changed. [CH1]
import { SPACE_KIND } from '#lib/protocol/content.ts';
import { compareTime, KIND } from '#lib/protocol/entry.ts';
import type { ChannelEdit } from '#lib/protocol/moderation.ts';
import { compare, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { ControlEntry } from './authority-state.ts';
import type { Entry } from './check-entry.ts';
import type { Ledger } from './ledger.ts';
import { isAction } from './ranks.ts';

export interface ChannelRules {
	/** Takes a control entry that has come into the ledger. */
	take(control: ControlEntry): void;
	/** Whether a message in this channel is to be shown. Everything that it builds on is in the ledger. */
	takes(message: Entry, channel: Bytes): boolean;
	/**
	 * Channels (hex) for which the answer may be another one than when this was asked last, and the time (ms) of the first
	 * message that it may concern.
	 */
	changed(): ReadonlyMap<string, number>;
}

interface Edit {
	readonly entry: Entry;
	readonly content: ChannelEdit;
	wasValid: boolean;
}

export function createChannelRules(ledger: Ledger): ChannelRules {
	/** By channel (hex), in the order in which they apply. */
	const edits = new Map<string, Edit[]>();
	/** Somebody's rank may be another one now. */
	let ranksMoved = false;

	const isValid = ({ entry }: Edit): boolean =>
		ledger.authority.verdicts.get(entry.key) === 'valid';

	function take(control: ControlEntry): void {
		const { content, entry } = control;
		if (isAction(control)) ranksMoved = true;
		if (content.kind !== KIND.channelEdit) return;
		const key = toHex(content.channel);
		const known = edits.get(key) ?? [];
		known.push({ entry, content, wasValid: false });
		known.sort(
			(a, b) =>
				compareTime(a.entry.header.time, b.entry.header.time) || compare(a.entry.id, b.entry.id),
		);
		edits.set(key, known);
	}

	function changed(): ReadonlyMap<string, number> {
		const found = new Map<string, number>();
		for (const [channel, all] of edits) {
			for (const edit of all) {
				const valid = isValid(edit);
				const concerned = valid !== edit.wasValid || (ranksMoved && edit.content.readOnly);
				edit.wasValid = valid;
				const { ms } = edit.entry.header.time;
				if (concerned) found.set(channel, Math.min(ms, found.get(channel) ?? ms));
			}
		}
		ranksMoved = false;
		return found;
	}

	for (const control of ledger.control.values()) take(control);
	changed();
	return {
		take,
		takes(message, channel) {
			const known = edits.get(toHex(channel));
			if (known === undefined) return true;
			const { pasts, ranks } = ledger.resolver;
			const past = pasts.after(message.header.authorityHeads);
			const last = known.findLast((edit) => past.has(edit.entry) && isValid(edit));
			if (last === undefined) return true;
			const { archived, readOnly } = last.content;
			if (archived) return false;
			const isCommunity = ledger.authority.genesis?.spaceKind === SPACE_KIND.community;
			return !readOnly || !isCommunity || ranks.rankAt(message, past) !== null;
		},
		changed,
	};
}
