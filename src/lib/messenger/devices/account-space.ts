// The space of one person's own devices: made when the second one comes, shown nowhere, and the way on which they tell each
// other what concerns them alone. [AC1] [MD1]
import { decodeFrame, encode, bytes, tuple } from '#lib/protocol/cbor.ts';
import { EPOCH_REASON } from '#lib/protocol/content.ts';
import type { CopyMessage } from '#lib/protocol/history-copy.ts';
import { MAX_RELAYS } from '#lib/protocol/limits.ts';
import type { RelayAddress } from '#lib/protocol/relay-address.ts';
import type { SpaceMessage } from '#lib/protocol/space-message.ts';
import type { StoreWrite } from '#lib/ports/store.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Links } from '../delivery/links.ts';
import type { RelayPool } from '../delivery/relay-pool.ts';
import { foundSpace } from '../founding.ts';
import type { Ports, Self, SelfInSpace } from '../ports.ts';
import { createSelvesInSpaces } from '../self-in-space.ts';
import { startSpaceNode } from '../space-node.ts';
import type { SpaceNode } from '../space-node-face.ts';
import { openSpace } from '../space/space.ts';
import type { Space, SpaceChange } from '../space/space-face.ts';

const ROW = { table: 'account', key: ['space'] } as const;
/** Nobody sees it. */
const NAME = 'Devices';

/** Makes this space the account space of this installation. */
export const accountSpaceWrite = (id: Bytes): StoreWrite => ({ ...ROW, value: encode([id]) });

export interface AccountSpaceEvents {
	onChange(change: SpaceChange): void;
	onPresence(): void;
	/** Another device lets this one into a space. */
	onEnrolled(device: Bytes, block: Bytes): void;
	/** What another device (hex) says of other spaces. */
	onForeign(from: string, message: SpaceMessage): void;
	/** What another device (hex) says, on a direct link, of a copy of the history. */
	onCopy(from: string, message: CopyMessage): void;
	/** It is at work from now on. */
	onStart(node: SpaceNode): void;
}

export interface AccountSpace {
	/** undefined while there is no other device. */
	node(): SpaceNode | undefined;
	load(): Promise<void>;
	/** Makes it if there is none, and sees to it that it uses these relays. */
	ready(relays: readonly RelayAddress[]): Promise<SpaceNode | undefined>;
	/** Other devices (hex) of this person. */
	others(): readonly string[];
	/** Says something to another device: now, or by a stored copy. */
	tell(device: string, message: SpaceMessage): Promise<void>;
	stop(): void;
}

export function createAccountSpace(
	ports: Ports,
	self: Self,
	pool: RelayPool,
	links: () => Links,
	events: AccountSpaceEvents,
): AccountSpace {
	const { random, store } = ports;
	let node: SpaceNode | undefined;
	let making: Promise<SpaceNode | undefined> | undefined;

	const selves = createSelvesInSpaces(ports, self);

	async function start(space: Space, own: SelfInSpace): Promise<SpaceNode> {
		const made = await startSpaceNode(ports, own, space, pool, links(), {
			onChange: events.onChange,
			onDelivery: () => undefined,
			onPresence: events.onPresence,
			onEnrolled: events.onEnrolled,
			onForeign: events.onForeign,
			onCopy: events.onCopy,
		});
		node = made;
		links().greet();
		events.onStart(made);
		return made;
	}

	async function found(relays: readonly RelayAddress[]): Promise<SpaceNode | undefined> {
		const founder = await selves.founder();
		const founded = await foundSpace(ports, founder.self, 'account', NAME, null, relays);
		if (!founded.ok) return undefined;
		const { id } = founded.value;
		const kept = await store.commit([accountSpaceWrite(id), founder.keep(id)]);
		return kept.ok ? start(founded.value, founder.self) : undefined;
	}

	/** The first of each, as many as an epoch may name. */
	function joined(present: readonly RelayAddress[], more: readonly RelayAddress[]): RelayAddress[] {
		const all = [...present];
		for (const relay of more) {
			if (all.length >= MAX_RELAYS) break;
			if (!all.some(({ key }) => equal(key, relay.key))) all.push(relay);
		}
		return all;
	}

	return {
		node: () => node,
		async load() {
			const row = await store.get(ROW.table, ROW.key);
			const decoded = row && decodeFrame(tuple(bytes(32)), row, 64);
			if (!decoded?.ok) return;
			const own = await selves.in(decoded.value[0]);
			const opened = await openSpace(ports, own, decoded.value[0]);
			// One that can't be read is left as it is; what the devices share is not there then.
			if (opened.ok) await start(opened.value, own);
		},
		async ready(relays) {
			if (node === undefined) {
				making ??= found(joined([], relays)).finally(() => (making = undefined));
				return making;
			}
			const { authority } = node.space.ledger;
			const present = authority.epoch?.content.relays ?? [];
			if (joined(present, relays).length > present.length) {
				await node.startEpoch(EPOCH_REASON.relays, (now) => joined(now, relays));
			}
			return node;
		},
		others() {
			const own = toHex(self.device.publicKey);
			return [...(node?.space.ledger.authority.devices ?? [])]
				.filter(([device, { active }]) => active && device !== own)
				.map(([device]) => device);
		},
		async tell(device, message) {
			if (node === undefined || node.post.send(device, message)) return;
			const copy = { packet: random.bytes(32), preimage: random.bytes(32), notIn: null };
			await node.post.store([device], copy, message);
		},
		stop() {
			node?.stop();
		},
	};
}
