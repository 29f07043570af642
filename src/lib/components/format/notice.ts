// What a conversation says between its messages.
import { m } from '#lib/paraglide/messages.js';
import type { NoticeView } from '#lib/state/views.ts';
import { timerText } from './timer.ts';

export function noticeText({ what, name, mine }: NoticeView): string {
	switch (what.type) {
		case 'timer': {
			if (what.seconds === 0) return mine ? m.timer_off_mine() : m.timer_off_by({ name });
			const time = timerText(what.seconds);
			return mine ? m.timer_set_mine({ time }) : m.timer_set_by({ name, time });
		}
		case 'device-added':
			return mine
				? m.device_added_mine({ device: what.device })
				: m.device_added_by({ name, device: what.device });
		case 'device-ended':
			return mine
				? m.device_ended_mine({ device: what.device })
				: m.device_ended_by({ name, device: what.device });
	}
}
