// What the parts of a packet are called, for people.
import type {
	LineName,
	Packet,
	PacketKind,
	RouterKind,
	Scene,
	ShownMessage,
	ShownPerson,
} from '#lib/explainer/recording.ts';
import { nameOf, RELAYS } from '#lib/explainer/cast.ts';
import type { Action } from '#lib/explainer/scenario.ts';
import { m } from '#lib/paraglide/messages.js';
import { countText } from '../format/numbers.ts';
import type { Ink } from './packet-mark.ts';

export const kindText: Readonly<Record<PacketKind, () => string>> = {
	message: m.how_kind_message,
	control: m.how_kind_control,
	word: m.how_kind_word,
	signal: m.how_kind_signal,
	receipt: m.how_kind_receipt,
	file: m.how_kind_file,
	setup: m.how_kind_setup,
	beat: m.how_kind_beat,
	check: m.how_kind_check,
	sealed: m.how_kind_sealed,
};

export const inkText: Readonly<Record<Ink, () => string>> = {
	message: m.how_mark_message,
	file: m.how_kind_file,
	control: m.how_mark_control,
	probe: m.how_mark_probe,
	other: m.how_mark_other,
	stopped: m.how_mark_stopped,
};

export const routerText: Readonly<Record<RouterKind, () => string>> = {
	open: m.how_router_open,
	cone: m.how_router_cone,
	symmetric: m.how_router_symmetric,
	firewall: m.how_router_firewall,
};

const lineNames: Readonly<Record<LineName, () => string>> = {
	asks: m.how_read_asks,
	says: m.how_read_says,
	mailbox: m.how_read_mailbox,
	packet: m.how_read_packet,
	size: m.how_read_size,
	recipients: m.how_read_recipients,
	keeps: m.how_read_keeps,
	content: m.how_read_content,
	from: m.how_read_from,
	entry: m.how_read_entry,
	number: m.how_read_number,
	boxes: m.how_read_boxes,
	text: m.how_read_text,
	about: m.how_read_about,
	reason: m.how_read_reason,
	name: m.how_read_name,
	linked: m.how_read_linked,
	hops: m.how_read_hops,
	body: m.how_read_body,
	file: m.how_read_file,
};
export const lineName = (name: LineName): string => lineNames[name]();

const DAY = 86_400;

export const bytesText = (count: number): string => m.how_size_bytes({ count: countText(count) });

export function lineValue(name: LineName, value: string): string {
	if (name === 'size') return bytesText(Number(value));
	if (name === 'recipients' || name === 'boxes') return countText(Number(value));
	if (name !== 'keeps') return value;
	const seconds = Number(value);
	return seconds === 0
		? m.how_keep_not()
		: m.how_keep_days({ count: countText(Math.ceil(seconds / DAY)) });
}

/** Bytes as they are, rather than words. */
export const isRaw = (name: LineName): boolean =>
	name === 'mailbox' || name === 'packet' || name === 'content' || name === 'body';

export const packetText = ({ from, to, kind, size, dropped }: Packet): string =>
	dropped
		? m.how_line_dropped({ from, to, what: kindText[kind]() })
		: m.how_line_packet({ from, to, what: kindText[kind](), size: bytesText(size) });

export const networkText: Readonly<Record<ShownPerson['network'], () => string>> = {
	offline: m.how_net_offline,
	'no-relay': m.how_net_no_relay,
	alone: m.how_net_alone,
	bridged: m.how_net_bridged,
	direct: m.how_net_direct,
};

export const deliveryText: Readonly<Record<NonNullable<ShownMessage['delivery']>, () => string>> = {
	queued: m.how_sent_queued,
	stored: m.how_sent_stored,
	delivered: m.how_sent_delivered,
};

/** What was done in free play, and how things stood then: some actions are there and back. */
export function actionText({ name: what, who, other }: Action, { relays, links }: Scene): string {
	const name = nameOf(who);
	const also = nameOf(other);
	switch (what) {
		case 'join':
			return m.how_play_did_join({ name });
		case 'leave':
			return m.how_play_did_leave({ name });
		case 'return':
			return m.how_play_did_return({ name });
		case 'relay':
			return relays.some((relay) => relay.name === RELAYS[who] && relay.running)
				? m.how_play_did_relay_start({ name: RELAYS[who] ?? '' })
				: m.how_play_did_relay({ name: RELAYS[who] ?? '' });
		case 'cut':
			return links.some(({ a, b, over }) => over === 'cut' && isPair([a, b], [name, also]))
				? m.how_play_did_cut({ name, other: also })
				: m.how_play_did_mend({ name, other: also });
		case 'say':
			return m.how_play_did_say({ name });
		case 'ban':
			return m.how_play_did_ban({ name });
		case 'shadow-ban':
			return m.how_play_did_shadow_ban({ name });
		case 'purge':
			return m.how_play_did_purge({ name });
		case 'slow':
			return who > 0 ? m.how_play_did_slow() : m.how_play_did_fast();
		case 'router':
			return m.how_play_did_router({ name });
		case 'remove':
			return m.how_play_did_remove({ name });
		case 'wait':
			return m.how_play_did_wait();
	}
}

const isPair = (one: readonly string[], two: readonly string[]): boolean =>
	one.toSorted().join() === two.toSorted().join();
