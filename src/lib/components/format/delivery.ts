// Where a message of mine is, in a word and in a sentence. Says what is known and no more.
import { m } from '#lib/paraglide/messages.js';
import { untilTime } from './time.ts';
import { hostOf } from './host.ts';
import type { Delivery } from '#lib/state/views.ts';

export type DeliveryMark = 'queued' | 'stored' | 'partly' | 'all';

export function deliveryMark({ state, delivered, of }: Delivery): DeliveryMark {
	if (state !== 'delivered') return state;
	return delivered < of ? 'partly' : 'all';
}

export function deliveryWord(delivery: Delivery): string {
	const { delivered, of } = delivery;
	switch (deliveryMark(delivery)) {
		case 'queued':
			return m.delivery_queued();
		case 'stored':
			return m.delivery_stored();
		case 'partly':
			return m.delivery_partly({ delivered, of });
		case 'all':
			return m.delivery_all();
	}
}

export function deliverySentence(delivery: Delivery): string {
	const { delivered, of } = delivery;
	if (of === 0) return m.delivery_alone_text();
	if (delivery.state === 'stored') {
		return m.delivery_stored_text({
			relay: hostOf(delivery.relay),
			until: untilTime(delivery.until),
			delivered,
			of,
		});
	}
	if (delivery.state === 'queued') {
		return delivered === 0 ? m.delivery_queued_text() : m.delivery_queued_some({ delivered, of });
	}
	return delivered < of
		? m.delivery_partly_text({ delivered, of })
		: m.delivery_all_text({ count: of });
}
