// Devices of `devices.ts` that keep level over links which a test makes and breaks: what one says, another hears when the
// test lets it.
import { createSpaceSync, type SpaceSync } from '#lib/messenger/delivery/space-sync.ts';
import type { Post } from '#lib/messenger/delivery/post-face.ts';
import { toHex } from '#lib/util/bytes.ts';
import type { SpaceMessage } from '#lib/protocol/space-message.ts';
import type { Device } from './devices.ts';

interface Said {
	readonly from: Device;
	readonly to: Device;
	readonly message: SpaceMessage;
}

export interface Syncing {
	/** All that was said. */
	readonly said: Said[];
	/** Makes a link between two, over which both say what they hold. */
	meet(a: Device, b: Device): Promise<void>;
	part(a: Device, b: Device): void;
	/** Brings a message that nobody sent by itself. */
	bring(from: Device, to: Device, message: SpaceMessage): Promise<void>;
	/** Until nothing is under way. */
	settle(): Promise<void>;
	/** When (ms) all was last there that somebody had said it holds. */
	levelAt(device: Device): number;
	/** The device starts anew: it has a space opened from its disk, and no links. */
	restart(device: Device): void;
	stop(): void;
}

const nothing = (): void => undefined;

export function createSyncing(...devices: readonly Device[]): Syncing {
	const syncs = new Map<string, SpaceSync>();
	const links = new Set<string>();
	const waiting: Said[] = [];
	const said: Said[] = [];

	const linkOf = (a: string, b: string): string => [a, b].sort().join(' ');

	function start(device: Device): void {
		syncs.get(device.key)?.stop();
		const route = (other: string): 'direct' | null =>
			links.has(linkOf(device.key, other)) ? 'direct' : null;
		function send(other: string, message: SpaceMessage): boolean {
			const to = devices.find(({ key }) => key === other);
			if (to === undefined || route(other) === null) return false;
			const all = message.type === 'entries' ? message.packets : [];
			if (all.length === 0) waiting.push({ from: device, to, message });
			for (let at = 0; at < all.length; at += 64) {
				const packets = all.slice(at, at + 64);
				waiting.push({ from: device, to, message: { type: 'entries', packets } });
			}
			return true;
		}
		const post = {
			route,
			send,
			tell: send,
			attempt: send,
			isLarge: () => false,
			sendAll: (message: SpaceMessage) => {
				for (const { key } of devices) if (key !== device.key) send(key, message);
			},
		} as unknown as Post;
		const sync = createSpaceSync(device.ports, device.self, device.space, post, {
			onAcknowledged: nothing,
			onAuthorAway: nothing,
			onStated: nothing,
			onOutsider: nothing,
		});
		syncs.set(device.key, sync);
		device.space.onChange = (change) => {
			device.changes.push(change);
			sync.onKept(change.placed.map(({ entry }) => entry.header.device));
			if (change.control) sync.askAll();
		};
	}
	for (const device of devices) start(device);

	async function deliver({ from, to, message }: Said): Promise<void> {
		const sync = syncs.get(to.key);
		if (message.type === 'state') await sync?.onState(from.key, message.state);
		if (message.type === 'pull') await sync?.onPull(from.key, message);
		if (message.type !== 'entries') return;
		const taken = await to.space.receive(message.packets);
		if (taken.ok) sync?.onEntries(from.key, message.packets.length, taken.value.disputed);
	}

	async function settle(): Promise<void> {
		for (let quiet = 0; quiet < 5; quiet++) {
			await new Promise((resolve) => setImmediate(resolve));
			for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
				quiet = 0;
				if (!links.has(linkOf(next.from.key, next.to.key))) continue;
				said.push(next);
				await deliver(next);
			}
		}
	}

	return {
		said,
		async meet(a, b) {
			links.add(linkOf(a.key, b.key));
			syncs.get(a.key)?.hello(b.key);
			syncs.get(b.key)?.hello(a.key);
			await settle();
		},
		part(a, b) {
			links.delete(linkOf(a.key, b.key));
		},
		async bring(from, to, message) {
			await deliver({ from, to, message });
			await settle();
		},
		settle,
		levelAt: ({ key }) => syncs.get(key)?.levelAt() ?? -Infinity,
		restart(device) {
			for (const { key } of devices) links.delete(linkOf(device.key, key));
			start(device);
		},
		stop() {
			for (const sync of syncs.values()) sync.stop();
		},
	};
}

/** Names of those who were asked by this device for a stretch of another's feed. */
export const askedFor = ({ said }: Syncing, by: Device, feed: Device): string[] =>
	said.flatMap(({ from, to, message }) =>
		from === by &&
		message.type === 'pull' &&
		message.ranges.some((range) => toHex(range.feed) === feed.key)
			? [to.name]
			: [],
	);
