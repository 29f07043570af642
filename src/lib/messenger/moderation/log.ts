// The moderation log: who did what to whom, why, and whether it counts. Read from the authority log anew whenever that
// changes. [ML1]
import type { ControlEntry, Verdict } from '#lib/crdt/authority-state.ts';
import type { Ledger } from '#lib/crdt/ledger.ts';
import { KIND } from '#lib/protocol/entry.ts';
import type { SealedContent } from '#lib/protocol/moderation.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import type { ActionView } from '../api.ts';
import { powersIn } from '../powers.ts';

type What = Pick<ActionView, 'type' | 'target' | 'reason' | 'messages' | 'message'>;

const SHOWN_VERDICTS: readonly Verdict[] = ['valid', 'not-allowed', 'not-senior', 'beyond-fence'];

const shownVerdict = (verdict: Verdict | undefined): ActionView['verdict'] =>
	verdict !== undefined && SHOWN_VERDICTS.includes(verdict)
		? (verdict as ActionView['verdict'])
		: 'void';

/** Every action that this device can read, the latest first. */
export function moderationLog(ledger: Ledger, self: Bytes): readonly ActionView[] {
	const { authority, resolver } = ledger;
	const { rank: ownRank } = powersIn(ledger, self);
	const nameOf = (root: string | null): string =>
		(root === null ? undefined : authority.people.get(root)?.name) ?? '';

	const mayUndo = (rank: number | null): boolean =>
		ownRank !== null && rank !== null && ownRank <= rank;

	function whatOf({ content, entry }: ControlEntry): What | null {
		const about = (
			type: ActionView['type'],
			target: Bytes | null,
			reason = '',
			messages: readonly { readonly id: Bytes }[] = [],
		): What => ({
			type,
			target: target && toHex(target),
			reason,
			messages: messages.length,
			message: messages[0] === undefined ? null : toHex(messages[0].id),
		});
		switch (content.kind) {
			case KIND.grant:
				return about('grant', content.target);
			case KIND.revoke:
				return about('revoke', content.target, content.reason);
			case KIND.ban:
				return about('ban', content.target, content.reason);
			case KIND.unban: {
				const ban = content.bans.map((id) => authority.bans.get(toHex(id))).find(Boolean);
				return about('unban', ban?.content.target ?? null, content.reason);
			}
			case KIND.tombstone: {
				// Whoever takes back their own words does nothing to anybody.
				if (toHex(content.author) === toHex(entry.header.author)) return null;
				return about('purge', content.author, content.reason, content.messages);
			}
			case KIND.recall:
				return about('recall', authority.invites.get(toHex(content.invite))?.author ?? null);
			case KIND.sealed:
				return content.content && whatOfSealed(content.content);
			default:
				return null;
		}
		function whatOfSealed(sealed: SealedContent): What {
			switch (sealed.type) {
				case 'shadow-ban':
					return about('shadow-ban', sealed.target, sealed.reason);
				case 'shadow-unban': {
					const bans = sealed.bans.map((id) => ledger.control.get(toHex(id))?.content);
					const ban = bans.find((each) => each?.kind === KIND.sealed);
					const inner = ban?.kind === KIND.sealed ? ban.content : null;
					const target = inner?.type === 'shadow-ban' ? inner.target : null;
					return about('shadow-unban', target, sealed.reason);
				}
				case 'report':
					return about('report', sealed.author, sealed.reason, [sealed.message]);
			}
		}
	}

	function stateOf(
		control: ControlEntry,
		what: What,
	): Pick<ActionView, 'verdict' | 'undone' | 'mayUndo'> {
		const { key } = control.entry;
		const verdict = shownVerdict(authority.verdicts.get(key));
		const plain = { verdict, undone: false, mayUndo: false };
		switch (what.type) {
			case 'ban': {
				const undone = (authority.bans.get(key)?.undone ?? null) !== null;
				const isOpen = verdict === 'valid' && !undone;
				return {
					...plain,
					undone,
					mayUndo: isOpen && mayUndo(resolver.ranks.rankOf(control.entry)),
				};
			}
			case 'shadow-ban': {
				const ban = resolver.shadows.banOf(key);
				if (ban === undefined) return { ...plain, verdict: 'not-allowed' };
				const undone = ban.until.length > 0;
				return { ...plain, undone, mayUndo: !undone && mayUndo(ban.rank) };
			}
			case 'shadow-unban':
				return { ...plain, verdict: resolver.shadows.undoes(key) ? 'valid' : 'not-allowed' };
			case 'grant':
				return { ...plain, undone: what.target !== null && !authority.ranks.has(what.target) };
			default:
				return plain;
		}
	}

	const actions: ActionView[] = [];
	for (const control of ledger.control.values()) {
		const what = whatOf(control);
		if (what === null) continue;
		const by = toHex(control.entry.header.author);
		actions.push({
			...what,
			...stateOf(control, what),
			id: control.entry.key,
			by,
			byName: nameOf(by),
			targetName: nameOf(what.target),
			time: control.entry.header.time.ms,
		});
	}
	return [...actions, ...forks(ledger)].sort((a, b) => b.time - a.time);
}

/** Devices that have signed two entries for one place. */
function forks({ authority, feeds }: Ledger): readonly ActionView[] {
	return [...feeds.values()].flatMap((feed): ActionView[] => {
		const device = authority.devices.get(toHex(feed.device));
		if (feed.frozenAt === null || device === undefined) return [];
		const root = toHex(device.rootHash);
		const name = authority.people.get(root)?.name ?? '';
		return [
			{
				id: toHex(feed.device),
				type: 'fork',
				by: root,
				byName: name,
				target: root,
				targetName: name,
				reason: '',
				time: feed.time.ms,
				verdict: 'valid',
				undone: false,
				mayUndo: false,
				messages: 0,
				message: null,
			},
		];
	});
}
