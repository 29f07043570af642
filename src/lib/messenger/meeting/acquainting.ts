// What two devices say on a fresh link: who each is, and, where they share no space, an invitation and all that follows from
// it, which elsewhere goes through a lobby. Whoever showed the first code founds. [MT3] [MT4]
import { rootHashOf } from '#lib/crypto/hash.ts';
import { verifyMember } from '#lib/crypto/identity.ts';
import { decodeInvitation } from '#lib/protocol/invitation.ts';
import {
	decodeJoinReply,
	decodeJoinRequest,
	encodeJoinReply,
	type JoinRequest,
} from '#lib/protocol/lobby.ts';
import { MAX_NAME } from '#lib/protocol/limits.ts';
import {
	decodeMeetingMessage,
	encodeMeetingMessage,
	helloContent,
	type MeetingMessage,
} from '#lib/protocol/meeting.ts';
import { equal, toHex, utf8, type Bytes } from '#lib/util/bytes.ts';
import type { WholeReply } from '../joining/answers.ts';
import { invitationDoor } from '../joining/doors.ts';
import { createEntering, type Entering } from '../joining/entering.ts';
import type { MeetingProblem } from '../meeting-api.ts';
import type { Ports, Self } from '../ports.ts';
import { createQueue } from '../queue.ts';
import type { Space } from '../space/space-face.ts';

/** What a meeting needs of the person's spaces; all named in hex. */
export interface MeetingPlaces {
	/** One that this device and that one are both members of. */
	shared(device: string): string | undefined;
	/** A direct space of this person alone, and a link into it. */
	found(name: string): Promise<{ readonly space: string; readonly link: string } | undefined>;
	/** All that lets somebody in; undefined where that isn't possible. */
	letIn(space: string, request: JoinRequest): Promise<readonly WholeReply[] | undefined>;
	selfIn(space: Bytes): Promise<Self>;
	open(self: Self, space: Bytes): Promise<Space | undefined>;
	/** This device is a member of it now. */
	enter(space: Space, self: Self): Promise<void>;
}

export interface Acquaintance {
	readonly name: string;
	readonly rootHash: string;
	readonly space: string | null;
}

export interface AcquaintingEvents {
	say(message: Bytes): void;
	onName(name: string): void;
	onDone(with_: Acquaintance): void;
	onFailed(problem: MeetingProblem): void;
}

export interface Acquainting {
	hear(message: Bytes): void;
	stop(): void;
}

/** `other`: the device at the link's other end; `meeting`: the name of both. */
export function startAcquainting(
	ports: Ports,
	self: Self,
	places: MeetingPlaces,
	{ other, meeting, founds }: { other: Bytes; meeting: Bytes; founds: boolean },
	events: AcquaintingEvents,
): Acquainting {
	const { crypto, random } = ports;
	const own = self.device.publicKey;
	const queue = createQueue();
	let them: { readonly name: string; readonly rootHash: Bytes } | undefined;
	let founded: string | undefined;
	let entering: Entering | undefined;
	let ended = false;

	const say = (message: MeetingMessage): void => {
		if (!ended) events.say(encodeMeetingMessage(message));
	};
	const finish = (space: string | null): void => {
		if (ended || them === undefined) return;
		ended = true;
		events.onDone({ name: them.name, rootHash: toHex(them.rootHash), space });
	};
	const fail = (problem: MeetingProblem): void => {
		if (ended) return;
		ended = true;
		events.onFailed(problem);
	};

	async function onHello({
		member,
		signature,
	}: Extract<MeetingMessage, { type: 'hello' }>): Promise<void> {
		if (them !== undefined) return;
		const isTheirs =
			equal(member.certificate.deviceKey, other) &&
			(await verifyMember(crypto, member)) &&
			(await crypto.verify(other, helloContent(meeting, other, own), signature));
		if (!isTheirs) {
			fail('failed');
			return;
		}
		them = { name: member.name, rootHash: rootHashOf(crypto, member.certificate.rootKey) };
		events.onName(them.name);
		if (founds) await foundUnlessShared(them);
	}

	async function foundUnlessShared(person: NonNullable<typeof them>): Promise<void> {
		const shared = places.shared(toHex(other));
		if (shared !== undefined || equal(person.rootHash, self.rootHash)) {
			say({ type: 'done' });
			finish(shared ?? null);
			return;
		}
		const made = await places.found(nameFor(self.name, person.name));
		if (made === undefined) {
			fail('storage');
			return;
		}
		founded = made.space;
		say({ type: 'invite', link: made.link });
	}

	async function onInvite(link: string): Promise<void> {
		const invitation = decodeInvitation(link, (bytes) => crypto.sha256(bytes));
		const isTheirs =
			invitation.ok && them !== undefined && equal(invitation.value.inviter, them.rootHash);
		if (founds || entering !== undefined || !isTheirs) {
			fail('failed');
			return;
		}
		const { space } = invitation.value;
		const mine = await places.selfIn(space);
		const token = random.bytes(32);
		entering = createEntering(ports, mine, space, token, () => places.open(mine, space));
		const door = await invitationDoor(ports, mine, invitation.value);
		const nowhere = { replyMailbox: random.bytes(32), replyWriteSeed: random.bytes(32) };
		say({ type: 'request', request: await door.request({ token, ...nowhere }) });
	}

	async function onRequest(encoded: Bytes): Promise<void> {
		const request = decodeJoinRequest(encoded);
		const isTheirs = request.ok && equal(request.value.member.certificate.deviceKey, other);
		if (founded === undefined || !isTheirs) {
			fail('failed');
			return;
		}
		const replies = await places.letIn(founded, request.value);
		if (replies === undefined) {
			fail('failed');
			return;
		}
		for (const reply of replies) say({ type: 'reply', reply: encodeJoinReply(reply) });
		say({ type: 'done' });
		finish(founded);
	}

	/** Whoever asked is a member, by a log that has the one who let it in as another. */
	async function onDone(): Promise<void> {
		if (founds || them === undefined) return;
		if (entering === undefined) {
			finish(places.shared(toHex(other)) ?? null);
			return;
		}
		const space = entering.entered();
		if (space?.ledger.authority.devices.get(toHex(other))?.active !== true) {
			fail('failed');
			return;
		}
		await places.enter(space, entering.self);
		finish(space.key);
	}

	async function take(message: MeetingMessage): Promise<void> {
		if (ended) return;
		switch (message.type) {
			case 'hello':
				return onHello(message);
			case 'invite':
				return onInvite(message.link);
			case 'request':
				return onRequest(message.request);
			case 'reply': {
				const reply = decodeJoinReply(message.reply);
				if (reply.ok) await entering?.onReply(reply.value);
				return;
			}
			case 'done':
				return onDone();
		}
	}

	void self.device.sign(helloContent(meeting, own, other)).then((signature) => {
		say({ type: 'hello', member: self.member, signature });
	});

	return {
		hear(bytes) {
			const message = decodeMeetingMessage(bytes);
			if (!message.ok) fail('failed');
			else void queue(() => take(message.value));
		},
		stop() {
			ended = true;
		},
	};
}

/** Both names, as far as they fit. */
function nameFor(one: string, other: string): string {
	const both = `${one} & ${other}`;
	return utf8(both).length <= MAX_NAME ? both : other;
}
