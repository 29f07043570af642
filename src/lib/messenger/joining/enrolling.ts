// A member's side of a fresh device: checks that it is a member's own, lets it in, and hands it the keys. Whoever has the
// first turn acts; when no answer comes, the fresh device asks again, and others answer too. [FD11] [DK2]
import { rootHashOf } from '#lib/crypto/hash.ts';
import { verifyMember } from '#lib/crypto/identity.ts';
import { sealTo } from '#lib/crypto/seal.ts';
import { SPACE_KIND } from '#lib/protocol/content.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { encodeJoinReply } from '#lib/protocol/lobby.ts';
import { enrolContent, type Enrol } from '#lib/protocol/moderation.ts';
import type { EnrolRequest, SpaceMessage } from '#lib/protocol/space-message.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Ports, Self } from '../ports.ts';
import { createQueue } from '../queue.ts';
import { controlKeys, grantForJoiner, hasRoom } from '../space/epochs.ts';
import type { Space } from '../space/space.ts';
import { stepOf } from '../space/steps.ts';

/** How long each further device in line leaves it to those before. */
const TURN = 2000;
/** Devices that somebody has at once. */
const MAX_DEVICES = 8;
/** Requests remembered, so that one heard again is known for that. */
const MAX_HEARD = 1000;

export interface EnrollingEvents {
	write(content: Enrol): Promise<boolean>;
	/** Brings the answer to the device (hex) that asked, now or as a stored copy. */
	reply(device: string, message: SpaceMessage): void;
}

export interface Enrolling {
	/** `from` (hex): the device by whose routes the request came. */
	onRequest(from: string, request: EnrolRequest): Promise<void>;
	stop(): void;
}

export function createEnrolling(
	{ clock, crypto, random }: Ports,
	self: Self,
	space: Space,
	events: EnrollingEvents,
): Enrolling {
	const own = toHex(self.device.publicKey);
	const oneByOne = createQueue();
	/** Requests (token hash, hex) heard before. */
	const heard = new Set<string>();
	let stopped = false;

	const wait = (ms: number): Promise<void> =>
		ms === 0 ? Promise.resolve() : new Promise((resolve) => clock.after(ms, resolve));

	/** The valid ENROL that lets this device in with this token. */
	function enrolmentOf(
		device: Bytes,
		tokenHash: Bytes,
	): { content: Enrol; by: string } | undefined {
		for (const { content, entry } of space.ledger.control.values()) {
			if (content.kind !== KIND.enrol || !equal(content.tokenHash, tokenHash)) continue;
			if (!equal(content.member.certificate.deviceKey, device)) continue;
			if (space.ledger.authority.verdicts.get(entry.key) !== 'valid') continue;
			return { content, by: toHex(entry.header.device) };
		}
		return undefined;
	}

	async function isGenuine({ space: named, member, proof, tokenHash }: EnrolRequest) {
		const { deviceKey } = member.certificate;
		return (
			equal(named, space.id) &&
			(await verifyMember(crypto, member)) &&
			(await crypto.verify(deviceKey, enrolContent(space.id, { member, tokenHash }), proof))
		);
	}

	/** Whether this person may have this further device here. */
	function mayEnrol(root: Bytes, device: Bytes): boolean {
		const { people, fences, devices } = space.ledger.authority;
		const person = people.get(toHex(root));
		if (person?.active !== true || fences.has(toHex(device)) || devices.has(toHex(device))) {
			return false;
		}
		return person.devices.filter(({ active }) => active).length < MAX_DEVICES && hasRoom(space);
	}

	function turn(from: string): number {
		const devices = [...space.ledger.authority.devices]
			.filter(([device, { active }]) => active && device !== from)
			.map(([device]) => device)
			.sort();
		return Math.max(0, devices.indexOf(own));
	}

	async function answer(from: string, request: EnrolRequest, isAgain: boolean): Promise<void> {
		const { member, proof, tokenHash } = request;
		const { deviceKey } = member.certificate;
		if (stopped) return;
		const before = enrolmentOf(deviceKey, tokenHash);
		if (before === undefined) {
			if (!mayEnrol(rootHashOf(crypto, member.certificate.rootKey), deviceKey)) return;
			const { epoch } = space.ledger.authorityAt(clock.now());
			const grant = epoch && space.ring.get(epoch.id)?.grant;
			if (epoch === null || !grant) return;
			const step = Math.max(grant.step, stepOf(space.ledger.control, epoch.id)) + 1;
			const content: Enrol = { kind: KIND.enrol, member, proof, tokenHash, epoch: epoch.id, step };
			if (!(await events.write(content))) return;
		} else if (before.by !== own && !isAgain) {
			return;
		}
		const made = enrolmentOf(deviceKey, tokenHash);
		if (made !== undefined) await handOver(from, made.content);
	}

	async function handOver(from: string, { member, epoch, step }: Enrol): Promise<void> {
		const grant = space.ring.get(epoch)?.grant;
		if (!grant) return;
		const direct = space.ledger.authority.genesis?.spaceKind === SPACE_KIND.direct;
		const reply = encodeJoinReply({
			type: 'welcome',
			space: space.id,
			grant: grantForJoiner(crypto, grant, Math.max(step, grant.step), direct),
			controlKeys: controlKeys(space, space.ledger.control),
			bases: [],
		});
		const block = await sealTo(crypto, random, member.prekey.publicKey, reply);
		if (block === undefined || stopped) return;
		events.reply(from, { type: 'enrolled', device: member.certificate.deviceKey, block });
	}

	return {
		async onRequest(from, request) {
			const { rootKey } = request.member.certificate;
			const asking = space.ledger.authority.devices.get(from);
			if (asking === undefined || from === own) return;
			if (!equal(asking.rootHash, rootHashOf(crypto, rootKey))) return;
			if (!(await isGenuine(request))) return;
			const name = toHex(request.tokenHash);
			const isAgain = heard.has(name);
			if (heard.size < MAX_HEARD) heard.add(name);
			await wait(turn(from) * TURN);
			await oneByOne(() => answer(from, request, isAgain));
		},
		stop() {
			stopped = true;
		},
	};
}
