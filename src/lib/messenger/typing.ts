// Who is writing just now: said to whoever can be reached at this moment, kept nowhere, and forgotten within seconds. One
// choice of the person's, on all of their devices, is both: to say it, and to hear it of others. [TY1] [TY2] [TY3] [TY4]
import { KIND } from '#lib/protocol/entry.ts';
import { typingContent, type Typing } from '#lib/protocol/typing.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import { equal, fromHex, toHex } from '#lib/util/bytes.ts';
import { createSignal } from '#lib/util/signal.ts';
import { createOnce } from './delivery/once.ts';
import type { Self } from './ports.ts';
import type { SharedSettings } from './shared-settings.ts';
import type { SpaceNode } from './space-node-face.ts';
import type { SpaceChange } from './space/space-face.ts';
import type { TypingSigns, TypingView } from './typing-api.ts';

const SAY_EVERY = 3000;
/** A second more than twice that would show somebody who has stopped for long. */
const SHOWN_FOR = 6000;
const HEARD_EVERY = 1000;
/** What is older or younger is somebody's replay. */
const MAX_SKEW = 2 * 3_600_000;
/** Devices of a space, this one included. */
const MAX_TYPING_DEVICES = 33;

type TypingNode = Pick<SpaceNode, 'space' | 'self'> & {
	readonly post: Pick<SpaceNode['post'], 'sendAll'>;
};

interface TypingParts {
	readonly clock: Clock;
	readonly crypto: Pick<CryptoProvider, 'verify'>;
	readonly self: Pick<Self, 'rootHash'>;
	readonly settings: Pick<SharedSettings, 'get' | 'watch'>;
	/** A space (hex) at work. */
	node(space: string): TypingNode | undefined;
	isBlocked(rootHash: string): boolean;
}

export interface TypingHere extends TypingSigns {
	/** What a device of a space (hex) says. */
	take(space: string, typing: Typing): Promise<void>;
	/** Who has written writes no longer. */
	onPlaced(space: string, placed: SpaceChange['placed']): void;
	stop(): void;
}

interface Shown extends TypingView {
	readonly device: string;
	readonly end: () => void;
}

export function createTyping(parts: TypingParts): TypingHere {
	const { clock, crypto, self, settings } = parts;
	const said = createOnce(clock, SAY_EVERY);
	const heard = createOnce(clock, HEARD_EVERY);
	/** Space and device (hex) → the time of the last that was taken. */
	const last = new Map<string, number>();
	/** Space (hex) → the time of the last that was said. */
	const saidAt = new Map<string, number>();
	const shown = new Map<string, Shown>();
	const view = createSignal<readonly TypingView[]>([]);
	let stopped = false;

	const isOn = (): boolean => settings.get('typing') !== 'off';
	const publish = (): void => {
		view.set(
			[...shown.values()].map(({ space, channel, rootHash, name }) => ({
				...{ space, channel, rootHash, name },
			})),
		);
	};

	function hide(key: string): void {
		const one = shown.get(key);
		if (one === undefined) return;
		one.end();
		shown.delete(key);
		publish();
	}

	function show(key: string, one: Omit<Shown, 'end'>): void {
		shown.get(key)?.end();
		const end = clock.after(SHOWN_FOR, () => {
			hide(key);
		});
		shown.set(key, { ...one, end });
		publish();
	}

	const isSmall = ({ space }: TypingNode): boolean =>
		space.ledger.authority.active.size <= MAX_TYPING_DEVICES;

	const hasChannel = ({ space }: TypingNode, channel: Uint8Array): boolean =>
		space.ledger.authority.channels.some(({ id, archived }) => !archived && equal(id, channel));

	/** Of whom nobody is to see anything, as of their next message. */
	function isHidden({ space }: TypingNode, device: string, rootHash: string): boolean {
		const seq = (space.ledger.feeds.get(device)?.seq ?? -1) + 1;
		return parts.isBlocked(rootHash) || space.ledger.authority.isHidden(rootHash, device, seq);
	}

	async function say(node: TypingNode, channel: Uint8Array<ArrayBuffer>): Promise<void> {
		const { device } = node.self;
		const own = node.space.ledger.feeds.get(toHex(device.publicKey));
		const content = {
			space: node.space.id,
			device: device.publicKey,
			channel,
			time: Math.max(
				Math.floor(clock.now()),
				(own?.time.ms ?? -1) + 1,
				(saidAt.get(node.space.key) ?? -1) + 1,
			),
		};
		saidAt.set(node.space.key, content.time);
		const signature = await device.sign(typingContent(content));
		if (!stopped) node.post.sendAll({ type: 'typing', ...content, signature });
	}

	const stopWatching = settings.watch('typing', () => {
		if (!isOn()) for (const key of [...shown.keys()]) hide(key);
	});

	return {
		view,
		type(space, channel) {
			const node = parts.node(space);
			const id = fromHex(channel);
			if (node === undefined || id === undefined || !isOn() || !isSmall(node)) return;
			const { authority } = node.space.ledger;
			if (!authority.active.has(toHex(node.self.device.publicKey))) return;
			if (said(`${space} ${channel}`)) void say(node, id);
		},
		async take(space, typing) {
			const node = parts.node(space);
			const key = toHex(typing.device);
			const device = node?.space.ledger.authority.devices.get(key);
			if (node === undefined || device?.active !== true || !isOn() || !isSmall(node)) return;
			if (!equal(typing.space, node.space.id) || !hasChannel(node, typing.channel)) return;
			const rootHash = toHex(device.rootHash);
			if (equal(device.rootHash, self.rootHash) || isHidden(node, key, rootHash)) return;
			const place = `${space} ${key}`;
			const before = last.get(place) ?? node.space.ledger.feeds.get(key)?.time.ms ?? -1;
			if (typing.time <= before || Math.abs(typing.time - clock.now()) > MAX_SKEW) return;
			if (!heard(place)) return;
			const { signature, ...content } = typing;
			if (!(await crypto.verify(typing.device, typingContent(content), signature))) return;
			if (stopped || typing.time <= (last.get(place) ?? -1)) return;
			last.set(place, typing.time);
			const { name } = device.member;
			show(place, { space, channel: toHex(typing.channel), rootHash, name, device: key });
		},
		onPlaced(space, placed) {
			for (const { entry } of placed) {
				const { kind, device, time } = entry.header;
				if (kind !== KIND.message) continue;
				const place = `${space} ${toHex(device)}`;
				if (time.ms > (last.get(place) ?? -1)) last.set(place, time.ms);
				hide(place);
			}
		},
		stop() {
			stopped = true;
			stopWatching();
			for (const { end } of shown.values()) end();
			shown.clear();
		},
	};
}
