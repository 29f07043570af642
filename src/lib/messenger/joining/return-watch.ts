// A member's side of coming back: looks where the people of the space would knock who have lost their devices, tells them
// of the space, and lets their fresh device in. Who is no member any longer hears nothing. [RT1] [RT2] [RT3] [RT4]
import { rootHashOf } from '#lib/crypto/hash.ts';
import { verifyMember } from '#lib/crypto/identity.ts';
import { MAX_SEALED_TO, openWith } from '#lib/crypto/seal.ts';
import {
	decodeKnock,
	encodeFoundSpace,
	knockContent,
	type Knock,
	type ReturnWish,
} from '#lib/protocol/coming-back.ts';
import { SPACE_KIND } from '#lib/protocol/content.ts';
import { DAY, DEFAULT_TTL_SECONDS, MAX_DIRECT_RECIPIENTS } from '#lib/protocol/limits.ts';
import { ANSWER_OVERHEAD, REFUSAL } from '#lib/protocol/lobby.ts';
import { compare, concat, equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import { attachMailbox, type Attachment } from '../delivery/attachment.ts';
import type { RelayPool } from '../delivery/relay-pool.ts';
import { batchesOf } from '../delivery/splitting.ts';
import type { Ports, Self } from '../ports.ts';
import { controlKeys } from '../space/epochs.ts';
import { sharesPast } from '../space/history-policy.ts';
import { logFor } from '../space/rewrapping.ts';
import type { Space } from '../space/space-face.ts';
import type { Enrolling } from './enrolling.ts';
import { enrolmentGrant, type Enrolment } from './enrolment.ts';
import { encodeAnswer, type WholeReply } from './answers.ts';
import { replyTo, type ReplyTo } from './replying.ts';
import { returnAddress, returnSpec, type ReturnAddress } from './return-mailbox.ts';
import { headsBefore } from './view-begin.ts';

/** Whoever opens a space wants to read it first. */
const WATCH_AFTER = 5000;
/** How long each further device in line leaves it to those before. */
const TURN = 2000;
/** How long an answer that somebody else owes may take before others think it lost. */
const UNANSWERED = 30_000;
/** Devices that look for each person in a space where not all do. */
const WATCHERS = 8;
/** Mailboxes that one device reads for one space: what a relay lets one connection read is shared by all spaces. */
const MAX_WATCHED = 128;
/** Knocks remembered for each person. */
const MAX_HEARD = 64;

export interface ReturnWatch {
	/** Follows who belongs to the space, and which relays it uses. */
	update(): void;
	stop(): void;
}

interface Watched {
	readonly rootHash: Bytes;
	readonly address: ReturnAddress;
	readonly attachments: Map<string, Attachment>;
	/** Requests (token hash, hex) heard before, and when first. */
	readonly heard: Map<string, number>;
}

export function createReturnWatch(
	ports: Ports,
	self: Self,
	space: Space,
	pool: RelayPool,
	enrolling: Pick<Enrolling, 'letIn'>,
): ReturnWatch {
	const { clock, crypto, random } = ports;
	const own = self.device.publicKey;
	const watched = new Map<string, Watched>();
	let stopped = false;
	let updating = Promise.resolve();
	let begun = false;
	const cancelBegin = clock.after(WATCH_AFTER, () => {
		begun = true;
		follow();
	});

	const active = (): Bytes[] =>
		[...space.ledger.authority.devices.values()]
			.filter((device) => device.active)
			.map(({ device }) => device);

	/** Devices in the order in which they answer this person: the person's own first, then as the Root Hash has it. */
	function line(rootHash: Bytes, but?: Bytes): Bytes[] {
		const { devices } = space.ledger.authority;
		const place = new Map(
			active().map((device) => {
				const isOwn = equal(devices.get(toHex(device))?.rootHash ?? device, rootHash);
				const distance = crypto.sha256(rootHash, device);
				return [device, concat(Uint8Array.of(isOwn ? 0 : 1), distance)] as const;
			}),
		);
		return [...place]
			.filter(([device]) => but === undefined || !equal(device, but))
			.sort(([, a], [, b]) => compare(a, b))
			.map(([device]) => device);
	}

	const positionIn = (devices: readonly Bytes[]): number =>
		devices.findIndex((device) => equal(device, own));

	/** Everybody looks for everybody where they are few; otherwise those nearest to a person do. */
	function watches(rootHash: Bytes): boolean {
		const devices = line(rootHash);
		const at = positionIn(devices);
		return at >= 0 && (devices.length <= MAX_DIRECT_RECIPIENTS || at < WATCHERS);
	}

	const isGenuine = async (person: Watched, knock: Knock): Promise<boolean> => {
		const { signature, ...content } = knock;
		const { certificate } = knock.member;
		const age = clock.now() - knock.time;
		return (
			age < DEFAULT_TTL_SECONDS * 1000 + DAY &&
			age > -DAY &&
			equal(rootHashOf(crypto, certificate.rootKey), person.rootHash) &&
			(await verifyMember(crypto, knock.member)) &&
			(await crypto.verify(certificate.deviceKey, knockContent(content), signature))
		);
	};

	/** True once the knock is dealt with: it is this space's copy, and nobody else of the space needs it. */
	async function onKnock(person: Watched, relay: string, block: Bytes): Promise<boolean> {
		const opened = await openWith(crypto, person.address.key, block);
		const knock = opened && decodeKnock(opened);
		if (knock?.ok !== true || !(await isGenuine(person, knock.value))) return true;
		const { member, wish, replyMailbox, replyWriteSeed } = knock.value;
		const { deviceKey } = member.certificate;
		if (wish !== null && !equal(wish.space, space.id)) return true;
		if (equal(deviceKey, own)) return true;
		const name = toHex(wish?.tokenHash ?? crypto.sha256(replyMailbox));
		const heardAt = person.heard.get(name) ?? clock.now();
		if (person.heard.size < MAX_HEARD) person.heard.set(name, heardAt);
		// It knocks on several relays at once; only later it is because no answer has come.
		const isAgain = clock.now() - heardAt > UNANSWERED;
		const turn = Math.max(0, positionIn(line(person.rootHash, deviceKey)));
		if (turn > 0) await new Promise((resolve) => clock.after(turn * TURN, () => resolve(null)));
		if (stopped) return false;
		if (space.ledger.authority.people.get(toHex(person.rootHash))?.active !== true) return true;
		const to = {
			mailbox: replyMailbox,
			writeSeed: replyWriteSeed,
			prekey: member.prekey.publicKey,
		};
		if (wish !== null) return letBackIn(relay, to, { ...wish, member }, isAgain);
		// It knows of the space by now, and somebody is about to let it in or has done so.
		if (space.ledger.authority.devices.has(toHex(deviceKey))) return true;
		return replyTo(ports, pool, relay, to, [found()]);
	}

	function found(): Bytes {
		const { genesis, epoch } = space.ledger.authority;
		const relays = epoch?.content.relays ?? [];
		return encodeFoundSpace({ space: space.id, name: genesis?.name ?? '', relays });
	}

	async function letBackIn(
		relay: string,
		to: ReplyTo,
		request: ReturnWish & Pick<Knock, 'member'>,
		isAgain: boolean,
	): Promise<boolean> {
		const enrolment = await enrolling.letIn(request);
		if (stopped) return false;
		if (enrolment === undefined) {
			const asker = { space: space.id, tokenHash: request.tokenHash };
			const reason = REFUSAL.full;
			const refused = await encodeAnswer(crypto, self, asker, { type: 'refused', reason });
			return replyTo(ports, pool, relay, to, refused);
		}
		if (enrolment.by !== toHex(own) && !isAgain) return true;
		return welcomeBack(relay, to, enrolment);
	}

	/** The keys, the authority log, and where the view begins: what came before was not for this device. */
	async function welcomeBack(
		relay: string,
		to: ReplyTo,
		{ content, control }: Enrolment,
	): Promise<boolean> {
		const grant = enrolmentGrant(ports, space, content);
		if (grant === undefined) return false;
		const { rootKey } = content.member.certificate;
		const packets = await logFor(
			{ crypto, random, prekeys: self.prekeys, ledger: space.ledger, book: space.prekeys },
			{ rootHash: rootHashOf(crypto, rootKey), prekey: content.member.prekey.publicKey },
		);
		const replies: WholeReply[] = [
			{
				type: 'welcome',
				space: space.id,
				grant,
				controlKeys: controlKeys(space, space.ledger.control),
				bases: sharesPast(space.ledger.authority)
					? []
					: await headsBefore(crypto, space, control.entry.header.time),
			},
			...batchesOf(packets, MAX_SEALED_TO - ANSWER_OVERHEAD).map((batch) => ({
				type: 'entries' as const,
				packets: batch,
			})),
		];
		const asker = { space: space.id, tokenHash: content.tokenHash };
		const contents = await Promise.all(
			replies.map((each) => encodeAnswer(crypto, self, asker, each)),
		);
		return replyTo(ports, pool, relay, to, contents.flat());
	}

	async function watch(rootHash: Bytes): Promise<void> {
		const { genesis, epoch } = space.ledger.authority;
		const key = toHex(rootHash);
		const person = watched.get(key) ?? {
			rootHash,
			address: await returnAddress(crypto, rootHash),
			attachments: new Map<string, Attachment>(),
			heard: new Map<string, number>(),
		};
		if (genesis === null) return;
		const spec = await returnSpec(crypto, person.address, rootHash, genesis.spaceKey);
		if (stopped) return;
		watched.set(key, person);
		const relays = epoch?.content.relays ?? [];
		for (const address of relays) {
			const relay = toHex(address.key);
			if (person.attachments.has(relay)) continue;
			pool.add(address, 'space');
			const attachment = attachMailbox(ports, pool, relay, spec, {
				onBlock: (block) => onKnock(person, relay, block),
				isHeld: () => false,
				onReady: () => undefined,
				onPresence: () => undefined,
			});
			person.attachments.set(relay, attachment);
		}
		const named = new Set(relays.map((address) => toHex(address.key)));
		for (const [relay, attachment] of person.attachments) {
			if (named.has(relay)) continue;
			attachment.detach();
			person.attachments.delete(relay);
		}
	}

	async function updateNow(): Promise<void> {
		const people = [...space.ledger.authority.people.values()].filter((person) => person.active);
		// An account space is nobody's to come back to: its devices meet in the others (MD7).
		const isShared = space.ledger.authority.genesis?.spaceKind !== SPACE_KIND.account;
		const isIn = isShared && active().some((device) => equal(device, own));
		const wanted = isIn
			? people.filter(({ rootHash }) => watches(rootHash)).slice(0, MAX_WATCHED)
			: [];
		for (const { rootHash } of wanted) await watch(rootHash);
		const kept = new Set(wanted.map(({ rootHash }) => toHex(rootHash)));
		for (const [key, { attachments }] of watched) {
			if (kept.has(key)) continue;
			for (const attachment of attachments.values()) attachment.detach();
			watched.delete(key);
		}
	}

	function follow(): void {
		if (begun && !stopped) updating = updating.then(updateNow);
	}

	return {
		update: follow,
		stop() {
			stopped = true;
			cancelBegin();
			for (const { attachments } of watched.values()) {
				for (const attachment of attachments.values()) attachment.detach();
			}
		},
	};
}
