// Devices of one person that are in no account space together: one came back by the recovery phrase while another lived, or
// both were cut off from each other. Where they meet in any space, each says which account space is its own; the lowest
// stays, and whoever is in another asks to be let in there. Knows nothing of what the devices share. [MD7]
import { sealTo, MAX_SEALED_TO } from '#lib/crypto/seal.ts';
import { bytes, decode, encode, optional, tuple, uint } from '#lib/protocol/cbor.ts';
import { ANSWER_OVERHEAD } from '#lib/protocol/lobby.ts';
import type { RelayAddress } from '#lib/protocol/relay-address.ts';
import { kinContent, type Kin } from '#lib/protocol/kin.ts';
import type { EnrolRequest } from '#lib/protocol/space-message.ts';
import { DAY } from '#lib/protocol/limits.ts';
import { equal, fromHex, toHex } from '#lib/util/bytes.ts';
import { batchesOf } from '../delivery/splitting.ts';
import { createOnce } from '../delivery/once.ts';
import { encodeAnswer, type WholeReply } from '../joining/answers.ts';
import { letInOwnDevice } from '../joining/own-device.ts';
import type { Ports } from '../ports.ts';
import { createQueue } from '../queue.ts';
import type { KinMessage, SpaceNode } from '../space-node-face.ts';
import type { AccountSpace } from './account-space.ts';
import type { Askable } from './arriving.ts';

/** How often a device that is there is told, at first and later: nobody may have an answer. */
const SAY_EVERY = 10_000;
const SAY_SELDOM = 10 * 60_000;
const OFTEN = 6;
/** How often it is left for one that is away. */
const LEAVE_EVERY = DAY;
/** When something was last left of itself, and with which account space: over starts, too. */
const LEFT = { table: 'account', key: ['kin'] } as const;
const leftShape = tuple(uint(), optional(bytes(32)));
/** How often anybody is answered. */
const ANSWER_EVERY = 3000;

export interface Kinship {
	load(): Promise<void>;
	/** Who can be reached, who is a member, or which account space there is, may have changed. */
	look(): void;
	/** What a device (hex) says in a space (hex). */
	onMessage(space: string, from: string, message: KinMessage): void;
	/** The account space (hex) that this device is to come into, if any. */
	wanted(): string | undefined;
	/** Where the devices are met that are in it. */
	askable(account: string): readonly Askable[];
	stop(): void;
}

export interface KinshipParts {
	/** Spaces that are here, without account spaces. */
	spaces(): readonly SpaceNode[];
	relays(): readonly RelayAddress[];
	/** Another account space may be wanted now. */
	onChange(): void;
}

interface Met {
	readonly node: SpaceNode;
	/** Its key in this space, hex. */
	readonly device: string;
	readonly name: string;
}

export function createKinship(
	ports: Ports,
	account: AccountSpace,
	{ spaces, relays, onChange }: KinshipParts,
): Kinship {
	const { clock, crypto, random, store } = ports;
	const working = createQueue();
	/** By space and device: the account space (hex) that it last said to be its own; null: none. */
	const said = new Map<string, string | null>();
	const times = new Map<string, number>();
	const saying = createOnce(clock, SAY_EVERY);
	const leaving = createOnce(clock, LEAVE_EVERY);
	const answering = createOnce(clock, ANSWER_EVERY);
	let left: { readonly at: number; readonly as: string | null } | undefined;
	let cancel: (() => void) | undefined;
	let stopped = false;

	/** Of the present account space; null where there is none. */
	const present = (): string | null => {
		const id = account.id();
		return id ? toHex(id) : null;
	};
	const nodes = (): readonly SpaceNode[] => [...spaces(), ...account.nodes()];

	/** Other devices of this person, wherever they are members. */
	function met(): Met[] {
		return nodes().flatMap((node) => {
			const { people } = node.space.ledger.authority;
			const own = toHex(node.self.device.publicKey);
			const mine = people.get(toHex(node.self.rootHash))?.devices ?? [];
			return mine
				.filter(({ active, device }) => active && toHex(device) !== own)
				.map((each) => toHex(each.device))
				.map((device) => ({ node, device, name: `${node.space.key} ${device}` }));
		});
	}

	/** Whether it has been heard of in the present account space: then it has come there. */
	function isThere({ node, device }: Met): boolean {
		const here = account.node();
		if (here === undefined) return false;
		if (node.space.key === here.space.key) return true;
		const { authority, feeds } = here.space.ledger;
		return authority.active.has(device) && (feeds.get(device)?.seq ?? -1) >= 0;
	}

	async function say({ node, device, name }: Met, wantsReply: boolean): Promise<void> {
		const { space, self, post } = node;
		const id = present();
		const content: Omit<Kin, 'signature'> = {
			space: space.id,
			device: self.device.publicKey,
			account: id === null ? null : (fromHex(id) ?? null),
			wantsReply,
		};
		const signature = await self.device.sign(kinContent(content));
		const message = { type: 'kin' as const, ...content, signature };
		if (stopped || post.send(device, message) || !post.hasRelay()) return;
		if (!leaving(`${name} ${id}`)) return;
		const copy = { packet: random.bytes(32), preimage: random.bytes(32), notIn: null };
		const { copies } = await post.store([device], copy, message);
		if (copies.length === 0 || stopped) return;
		left = { at: Math.max(0, Math.floor(clock.now())), as: id };
		await store.commit([{ ...LEFT, value: encode([left.at, content.account]) }]);
	}

	/** Those who are away for good are not left something by each start. */
	const mayLeave = (): boolean =>
		left?.as !== present() || Math.abs(clock.now() - left.at) >= LEAVE_EVERY;

	function isDue({ node, device, name }: Met): boolean {
		if (node.post.route(device) === null)
			return mayLeave() && !leaving.lately(`${name} ${present()}`);
		const count = times.get(name) ?? 0;
		if (!saying(name, count < OFTEN ? SAY_EVERY : SAY_SELDOM)) return false;
		times.set(name, count + 1);
		return true;
	}

	function look(): void {
		if (stopped || account.id() === undefined) return;
		cancel?.();
		cancel = undefined;
		const own = present();
		const strangers = met().filter((each) => !isThere(each));
		const unsettled = strangers.filter(({ name }) => own === null || said.get(name) !== own);
		for (const each of unsettled) if (isDue(each)) void say(each, true);
		if (unsettled.length > 0) cancel = clock.after(SAY_EVERY, look);
		void account.tidy();
	}

	async function onKin(each: Met, kin: Kin): Promise<void> {
		const { node, device, name } = each;
		if (!equal(kin.space, node.space.id) || toHex(kin.device) !== device) return;
		if (!(await crypto.verify(kin.device, kinContent(kin), kin.signature)) || stopped) return;
		const theirs = kin.account && toHex(kin.account);
		said.set(name, theirs);
		const isFirst = toHex(node.self.device.publicKey) < device;
		if (theirs === null && present() === null && isFirst) await account.ready(relays());
		onChange();
		if (kin.wantsReply && answering(`${name} ${theirs} ${present()}`)) {
			await say(each, theirs !== present());
		}
		look();
	}

	async function onEnrolMe(each: Met, request: EnrolRequest): Promise<void> {
		const here = account.node();
		if (here === undefined || toHex(request.space) !== here.space.key) {
			// It has become another one meanwhile.
			if (answering(each.name)) await say(each, true);
			return;
		}
		const entrance = await letInOwnDevice(ports, here.self, here, request);
		if (entrance === null || stopped) return;
		const { certificate, prekey } = request.member;
		const asker = { space: here.space.id, tokenHash: request.tokenHash };
		const replies: WholeReply[] = [
			entrance.welcome,
			...batchesOf(entrance.packets, MAX_SEALED_TO - ANSWER_OVERHEAD).map((packets) => ({
				type: 'entries' as const,
				packets,
			})),
		];
		const { post } = each.node;
		for (const reply of replies) {
			for (const content of await encodeAnswer(crypto, here.self, asker, reply)) {
				const block = await sealTo(crypto, random, prekey.publicKey, content);
				if (block === undefined || stopped) return;
				const message = { type: 'enrolled' as const, device: certificate.deviceKey, block };
				if (post.send(each.device, message)) continue;
				const copy = { packet: random.bytes(32), preimage: random.bytes(32), notIn: null };
				await post.store([each.device], copy, message);
			}
		}
	}

	function wanted(): string | undefined {
		const own = present();
		const lower = met().flatMap(({ name }) => {
			const theirs = said.get(name);
			return theirs && (own === null || theirs < own) ? [theirs] : [];
		});
		return lower.sort()[0];
	}

	return {
		async load() {
			const row = await store.get(LEFT.table, LEFT.key);
			const decoded = row && decode(leftShape, row, 64);
			if (decoded?.ok)
				left = { at: decoded.value[0], as: decoded.value[1] && toHex(decoded.value[1]) };
		},
		look,
		wanted,
		askable: (id) =>
			met()
				.filter(({ name }) => said.get(name) === id)
				.map(({ node, device }) => ({ node, devices: [device] })),
		onMessage(space, from, message) {
			const each = met().find(({ node, device }) => node.space.key === space && device === from);
			// Nobody else's device has any part in it.
			if (each === undefined || stopped || account.id() === undefined) return;
			void working(() =>
				message.type === 'kin' ? onKin(each, message) : onEnrolMe(each, message),
			);
		},
		stop() {
			stopped = true;
			cancel?.();
		},
	};
}
