// A newcomer's side of joining: knocks at the lobby, waits for as long as it takes, and opens the space with what it is
// given. What it waits with survives a restart. [IN3] [IN4] [IN7]
import { deleteHash, derive } from '#lib/crypto/hash.ts';
import { mailboxId, tokenHash } from '#lib/mailbox/proofs.ts';
import { sealTo } from '#lib/crypto/seal.ts';
import { DEFAULT_TTL_SECONDS } from '#lib/protocol/limits.ts';
import type { Refusal } from '#lib/protocol/lobby.ts';
import type { Prekey } from '#lib/protocol/identity.ts';
import { MAX_PREKEYS_PER_MESSAGE } from '#lib/protocol/space-message.ts';
import type { StoreError } from '#lib/ports/store.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';
import { retryDelay } from '#lib/mesh/retry.ts';
import { createAssembling } from '../delivery/assembling.ts';
import { attachMailbox, type Attachment } from '../delivery/attachment.ts';
import type { RelayPool } from '../delivery/relay-pool.ts';
import type { Ports, Self } from '../ports.ts';
import { createQueue } from '../queue.ts';
import type { Space } from '../space/space-face.ts';
import { openBlock, readAnswer, type Answer } from './answers.ts';
import { invitationDoor, returnDoor } from './doors.ts';
import { spaceOf, type JoinRecord } from './join-record.ts';

/** How long to wait for an answer before knocking again; one that is still in the lobby is not doubled by that. */
const KNOCK_AGAIN = 60_000;

/** How long others may take, each in turn, after one has refused. */
const OTHERS_MAY = 50_000;

/** Whether a part of the answer is durably taken in, once all of it is. */
type Taken = () => Promise<boolean>;
const DEALT_WITH: Taken = () => Promise.resolve(true);
const NEEDED_AGAIN: Taken = () => Promise.resolve(false);

export interface JoiningEvents {
	/** The space as it is on this device; undefined when that can't be read. */
	open(): Promise<Space | undefined>;
	/** The space is here and this device is a member of it. */
	onJoined(space: Space): void;
	/** A relay keeps the request. */
	onAsked(): void;
	/** Whoever made the invitation says so: it is over. */
	onRefused(reason: Refusal): void;
	/** Somebody says so, and nobody has said otherwise for a while: it goes on. */
	onDoubt(reason: Refusal): void;
}

export interface Joining {
	readonly record: JoinRecord;
	stop(): void;
}

export async function startJoining(
	ports: Ports,
	self: Self,
	pool: RelayPool,
	record: JoinRecord,
	events: JoiningEvents,
): Promise<Joining> {
	const { clock, crypto, random } = ports;
	const { way } = record;
	const target = spaceOf(way);
	/** Reads and acknowledges in the space's mailboxes; nobody else has it. */
	const token = derive(crypto, record.ownerSeed, 'join-token');
	let { request } = record;
	const knocks = new Map<string, () => void>();
	/** The last knock on each relay. */
	const lying = new Map<string, { readonly packet: Bytes; readonly preimage: Bytes }>();
	const writeKey = await crypto.signingKey(record.writeSeed);
	const ownerKey = await crypto.signingKey(record.ownerSeed);
	const mailbox = mailboxId(crypto, writeKey.publicKey, ownerKey.publicKey);
	const replyTokenHash = await tokenHash(crypto, record.token);
	const door =
		way.by === 'return'
			? await returnDoor(ports, self, way)
			: await invitationDoor(ports, self, way.invitation);
	const attachments: Attachment[] = [];
	let stopKnocking: readonly (() => void)[] = [];
	const queue = createQueue();
	const early: Answer[] = [];
	const prekeys: Prekey[] = [];
	/** Devices that have let this one in, by their word. */
	const answeredBy: Bytes[] = [];
	let doubt: Refusal | null = null;
	let stopDoubting = (): void => undefined;
	/** As far as it was brought in before: what was acknowledged then won't come again. */
	let space = await begunSpace();
	let ended = false;

	async function begunSpace(): Promise<Space | undefined> {
		const begun = await events.open();
		return begun?.ring.all().some(({ grant }) => grant !== null) === true ? begun : undefined;
	}

	/** Puts the request into the lobby; again after a while, for as long as nobody has answered. */
	async function knock(relay: string, attempt: number): Promise<void> {
		knocks.get(relay)?.();
		const client = pool.client(relay);
		if (client === undefined || ended) return;
		const content = await door.request({
			token,
			replyMailbox: mailbox,
			replyWriteSeed: record.writeSeed,
		});
		const block = await sealTo(crypto, random, door.sealedTo, content);
		if (block === undefined) return;
		// At the door that several spaces look at, each knock is a new one: those who came since hear of no earlier one.
		if (way.by === 'return') {
			takeAway(relay);
			request = random.bytes(32);
		}
		const preimage = random.bytes(32);
		lying.set(relay, { packet: request, preimage });
		const put = await client.put(door.mailbox, door.writeKey, {
			packet: request,
			ttl: DEFAULT_TTL_SECONDS,
			deleteHash: deleteHash(crypto, preimage),
			to: null,
			block,
		});
		if (ended) return;
		if (put.ok) events.onAsked();
		// Somebody has taken the request, and the answer should have come by the time of the next knock: a new request.
		if (!put.ok && put.error.type === 'gone') request = random.bytes(32);
		const wait = put.ok || put.error.type === 'gone' ? KNOCK_AGAIN : retryDelay(attempt + 1, 0.5);
		knocks.set(
			relay,
			clock.after(wait, () => void knock(relay, attempt + 1)),
		);
	}

	function takeAway(relay: string): void {
		const last = lying.get(relay);
		if (last === undefined) return;
		const { packet, preimage } = last;
		void pool.client(relay)?.deletePacket(door.mailbox, packet, { preimage });
	}

	/** True once the answer is durably taken in. */
	async function onReply(block: Bytes): Promise<boolean> {
		for (const prekey of self.prekeys) {
			const opened = await openBlock(crypto, prekey, block);
			if (opened === undefined) continue;
			return 'part' in opened ? parts.take('', opened.part) : onWhole(opened.whole);
		}
		return true;
	}

	const parts = createAssembling(crypto, clock, (_from, whole) => onWhole(whole));

	async function onWhole(whole: Bytes): Promise<boolean> {
		const asked = { space: target.space, tokenHash: await tokenHash(crypto, token) };
		const answer = await readAnswer(crypto, asked, whole);
		if (answer === undefined) return true;
		// What waits may wait for the next part of the answer: that is not to stand behind it.
		const taken = await queue(() => take(answer));
		return taken();
	}

	/** What it gives tells, when asked, whether all of it is dealt with. */
	async function take({ reply, device, rootHash }: Answer): Promise<Taken> {
		if (ended) return DEALT_WITH;
		if (reply.type === 'refused') {
			refuse(reply.reason, rootHash);
			return DEALT_WITH;
		}
		if (reply.type === 'prekeys') {
			if (prekeys.length < MAX_PREKEYS_PER_MESSAGE * 16) prekeys.push(...reply.records);
			return (await takePrekeys()) ? DEALT_WITH : NEEDED_AGAIN;
		}
		if (reply.type === 'entries') {
			if (space === undefined) {
				if (early.length < 256) early.push({ reply, device, rootHash });
				return NEEDED_AGAIN;
			}
			const received = await space.receive(reply.packets);
			if (!(await takePrekeys())) return NEEDED_AGAIN;
			return settle(received) && received.ok ? received.value.whole : NEEDED_AGAIN;
		}
		if (!equal(reply.space, target.space)) return DEALT_WITH;
		space ??= await events.open();
		if (space === undefined) return NEEDED_AGAIN;
		const { grant, controlKeys, bases } = reply;
		const admitted = await space.admit({ ...grant, token }, controlKeys, bases);
		if (!admitted.ok) return NEEDED_AGAIN;
		answeredBy.push(device);
		for (const { reply: each } of early.splice(0)) {
			if (each.type === 'entries') settle(await space.receive(each.packets));
		}
		enterIfAdmitted();
		return DEALT_WITH;
	}

	/** Of those whom the log has named by now. */
	async function takePrekeys(): Promise<boolean> {
		return (await space?.takePrekeys(prekeys))?.ok !== false;
	}

	/** One member's word: another may let in. Only whoever made the invitation can end it. */
	function refuse(reason: Refusal, by: Bytes): void {
		if (way.by === 'invitation' && equal(by, way.invitation.inviter)) {
			finish();
			events.onRefused(reason);
			return;
		}
		const isFirst = doubt === null;
		doubt = reason;
		if (!isFirst) return;
		stopDoubting = clock.after(OTHERS_MAY, () => {
			if (!ended && doubt !== null) events.onDoubt(doubt);
		});
	}

	/** Whoever answered is a member by the log that came with it, and gave the keys that the log commits to. */
	function isWellAnswered({ ledger: { authority }, ring }: Space): boolean {
		const isGranted = authority.epochs.some(({ id }) => ring.get(id)?.proven === true);
		// Those of before a restart are not known any longer; the keys are checked in any case.
		const isByMember =
			answeredBy.length === 0 ||
			answeredBy.some((each) => authority.devices.get(toHex(each))?.active === true);
		return isGranted && isByMember;
	}

	function settle(received: Result<unknown, StoreError>): boolean {
		if (!received.ok) return false;
		enterIfAdmitted();
		return true;
	}

	function enterIfAdmitted(): void {
		const joined = space?.ledger.authority.devices.get(toHex(self.device.publicKey));
		if (ended || space === undefined || joined?.active !== true) return;
		if (!isWellAnswered(space)) return;
		finish();
		events.onJoined(space);
	}

	function finish(): void {
		end();
		if (way.by === 'return') for (const relay of lying.keys()) takeAway(relay);
		for (const attachment of attachments) void empty(attachment);
	}

	function end(): void {
		ended = true;
		parts.stop();
		stopDoubting();
		for (const stop of stopKnocking) stop();
		for (const cancel of knocks.values()) cancel();
	}

	/** Closes the mailbox and lets go of what lies in it: more members than one may have answered. */
	async function empty(attachment: Attachment): Promise<void> {
		const client = pool.client(attachment.relay);
		if (client !== undefined) {
			await client.closeMailbox(mailbox, ownerKey);
			const left = await client.subscribe(mailbox, record.token, 0);
			const packets = left.ok ? left.value.packets.map(({ packet }) => packet) : [];
			if (packets.length > 0) await client.acknowledge(mailbox, record.token, 0, packets);
		}
		attachment.detach();
	}

	if (record.refused === null) {
		for (const address of target.relays) {
			pool.add(address, 'space');
			const relay = toHex(address.key);
			attachments.push(
				attachMailbox(
					ports,
					pool,
					relay,
					{
						mailbox,
						writeKey,
						ownerKey: ownerKey.publicKey,
						tokenHashes: [replyTokenHash],
						ttl: DEFAULT_TTL_SECONDS,
						tokens: [record.token],
						vouchedBy: door,
					},
					{
						onBlock: onReply,
						isHeld: () => false,
						onReady: () => undefined,
						onPresence: () => undefined,
					},
				),
			);
		}
	}

	// Registered after the mailbox for the answer, so that this is opened first and both share one round trip.
	stopKnocking = attachments.map(({ relay }) =>
		pool.listen(door.mailbox, relay, {
			onConnected: () => void knock(relay, 0),
			onDisconnected: () => knocks.get(relay)?.(),
			onPacket: () => undefined,
			onPresence: () => undefined,
			onDeleted: () => undefined,
		}),
	);

	// Once whoever asked knows of this join: everything may have come before the last stop.
	clock.after(0, enterIfAdmitted);

	return {
		record,
		stop() {
			end();
			for (const attachment of attachments) attachment.detach();
		},
	};
}
