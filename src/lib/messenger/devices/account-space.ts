// The space of one person's own devices: made when the second one comes, shown nowhere, and the way on which they tell each
// other what concerns them alone; and those given up for it, for as long as a device may be left in them. [AC1] [MD1] [MD7]
import { bytes, decode, encode, list, tuple, uint } from '#lib/protocol/cbor.ts';
import { EPOCH_REASON } from '#lib/protocol/content.ts';
import type { CopyMessage } from '#lib/protocol/history-copy.ts';
import { DAY, MAX_RELAYS } from '#lib/protocol/limits.ts';
import type { RelayAddress } from '#lib/protocol/relay-address.ts';
import type { SpaceMessage } from '#lib/protocol/space-message.ts';
import type { StoreWrite } from '#lib/ports/store.ts';
import { compare, equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Links } from '../delivery/links.ts';
import type { RelayPool } from '../delivery/relay-pool.ts';
import { err } from '#lib/util/result.ts';
import { foundSpace } from '../founding.ts';
import type { Ports, Self, SelfInSpace } from '../ports.ts';
import { createSelvesInSpaces } from '../self-in-space.ts';
import { startSpaceNode } from '../space-node.ts';
import type { KinMessage, SpaceNode } from '../space-node-face.ts';
import { clearSpace } from '../space-rows.ts';
import { openSpace } from '../space/space.ts';
import type { Space, SpaceChange } from '../space/space-face.ts';

const ROW = { table: 'account', key: ['space'] } as const;
/** Those that were given up. */
const FORMER = { table: 'account', key: ['former'] } as const;
const MAX_FORMER = 16;
/** No relay keeps anything of it for longer. */
const FORMER_STAYS = 30 * DAY;
const formerShape = list(tuple(bytes(32), uint()), MAX_FORMER);
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
	/** What another device (hex) says in this space (hex), or in one that was given up. */
	onKin(space: string, from: string, message: KinMessage): void;
	/** What another device (hex) says, on a direct link, of a copy of the history. */
	onCopy(from: string, message: CopyMessage): void;
	/** It is at work from now on. */
	onStart(node: SpaceNode): void;
}

export interface AccountSpace {
	/** undefined while there is no other device. */
	node(): SpaceNode | undefined;
	/** It, and those that were given up. */
	nodes(): readonly SpaceNode[];
	/** null: there is none. undefined: it is here, and can't be read. */
	id(): Bytes | null | undefined;
	/** Who this installation is to be in one that another device lets it into. */
	selfIn(space: Bytes): Promise<SelfInSpace>;
	open(self: Self, space: Bytes): Promise<Space | undefined>;
	/** This device has come into another one: of the two the lower stays, and the other is given up. `done` goes with that. */
	adopt(space: Space, done: StoreWrite): Promise<void>;
	/** Leaves those that nobody is left in. */
	tidy(): Promise<void>;
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
	const { clock, random, store } = ports;
	let node: SpaceNode | undefined;
	let making: Promise<SpaceNode | undefined> | undefined;

	const selves = createSelvesInSpaces(ports, self);
	const former = new Map<string, { readonly node: SpaceNode; readonly since: number }>();
	/** undefined: it can't be read. */
	let current: Bytes | null | undefined = null;
	const now = (): number => Math.max(0, Math.floor(clock.now()));

	function startNode(space: Space, own: SelfInSpace): Promise<SpaceNode> {
		const isCurrent = (): boolean => current instanceof Uint8Array && equal(space.id, current);
		return startSpaceNode(ports, own, space, pool, links(), {
			onChange(change) {
				if (isCurrent()) events.onChange(change);
				else events.onPresence();
			},
			onDelivery: () => undefined,
			onPresence: events.onPresence,
			onEnrolled: events.onEnrolled,
			onForeign(from, message) {
				if (isCurrent()) events.onForeign(from, message);
			},
			onKin: (from, message) => {
				events.onKin(space.key, from, message);
			},
			onCopy(from, message) {
				if (isCurrent()) events.onCopy(from, message);
			},
		});
	}

	async function start(space: Space, own: SelfInSpace): Promise<SpaceNode> {
		current = space.id;
		const made = await startNode(space, own);
		node = made;
		links().greet();
		events.onStart(made);
		return made;
	}

	async function found(relays: readonly RelayAddress[]): Promise<SpaceNode | undefined> {
		if (current !== null) return undefined;
		const founder = await selves.founder();
		const founded = await foundSpace(ports, founder.self, 'account', NAME, null, relays);
		if (!founded.ok) return undefined;
		const { id } = founded.value;
		const kept = await store.commit([accountSpaceWrite(id), founder.keep(id)]);
		return kept.ok ? start(founded.value, founder.self) : undefined;
	}

	const formerWrite = (all: readonly (readonly [Bytes, number])[]): StoreWrite => ({
		...FORMER,
		value: encode(all.slice(-MAX_FORMER)),
	});
	const formerRows = (): (readonly [Bytes, number])[] =>
		[...former.values()].map(({ node: { space }, since }) => [space.id, since]);

	async function loadFormer(): Promise<void> {
		const row = await store.get(FORMER.table, FORMER.key);
		const decoded = row && decode(formerShape, row, 64 * MAX_FORMER);
		for (const [id, since] of decoded?.ok ? decoded.value : []) {
			const own = await selves.in(id);
			const opened = await openSpace(ports, own, id);
			const isMember = opened.ok && opened.value.ledger.authority.genesis !== null;
			if (isMember) former.set(toHex(id), { node: await startNode(opened.value, own), since });
		}
	}

	/** Whether everybody who is a member there has been heard of in the present one, or has ended there. */
	function isEmpty({ space }: SpaceNode): boolean {
		const { authority, feeds } = node?.space.ledger ?? {};
		return [...space.ledger.authority.active].every(
			(device) =>
				device === toHex(self.device.publicKey) ||
				authority?.fences.has(device) === true ||
				(authority?.active.has(device) === true && (feeds?.get(device)?.seq ?? -1) >= 0),
		);
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
		nodes: () => [
			...(node === undefined ? [] : [node]),
			...[...former.values()].map((each) => each.node),
		],
		id: () => current,
		selfIn: (space) => selves.toEnrol(space),
		async open(own, space) {
			const opened = await openSpace(ports, own, space);
			return opened.ok ? opened.value : undefined;
		},
		async adopt(space, done) {
			const here = node;
			if (current === undefined || (current !== null && equal(space.id, current))) return;
			const isLower = current === null || compare(space.id, current) < 0;
			const given = isLower ? here?.space.id : space.id;
			const rows = [...formerRows(), ...(given ? [[given, now()] as const] : [])];
			const moving = isLower ? [accountSpaceWrite(space.id)] : [];
			const kept = await store.commit([...moving, formerWrite(rows), done]);
			if (!kept.ok) return;
			const own = await selves.in(space.id);
			if (isLower) {
				if (here !== undefined) former.set(here.space.key, { node: here, since: now() });
				await start(space, own);
			} else {
				former.set(space.key, { node: await startNode(space, own), since: now() });
				links().greet();
			}
		},
		async tidy() {
			for (const [key, { node: old, since }] of [...former]) {
				if (node === undefined || (!isEmpty(old) && now() - since < FORMER_STAYS)) continue;
				former.delete(key);
				old.stop();
				await store.commit([formerWrite(formerRows()), ...(await selves.leave(old.space.id))]);
				await clearSpace(store, old.space.id);
			}
		},
		async load() {
			const row = await store.get(ROW.table, ROW.key);
			const decoded = row && decode(tuple(bytes(32)), row, 64);
			if (!decoded?.ok) return;
			const [id] = decoded.value;
			const own = await selves.in(id);
			const isReadable = await selves.isReadable(id);
			const opened = isReadable ? await openSpace(ports, own, id) : err({ type: 'unreadable' });
			// One that can't be read is left as it is; what the devices share is not there then.
			current = opened.ok ? id : undefined;
			if (!opened.ok) return;
			await loadFormer();
			await start(opened.value, own);
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
			for (const each of former.values()) each.node.stop();
		},
	};
}
