// A member's side of joining: reads the lobbies of the space's invitations, and lets in who brings a genuine proof.
// Whoever made the invitation acts first; the others step in when it doesn't. [IN3] [IN4] [IN6] [AU3]
import { rootHashOf } from '#lib/crypto/hash.ts';
import { verifyMember } from '#lib/crypto/identity.ts';
import { MAX_SEALED_TO, openWith } from '#lib/crypto/seal.ts';
import { SPACE_KIND, type Admit } from '#lib/protocol/content.ts';
import type { InviteState } from '#lib/crdt/authority-state.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { MAX_CLOCK_AHEAD } from '#lib/protocol/limits.ts';
import {
	ANSWER_OVERHEAD,
	decodeJoinRequest,
	joinProofContent,
	REFUSAL,
	type JoinRequest,
	type Refusal,
} from '#lib/protocol/lobby.ts';
import { MAX_PREKEYS_PER_MESSAGE } from '#lib/protocol/space-message.ts';
import type { StoreWrite } from '#lib/ports/store.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import { attachMailbox, type Attachment } from '../delivery/attachment.ts';
import { batchesOf } from '../delivery/splitting.ts';
import type { RelayPool } from '../delivery/relay-pool.ts';
import type { Ports, Self } from '../ports.ts';
import { createQueue } from '../queue.ts';
import { controlKeys, grantForJoiner, hasRoom } from '../space/epochs.ts';
import { sharesPast } from '../space/history-policy.ts';
import { logFor } from '../space/rewrapping.ts';
import { stepOf } from '../space/steps.ts';
import type { Space } from '../space/space-face.ts';
import { encodeAnswer, type WholeReply } from './answers.ts';
import { lobbyKey, lobbySpec } from './invitations.ts';
import { isClosed, replyTo, type ReplyTo } from './replying.ts';
import { admissionBy, headsBefore, keepHeads, keptHeads, type Admitted } from './view-begin.ts';

/** How long each member further down the line leaves it to those before. */
const TURN = 1500;
/** How long an answer that somebody else owes may take before others think it lost. */
const UNANSWERED = 30_000;
/** What the log says of members' prekeys may be long out of date. Before the log, whose end is the end of joining. */
function newestPrekeys({ ledger, prekeys }: Space): WholeReply[] {
	const renewed = [...ledger.authority.devices.values()]
		.filter((device) => device.active && prekeys.of(device).time > device.member.prekey.time)
		.map(prekeys.of);
	const replies: WholeReply[] = [];
	for (let at = 0; at < renewed.length; at += MAX_PREKEYS_PER_MESSAGE) {
		replies.push({ type: 'prekeys', records: renewed.slice(at, at + MAX_PREKEYS_PER_MESSAGE) });
	}
	return replies;
}

/** Gives answers to who asked, by the way on which they did; false where they have not got there. */
type Reply = (request: JoinRequest, replies: readonly WholeReply[]) => Promise<boolean>;

export interface AdmissionEvents {
	/** Writes and publishes a control entry; `extra`, asked at the same moment, is committed with it. */
	admit(content: Admit, extra: () => readonly StoreWrite[]): Promise<boolean>;
	/** The device (hex) is there, or has written something: it has come in. */
	isSeen(device: string): boolean;
}

export interface Admission {
	/** Lets in who asks over a link, by an invitation of this space; undefined where that can't be. [MT4] */
	letIn(request: JoinRequest): Promise<readonly WholeReply[] | undefined>;
	/** Follows the authority log: reads the lobbies of invitations that still admit. */
	update(): Promise<void>;
	stop(): void;
}

export function createAdmission(
	ports: Ports,
	self: Self,
	space: Space,
	pool: RelayPool,
	events: AdmissionEvents,
): Admission {
	const { clock, crypto, random, store } = ports;
	const lobbies = new Map<string, Attachment[]>();
	const admitting = createQueue();
	let stopped = false;

	const isOpen = (invite: InviteState): boolean =>
		invite.content.expiry === 0 || invite.content.expiry > clock.now();

	/** Position in line for this invitation: 0 for the device that made it. */
	function turn(invite: InviteState): number {
		if (equal(invite.device, self.device.publicKey)) return 0;
		const devices = [...space.ledger.authority.devices.values()]
			.filter((device) => device.active)
			.map((device) => toHex(device.device))
			.sort();
		return 1 + devices.indexOf(toHex(self.device.publicKey));
	}

	/** An invitation from too far in the future can't be built upon yet, except by who made it. */
	const untilDue = (invite: InviteState): number => {
		const made = space.ledger.control.get(toHex(invite.id))?.entry.header.time.ms ?? 0;
		return made - MAX_CLOCK_AHEAD - clock.now();
	};

	const wait = (ms: number): Promise<void> =>
		ms === 0 ? Promise.resolve() : new Promise((resolve) => clock.after(ms, resolve));

	async function onRequest(invite: InviteState, relay: string, block: Bytes): Promise<boolean> {
		const key = await lobbyKey(crypto, invite.content.lobbySecret);
		const opened = await openWith(crypto, key, block);
		const request = opened && decodeJoinRequest(opened);
		if (request?.ok !== true) return true;
		if (!(await isGenuine(invite, request.value))) return true;
		await wait(Math.max(turn(invite) * TURN, untilDue(invite)));
		if (stopped) return false;
		const device = request.value.member.certificate.deviceKey;
		const done = await admitting(() => answer(invite, byMailbox(relay), request.value, false));
		if (done !== 'left-to-another') return done;
		// The answer may have been lost with whoever let it in: then it shows no sign of life.
		await wait(UNANSWERED + turn(invite) * TURN);
		if (stopped) return false;
		if (events.isSeen(toHex(device))) return true;
		if (await isClosed(ports, pool, relay, answerTo(request.value))) return true;
		return (await admitting(() => answer(invite, byMailbox(relay), request.value, true))) === true;
	}

	async function isGenuine(invite: InviteState, request: JoinRequest): Promise<boolean> {
		const root = rootHashOf(crypto, request.member.certificate.rootKey);
		return (
			equal(request.space, space.id) &&
			equal(request.inviteKey, invite.content.inviteKey) &&
			(await verifyMember(crypto, request.member)) &&
			(await crypto.verify(
				request.inviteKey,
				joinProofContent(crypto, space.id, root, request.member),
				request.proof,
			))
		);
	}

	async function answer(
		invite: InviteState,
		reply: Reply,
		request: JoinRequest,
		forAnother: boolean,
	): Promise<boolean | 'left-to-another'> {
		const device = request.member.certificate.deviceKey;
		const isMember = space.ledger.authority.devices.get(toHex(device))?.active === true;
		const before = admissionBy(space.ledger, request.tokenHash);
		if (before !== undefined) {
			// It has come and gone: whoever wants to come back asks anew.
			if (!isMember) return true;
			// Who let it in answers, on every relay that it knocks at.
			const own = equal(before.control.entry.header.device, self.device.publicKey);
			return own || forAnother ? welcome(before, reply, request) : 'left-to-another';
		}
		const refusal = isMember ? null : refusalFor(invite, request);
		if (refusal !== null) {
			return reply(request, [{ type: 'refused', reason: refusal }]);
		}
		const { epoch } = space.ledger.authorityAt(clock.now());
		const keys = epoch && space.ring.get(epoch.id);
		if (epoch === null || !keys?.grant) return false;
		const content: Admit = {
			kind: KIND.admit,
			invite: invite.id,
			proof: request.proof,
			member: request.member,
			tokenHash: request.tokenHash,
			epoch: epoch.id,
			step: Math.max(keys.grant.step, stepOf(space.ledger.control, epoch.id)) + 1,
		};
		const admitted = await events.admit(content, () => [keepHeads(space, device)]);
		const made = admissionBy(space.ledger, request.tokenHash);
		if (!admitted || made === undefined) return false;
		return welcome(made, reply, request);
	}

	/** Hands the newcomer its keys, the authority log, and where its view begins: the same whoever does it, and when. */
	async function welcome(made: Admitted, reply: Reply, request: JoinRequest): Promise<boolean> {
		const { genesis } = space.ledger.authority;
		const grant = space.ring.get(made.content.epoch)?.grant;
		// A newcomer itself, who never had these keys: somebody else has.
		if (!grant) return false;
		const direct = genesis?.spaceKind === SPACE_KIND.direct;
		const { deviceKey } = request.member.certificate;
		const bases =
			(await keptHeads(store, space, deviceKey)) ??
			(await headsBefore(crypto, space, made.control.entry.header.time));
		const { rootKey } = request.member.certificate;
		const packets = await logFor(
			{ crypto, random, prekeys: self.prekeys, ledger: space.ledger, book: space.prekeys },
			{ rootHash: rootHashOf(crypto, rootKey), prekey: request.member.prekey.publicKey },
		);
		const batches = batchesOf(packets, MAX_SEALED_TO - ANSWER_OVERHEAD);
		return reply(request, [
			{
				type: 'welcome',
				space: space.id,
				grant: grantForJoiner(crypto, grant, made.content.step, direct),
				controlKeys: controlKeys(space, space.ledger.control),
				bases: sharesPast(space.ledger.authority)
					? bases.filter((base) => equal(base.feed, deviceKey))
					: bases,
			},
			...newestPrekeys(space),
			...batches.map((batch) => ({ type: 'entries' as const, packets: batch })),
		]);
	}

	/** Whether a ban keeps this person or device out: then no admission would count. */
	function isBarred({ member }: JoinRequest): boolean {
		const { bans, fences } = space.ledger.authority;
		const root = rootHashOf(crypto, member.certificate.rootKey);
		const isBanned = [...bans.values()].some(
			({ content, undone }) => undone === null && equal(content.target, root),
		);
		return isBanned || fences.has(toHex(member.certificate.deviceKey));
	}

	/** Whether nobody can be let in by it any longer, by a recall or together with who made it. */
	function isRecalled({ id, author }: InviteState): boolean {
		const { ranks, pasts } = space.ledger.resolver;
		if (ranks.recallsOf(toHex(id)).length > 0) return true;
		const before = pasts.after([id]);
		return ranks
			.bansOn(toHex(author))
			.some(({ voidInvites, control }) => voidInvites && !before.has(control.entry));
	}

	function refusalFor(invite: InviteState, request: JoinRequest): Refusal | null {
		if (isBarred(request) || isRecalled(invite)) return REFUSAL.unknown;
		if (!isOpen(invite)) return REFUSAL.expired;
		const now = space.ledger.authority.invites.get(toHex(invite.id));
		if (now === undefined || now.used >= now.content.uses) return REFUSAL.spent;
		return hasRoom(space) ? null : REFUSAL.full;
	}

	const answerTo = ({ replyMailbox, replyWriteSeed, member }: JoinRequest): ReplyTo => ({
		mailbox: replyMailbox,
		writeSeed: replyWriteSeed,
		prekey: member.prekey.publicKey,
	});

	const byMailbox =
		(relay: string): Reply =>
		async (request, replies) => {
			const asker = { space: space.id, tokenHash: request.tokenHash };
			const contents = await Promise.all(
				replies.map((each) => encodeAnswer(crypto, self, asker, each)),
			);
			return replyTo(ports, pool, relay, answerTo(request), contents.flat());
		};

	return {
		async letIn(request) {
			const invite = [...space.ledger.authority.invites.values()].find(({ content }) =>
				equal(content.inviteKey, request.inviteKey),
			);
			if (invite === undefined || !(await isGenuine(invite, request))) return undefined;
			let given: readonly WholeReply[] | undefined;
			const byLink: Reply = (_request, replies) => {
				given = replies;
				return Promise.resolve(true);
			};
			const done = await admitting(() => answer(invite, byLink, request, true));
			return done === true ? given : undefined;
		},
		async update() {
			for (const [key, invite] of space.ledger.authority.invites) {
				if (lobbies.has(key) || !isOpen(invite)) continue;
				const attachments: Attachment[] = [];
				lobbies.set(key, attachments);
				const spec = await lobbySpec(crypto, invite.content);
				for (const address of invite.content.relays) {
					if (stopped) return;
					pool.add(address, 'space');
					const relay = toHex(address.key);
					attachments.push(
						attachMailbox(ports, pool, relay, spec, {
							onBlock: (block) => onRequest(invite, relay, block),
							isHeld: () => false,
							onReady: () => undefined,
							onPresence: () => undefined,
						}),
					);
				}
			}
			for (const [key, attachments] of lobbies) {
				const invite = space.ledger.authority.invites.get(key);
				if (invite !== undefined && isOpen(invite)) continue;
				for (const attachment of attachments) attachment.detach();
				lobbies.delete(key);
			}
		},
		stop() {
			stopped = true;
			for (const attachment of [...lobbies.values()].flat()) attachment.detach();
		},
	};
}
