// A member's side of a fresh device: checks that it is a member's own, lets it in, and hands it the keys. Whoever has the
// first turn acts; when no answer comes, the fresh device asks again, and others answer too. [FD11] [DK2]
import { rootHashOf } from '#lib/crypto/hash.ts';
import { sealTo } from '#lib/crypto/seal.ts';
import type { Enrol } from '#lib/protocol/moderation.ts';
import type { EnrolRequest, SpaceMessage } from '#lib/protocol/space-message.ts';
import { equal, toHex } from '#lib/util/bytes.ts';
import type { Ports, Self } from '../ports.ts';
import { createQueue } from '../queue.ts';
import { controlKeys } from '../space/epochs.ts';
import type { Space } from '../space/space-face.ts';
import { encodeAnswer } from './answers.ts';
import {
	enrolmentGrant,
	enrolmentOf,
	isGenuineRequest,
	newEnrolment,
	type Enrolment,
} from './enrolment.ts';

/** How long each further device in line leaves it to those before. */
const TURN = 2000;
/** Requests remembered, so that one heard again is known for that. */
const MAX_HEARD = 1000;

export interface EnrollingEvents {
	write(content: Enrol): Promise<boolean>;
	/** Brings the answer to the device (hex) that asked, now or as a stored copy. */
	reply(device: string, message: SpaceMessage): void;
}

export interface Enrolling {
	/** Lets a device in whose request came by whatever way, as soon as it is genuine; undefined when it can't be. */
	letIn(request: EnrolRequest): Promise<Enrolment | undefined>;
	/** `from` (hex): the device by whose routes the request came. */
	onRequest(from: string, request: EnrolRequest): Promise<void>;
	stop(): void;
}

export function createEnrolling(
	ports: Ports,
	self: Self,
	space: Space,
	events: EnrollingEvents,
): Enrolling {
	const { clock, crypto, random } = ports;
	const own = toHex(self.device.publicKey);
	const oneByOne = createQueue();
	/** Requests (token hash, hex) heard before. */
	const heard = new Set<string>();
	let stopped = false;

	const wait = (ms: number): Promise<void> =>
		ms === 0 ? Promise.resolve() : new Promise((resolve) => clock.after(ms, resolve));

	function turn(from: string): number {
		const devices = [...space.ledger.authority.devices]
			.filter(([device, { active }]) => active && device !== from)
			.map(([device]) => device)
			.sort();
		return Math.max(0, devices.indexOf(own));
	}

	/** Lets the device in, unless somebody has; undefined when it can't be. */
	async function enrol(request: EnrolRequest): Promise<Enrolment | undefined> {
		const before = enrolmentOf(space, request);
		if (before !== undefined) return before;
		const content = newEnrolment(ports, space, request);
		if (content === null || !(await events.write(content))) return undefined;
		return enrolmentOf(space, request);
	}

	async function answer(from: string, request: EnrolRequest, isAgain: boolean): Promise<void> {
		if (stopped) return;
		const before = enrolmentOf(space, request);
		if (before !== undefined && before.by !== own && !isAgain) return;
		const made = await enrol(request);
		if (made !== undefined) await handOver(from, made.content);
	}

	async function handOver(from: string, content: Enrol): Promise<void> {
		const grant = enrolmentGrant(ports, space, content);
		if (grant === undefined) return;
		const { member, tokenHash } = content;
		const { certificate, prekey } = member;
		const asker = { space: space.id, tokenHash };
		const [welcome] = await encodeAnswer(crypto, self, asker, {
			type: 'welcome',
			space: space.id,
			grant,
			controlKeys: controlKeys(space, space.ledger.control),
			bases: [],
		});
		const block = welcome && (await sealTo(crypto, random, prekey.publicKey, welcome));
		if (block === undefined || stopped) return;
		events.reply(from, { type: 'enrolled', device: certificate.deviceKey, block });
	}

	return {
		letIn: (request) =>
			oneByOne(async () => {
				if (stopped || !(await isGenuineRequest(ports, space, request))) return undefined;
				return enrol(request);
			}),
		async onRequest(from, request) {
			const { rootKey } = request.member.certificate;
			const asking = space.ledger.authority.devices.get(from);
			if (asking === undefined || from === own) return;
			if (!equal(asking.rootHash, rootHashOf(crypto, rootKey))) return;
			if (!(await isGenuineRequest(ports, space, request))) return;
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
