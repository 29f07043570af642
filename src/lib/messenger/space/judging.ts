// What becomes of a message in front of people: shown, kept as a place without its text, or not there at all. Follows from
// the ledger and from what this device can open; changes nothing. [FD3] [SH5] [TB1] [TB3] [FD10] [CH1] [DM3]
import type { ControlEntry, PurgeState } from '#lib/crdt/authority-state.ts';
import { createChannelRules, type ChannelRules } from '#lib/crdt/channel-rules.ts';
import type { Entry } from '#lib/crdt/check-entry.ts';
import type { Ledger } from '#lib/crdt/ledger.ts';
import { purgeKey } from '#lib/crdt/membership.ts';
import type { Gone, LoggedMessage } from '#lib/crdt/segment.ts';
import { KIND, type Time } from '#lib/protocol/entry.ts';
import type { Message } from '#lib/protocol/content.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Self } from '../ports.ts';
import { createAcquaintance } from './acquaintance.ts';
import { isExpired } from './expiring.ts';
import { BEGINNING, sharesPast } from './history-policy.ts';
import type { MessageKeys } from './message-keys.ts';
import { openMessage, openMessageBy } from './opening.ts';
import type { Ratchets } from './ratchets.ts';

/** Where a message is in this device's logs. */
export interface HeldMessage {
	readonly channel: Bytes;
	readonly message: LoggedMessage;
}

/** strip: nothing of its content may stay on this device. */
export type Fate =
	| {
			readonly type: 'shown';
			readonly message: Message;
			/** The entry's own, where it was opened just now. */
			readonly key: Bytes | null;
	  }
	| {
			readonly type: 'gone';
			readonly gone: Gone;
			/** Where it stood, if somebody said so. */
			readonly channel?: Bytes;
			readonly strip: boolean;
	  }
	| { readonly type: 'absent'; readonly strip: boolean };

export interface Judge {
	readonly rules: ChannelRules;
	/** Takes a control entry that has come into the ledger. */
	take(control: ControlEntry): void;
	/** What is older was here before this device, and is given to it as history. */
	began(): Time;
	/** Messages of this device (hex) from this seq on are not shown here. */
	upTo(device: string): number;
	/** Nothing of its content is to be taken in: it is purged, has expired, or is nobody's to see. */
	isBarred(entry: Entry): boolean;
	/** `held`: as it is shown now; `written`: by this device just now. */
	judge(entry: Entry, held?: HeldMessage, written?: Message | null): Promise<Fate>;
}

export function createJudge(
	crypto: CryptoProvider,
	self: Self,
	ledger: Ledger,
	keys: MessageKeys,
	ratchets: Pick<Ratchets, 'keyFor'>,
	clock: Clock,
): Judge {
	const own = toHex(self.device.publicKey);
	const rules = createChannelRules(ledger);
	const knowing = createAcquaintance(ledger, own, self.rootHash);

	/** Whether it is there for this device to be read: its author knew of it, or newcomers are given everything. */
	const isMeantForThis = (entry: Entry): boolean =>
		toHex(entry.header.device) === own || sharesPast(ledger.authority) || knowing.knew(entry);

	function purgeOf({ id, header }: Entry): PurgeState | undefined {
		const { author, device, seq } = header;
		return ledger.authority.purges.get(purgeKey({ id, device, seq }, author));
	}

	/** On the author's own devices nothing is different. */
	const isHidden = ({ header }: Entry): boolean =>
		!equal(header.author, self.rootHash) &&
		ledger.authority.isHidden(toHex(header.author), toHex(header.device), header.seq);

	/** By this device's clock, which alone says so. */
	const isOver = (entry: Entry): boolean => isExpired(entry, clock.now());

	/** Whether it is in the name of whom its device was let in for. */
	function isOwners({ header }: Entry): boolean {
		const device = ledger.authority.devices.get(toHex(header.device));
		return device === undefined || equal(device.rootHash, header.author);
	}

	function upTo(device: string): number {
		// What one wrote oneself can't be opened again: it waits here whether the ban is void after all.
		if (device === own && ledger.authority.fences.has(device)) {
			return ledger.feeds.get(device)?.frozenAt ?? Infinity;
		}
		return ledger.countsUpTo(device);
	}

	async function contentOf(
		entry: Entry,
		held?: HeldMessage,
	): Promise<{ readonly message: Message; readonly key: Bytes | null } | undefined> {
		if (held !== undefined && held.message.gone === null) {
			const { text, replyTo, attachment } = held.message;
			const { channel } = held;
			const files = attachment && { attachment };
			return { message: { kind: KIND.message, channel, text, replyTo, ...files }, key: null };
		}
		const opened = await openMessage(crypto, self.prekeys, entry, ratchets);
		if (opened.type === 'opened') return opened.value;
		const key = await keys.of(entry);
		const message = key && openMessageBy(crypto, entry, key);
		return message && { message, key: null };
	}

	return {
		rules,
		take(control) {
			rules.take(control);
			knowing.take(control);
		},
		began: () => (sharesPast(ledger.authority) && knowing.since()) || BEGINNING,
		upTo,
		isBarred: (entry) => isOver(entry) || isHidden(entry) || purgeOf(entry) !== undefined,
		async judge(entry, held, written) {
			if (isOver(entry) || isHidden(entry)) return { type: 'absent', strip: true };
			const purge = purgeOf(entry);
			const counts = isOwners(entry) && entry.header.seq < upTo(toHex(entry.header.device));
			if (!counts) return { type: 'absent', strip: purge !== undefined };
			if (purge !== undefined) {
				if (held === undefined && !isMeantForThis(entry)) return { type: 'absent', strip: true };
				return { type: 'gone', gone: goneBy(purge), channel: purge.channel, strip: true };
			}
			const content = written ? { message: written, key: null } : await contentOf(entry, held);
			if (content === undefined) {
				if (held === undefined && !isMeantForThis(entry)) return { type: 'absent', strip: false };
				return { type: 'gone', gone: UNREADABLE, strip: false };
			}
			const { message, key } = content;
			if (!rules.takes(entry, message.channel)) return { type: 'absent', strip: false };
			return { type: 'shown', message, key };
		},
	};
}

const UNREADABLE: Gone = { how: 'unreadable', by: null, reason: '' };

const goneBy = ({ by, author, reason }: PurgeState): Gone => ({
	how: equal(by, author) ? 'deleted' : 'purged',
	by,
	reason,
});
