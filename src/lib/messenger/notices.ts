// What a conversation says between its messages: who set its timer, who uses other devices than before. Read from the
// authority log; only what counts is told. [DM1] [SN6]
import type { ControlEntry } from '#lib/crdt/authority-state.ts';
import type { Ledger } from '#lib/crdt/ledger.ts';
import { SPACE_KIND } from '#lib/protocol/content.ts';
import { compareTime, KIND } from '#lib/protocol/entry.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';

export interface NoticeView {
	/** Entry id. */
	readonly id: string;
	/** Milliseconds since 1970, by the clock of who wrote it. */
	readonly time: number;
	readonly what:
		| { readonly type: 'timer'; readonly seconds: number }
		| { readonly type: 'device-added' | 'device-ended'; readonly device: string };
	/** Root Hash of whom it is about. */
	readonly who: string;
	readonly name: string;
	readonly mine: boolean;
}

type What = Pick<NoticeView, 'what'> & { readonly who: string };

/** Those of one channel, oldest first. Devices are told of in a space's first channel. */
export function noticesIn(ledger: Ledger, self: Bytes, channel: Bytes): readonly NoticeView[] {
	const { authority } = ledger;
	const [first] = authority.channels;
	const isFirst = first !== undefined && equal(first.id, channel);
	const tellsDevices = isFirst || authority.genesis?.spaceKind === SPACE_KIND.direct;
	const own = toHex(self);
	const known = new Map<string, Set<string>>();
	let timer = 0;

	function added(root: Bytes | null, device: Bytes, name: string): What | null {
		const who = root === null ? '' : toHex(root);
		const devices = known.get(who) ?? new Set();
		known.set(who, devices);
		const isNew = !devices.has(toHex(device));
		const isFurther = isNew && devices.size > 0;
		devices.add(toHex(device));
		return isFurther ? { who, what: { type: 'device-added', device: name } } : null;
	}

	function whatOf({ entry, content, memberRoot }: ControlEntry): What | null {
		const who = toHex(entry.header.author);
		switch (content.kind) {
			case KIND.genesis:
				return added(
					entry.header.author,
					entry.header.device,
					content.founder.certificate.deviceName,
				);
			case KIND.admit:
			case KIND.enrol: {
				const { deviceKey, deviceName } = content.member.certificate;
				return added(memberRoot, deviceKey, deviceName);
			}
			case KIND.revokeDevice: {
				const device = authority.devices.get(toHex(content.device));
				if (device === undefined) return null;
				const { deviceName } = device.member.certificate;
				const what = { type: 'device-ended', device: deviceName } as const;
				return { who: toHex(device.rootHash), what };
			}
			case KIND.channelEdit: {
				if (!equal(content.channel, channel) || content.timer === timer) return null;
				timer = content.timer;
				return { who, what: { type: 'timer', seconds: timer } };
			}
			default:
				return null;
		}
	}

	const valid = [...ledger.control.values()]
		.filter(({ entry }) => authority.verdicts.get(entry.key) === 'valid')
		.sort((a, b) => compareTime(a.entry.header.time, b.entry.header.time));
	return valid.flatMap((control) => {
		const told = whatOf(control);
		if (told === null || (told.what.type !== 'timer' && !tellsDevices)) return [];
		const { key, header } = control.entry;
		const name = authority.people.get(told.who)?.name ?? '';
		return [{ id: key, time: header.time.ms, name, mine: told.who === own, ...told }];
	});
}
