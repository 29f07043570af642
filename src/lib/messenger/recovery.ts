// A device whose feed is forked can't go on: two entries stand in one place, as when a disk was put back to an earlier state.
// It makes a fresh key, asks any member to enrol it, and goes on as that; the person hardly notices. [FD11] [DK2]
import { tokenHash } from '#lib/mailbox/proofs.ts';
import { enrolContent } from '#lib/protocol/moderation.ts';
import type { SpaceMessage } from '#lib/protocol/space-message.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import { openBlock, readAnswer } from './joining/answers.ts';
import type { Ports, Self } from './ports.ts';
import type { NextSelf, SelvesInSpaces } from './self-in-space.ts';
import type { SpaceNode } from './space-node-face.ts';
import type { RevokeDevice } from '#lib/protocol/moderation.ts';
import type { Space } from './space/space-face.ts';

/** Members that can be reached are asked again after this time. */
const ASK_EVERY = 10_000;
/** How often the request is left for those who are away. */
const LEAVE_EVERY = 60 * 60_000;

export interface Recovery {
	/** The authority log or the feeds changed. */
	look(): void;
	/** Somebody let the fresh device in, and gives it its keys. */
	onEnrolled(device: Bytes, block: Bytes): void;
	stop(): void;
}

/** Whether this device's own feed in the space has ended in a fork, while the person is a member. */
function isForked({ ledger }: Space, { device, rootHash }: Self): boolean {
	const feed = ledger.feeds.get(toHex(device.publicKey));
	if (feed === undefined || feed.frozenAt === null) return false;
	return ledger.authority.people.get(toHex(rootHash))?.active === true;
}

/** The end of a device that this installation has been before, and that is a member still. */
export async function revocationOf(
	{ ledger, id }: Space,
	{ former, root }: Self,
): Promise<RevokeDevice | null> {
	const left = former.find((each) => ledger.authority.devices.get(toHex(each))?.active === true);
	if (left === undefined) return null;
	const feed = ledger.feeds.get(toHex(left));
	const fence = [...(feed ? [ledger.headOf(feed)] : [])].filter(({ seq }) => seq >= 0);
	return root.revoke(id, left, fence);
}

/** `onRecovered`: the fresh device is a member, and its keys are kept: it is to take over. */
export function createRecovery(
	ports: Ports,
	selves: SelvesInSpaces,
	node: SpaceNode,
	self: Self,
	onRecovered: (next: NextSelf) => void,
): Recovery {
	const { clock, crypto, random, store } = ports;
	const { space } = node;
	let next: Promise<NextSelf | null> | undefined;
	let hasKeys = false;
	let isDone = false;
	let stopped = false;
	let leftAt = -Infinity;
	let cancelAsk = (): void => undefined;

	async function prepare(): Promise<NextSelf | null> {
		const made = await selves.after(space.id, self);
		const kept = await store.commit([made.keep]);
		if (!kept.ok) {
			next = undefined;
			return null;
		}
		// Let in and given the keys before this device stopped the last time.
		hasKeys ||= space.ring
			.all()
			.some(({ tokens }) => tokens.some((token) => equal(token, made.token)));
		return made;
	}

	async function requestOf({ self: { device, member }, token }: NextSelf): Promise<SpaceMessage> {
		const hash = await tokenHash(crypto, token);
		const content = enrolContent(space.id, { member, tokenHash: hash });
		const proof = await device.sign(content);
		return { type: 'enrol-me', space: space.id, member, tokenHash: hash, proof };
	}

	async function ask(): Promise<void> {
		cancelAsk();
		const made = await (next ??= prepare());
		if (stopped || isDone) return;
		cancelAsk = clock.after(ASK_EVERY, () => void ask());
		if (made === null || settleIfIn(made)) return;
		const message = await requestOf(made);
		if (stopped) return;
		node.post.sendAll(message);
		const own = toHex(self.device.publicKey);
		const others = [...space.ledger.authority.devices]
			.filter(([device, { active }]) => active && device !== own)
			.map(([device]) => device);
		const away = others.filter((device) => node.post.route(device) === null);
		const isDue = away.length === others.length && clock.now() - leftAt >= LEAVE_EVERY;
		if (!isDue || !node.post.hasRelay()) return;
		const copy = { packet: random.bytes(32), preimage: random.bytes(32), notIn: null };
		const stored = await node.post.store(away, copy, message);
		if (stored.copies.length > 0) leftAt = clock.now();
	}

	function settleIfIn(made: NextSelf): boolean {
		const key = toHex(made.self.device.publicKey);
		const isIn = space.ledger.authority.devices.get(key)?.active === true;
		if (!isIn || !hasKeys || isDone || stopped) return isDone;
		isDone = true;
		cancelAsk();
		onRecovered(made);
		return true;
	}

	async function take(device: Bytes, block: Bytes): Promise<void> {
		const made = await next;
		if (!made || !equal(made.self.device.publicKey, device) || isDone || stopped) return;
		const [prekey] = made.self.prekeys;
		const asked = { space: space.id, tokenHash: await tokenHash(crypto, made.token) };
		const opened = prekey && (await openBlock(crypto, prekey, block));
		const answer =
			opened && 'whole' in opened ? await readAnswer(crypto, asked, opened.whole) : undefined;
		if (answer?.reply.type !== 'welcome' || !equal(answer.reply.space, space.id)) return;
		if (space.ledger.authority.devices.get(toHex(answer.device))?.active !== true) return;
		const { grant, controlKeys } = answer.reply;
		const kept = await space.admit({ ...grant, token: made.token }, controlKeys, []);
		if (!kept.ok) return;
		hasKeys = true;
		settleIfIn(made);
	}

	return {
		look() {
			if (stopped || isDone || !isForked(space, self)) return;
			if (next === undefined) void ask();
			else void next.then((made) => made && settleIfIn(made));
		},
		onEnrolled: (device, block) => void take(device, block),
		stop() {
			stopped = true;
			cancelAsk();
		},
	};
}
