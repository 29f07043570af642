// A newcomer's side of joining: knocks at the lobby, waits for as long as it takes, and opens the space with what it is
// given. What it waits with survives a restart. [IN3] [IN4] [IN7]
import { deleteHash, derive, tokenHash } from '#lib/crypto/hash.ts';
import { sealTo } from '#lib/crypto/seal.ts';
import {
	blob,
	bytes,
	decodeFrame,
	either,
	encode,
	optional,
	text,
	tuple,
	uint,
} from '#lib/protocol/cbor.ts';
import { decodeFoundSpace, encodeFoundSpace, type FoundSpace } from '#lib/protocol/coming-back.ts';
import { decodeInvitation, encodeInvitation, type Invitation } from '#lib/protocol/invitation.ts';
import { DEFAULT_TTL_SECONDS } from '#lib/protocol/limits.ts';
import type { Refusal } from '#lib/protocol/lobby.ts';
import type { Prekey } from '#lib/protocol/identity.ts';
import { MAX_PREKEYS_PER_MESSAGE } from '#lib/protocol/space-message.ts';
import type { StoreError, StoreWrite } from '#lib/ports/store.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';
import { retryDelay } from '#lib/mesh/retry.ts';
import { createAssembling } from '../delivery/assembling.ts';
import { attachMailbox, type Attachment } from '../delivery/attachment.ts';
import type { RelayPool } from '../delivery/relay-pool.ts';
import type { Ports, Self } from '../ports.ts';
import { createQueue } from '../queue.ts';
import type { Space } from '../space/space.ts';
import { openBlock, readAnswer, type Answer } from './answers.ts';
import { invitationDoor, returnDoor } from './doors.ts';

export type Way =
	| { readonly by: 'invitation'; readonly invitation: Invitation }
	/** Back into a space whose member this person is already. */
	| ({ readonly by: 'return' } & FoundSpace);

export const spaceOf = (way: Way): FoundSpace => {
	if (way.by === 'return') return way;
	const { space, spaceName, relays } = way.invitation;
	return { space, name: spaceName, relays };
};

export interface JoinRecord {
	readonly way: Way;
	/** This device's own mailbox for the answer, one on each relay of the invitation. */
	readonly mailbox: Bytes;
	readonly writeSeed: Bytes;
	readonly ownerSeed: Bytes;
	readonly token: Bytes;
	/** Name of the request on relays, so that a retry is the same packet. */
	readonly request: Bytes;
	readonly refused: Refusal | null;
}

const shape = tuple(
	either(text(16_384), blob(8192)),
	bytes(32),
	bytes(32),
	bytes(32),
	bytes(32),
	bytes(32),
	optional(uint(3)),
);

export function newJoin(random: { bytes(n: number): Bytes }, way: Way): JoinRecord {
	return {
		way,
		mailbox: random.bytes(32),
		writeSeed: random.bytes(32),
		ownerSeed: random.bytes(32),
		token: random.bytes(32),
		request: random.bytes(32),
		refused: null,
	};
}

export const joinWrite = (ports: Ports, number: number, join: JoinRecord | null): StoreWrite => ({
	table: 'joining',
	key: ['list', number],
	value:
		join &&
		encode([
			join.way.by === 'return'
				? encodeFoundSpace(join.way)
				: encodeInvitation(join.way.invitation, (b) => ports.crypto.sha256(b)),
			join.mailbox,
			join.writeSeed,
			join.ownerSeed,
			join.token,
			join.request,
			join.refused,
		]),
});

function decodeWay({ crypto }: Ports, encoded: string | Bytes): Way | undefined {
	if (typeof encoded === 'string') {
		const invitation = decodeInvitation(encoded, (b) => crypto.sha256(b));
		return invitation.ok ? { by: 'invitation', invitation: invitation.value } : undefined;
	}
	const found = decodeFoundSpace(encoded);
	return found.ok ? { by: 'return', ...found.value } : undefined;
}

export function decodeJoin(ports: Ports, encoded: Uint8Array): JoinRecord | undefined {
	const decoded = decodeFrame(shape, encoded, 32_768);
	if (!decoded.ok) return undefined;
	const [encodedWay, mailbox, writeSeed, ownerSeed, token, request, refused] = decoded.value;
	const way = decodeWay(ports, encodedWay);
	if (way === undefined) return undefined;
	return {
		way,
		mailbox,
		writeSeed,
		ownerSeed,
		token,
		request,
		refused: refused as Refusal | null,
	};
}

/** How long to wait for an answer before knocking again; one that is still in the lobby is not doubled by that. */
const KNOCK_AGAIN = 60_000;

/** How long others may take, each in turn, after one has refused. */
const OTHERS_MAY = 50_000;

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
	const { way, mailbox } = record;
	const target = spaceOf(way);
	/** Reads and acknowledges in the space's mailboxes; nobody else has it. */
	const token = derive(crypto, record.ownerSeed, 'join-token');
	let { request } = record;
	const knocks = new Map<string, () => void>();
	/** The last knock on each relay. */
	const lying = new Map<string, { readonly packet: Bytes; readonly preimage: Bytes }>();
	const writeKey = await crypto.signingKey(record.writeSeed);
	const ownerKey = await crypto.signingKey(record.ownerSeed);
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
		const asked = { space: target.space, tokenHash: tokenHash(crypto, token) };
		const answer = await readAnswer(crypto, asked, whole);
		return answer === undefined || queue(() => take(answer));
	}

	async function take({ reply, device, rootHash }: Answer): Promise<boolean> {
		if (ended) return true;
		if (reply.type === 'refused') {
			refuse(reply.reason, rootHash);
			return true;
		}
		if (reply.type === 'prekeys') {
			if (prekeys.length < MAX_PREKEYS_PER_MESSAGE * 16) prekeys.push(...reply.records);
			return takePrekeys();
		}
		if (reply.type === 'entries') {
			if (space === undefined) {
				if (early.length < 256) early.push({ reply, device, rootHash });
				return false;
			}
			const received = await space.receive(reply.packets);
			if (!(await takePrekeys())) return false;
			return settle(received) && received.ok ? received.value.whole() : false;
		}
		if (!equal(reply.space, target.space)) return true;
		space ??= await events.open();
		if (space === undefined) return false;
		const { grant, controlKeys, bases } = reply;
		const admitted = await space.admit({ ...grant, token }, controlKeys, bases);
		if (!admitted.ok) return false;
		answeredBy.push(device);
		for (const { reply: each } of early.splice(0)) {
			if (each.type === 'entries') settle(await space.receive(each.packets));
		}
		enterIfAdmitted();
		return true;
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
						tokenHashes: [tokenHash(crypto, record.token)],
						ttl: DEFAULT_TTL_SECONDS,
						tokens: [record.token],
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
