// A device of a person who is a member already, on its way into a space: takes the keys and the authority log as they come,
// in any order and as often as they do, until it finds itself a member. [DK2] [MD3]
import { tokenHash } from '#lib/mailbox/proofs.ts';
import type { JoinReply } from '#lib/protocol/lobby.ts';
import { enrolContent } from '#lib/protocol/moderation.ts';
import type { Packet } from '#lib/protocol/entry.ts';
import type { EnrolRequest } from '#lib/protocol/space-message.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Ports, Self } from '../ports.ts';
import { createQueue } from '../queue.ts';
import { openSpace } from '../space/space.ts';
import type { Space } from '../space/space-face.ts';
import { openBlock, readAnswer } from './answers.ts';

const MAX_EARLY = 1024;

export interface Entering {
	readonly self: Self;
	request(): Promise<EnrolRequest>;
	/** An answer of another device of this person, sealed to this device's prekey. */
	onBlock(block: Bytes): Promise<void>;
	onReply(reply: JoinReply): Promise<void>;
	onEntries(packets: readonly Packet[]): Promise<void>;
	/** The space, once this device is a member of it. */
	entered(): Space | undefined;
}

/**
 * `token`: this device's own, drawn once and kept until it is in. `open`: the space as it is here, where somebody else may
 * be working with it.
 */
export function createEntering(
	ports: Ports,
	self: Self,
	id: Bytes,
	token: Bytes,
	open = async (): Promise<Space | undefined> => {
		const opened = await openSpace(ports, self, id);
		return opened.ok ? opened.value : undefined;
	},
): Entering {
	const { crypto } = ports;
	const working = createQueue();
	let space: Space | undefined;
	const early: Packet[] = [];

	async function onReply(reply: JoinReply): Promise<void> {
		if (reply.type === 'entries') await onEntries(reply.packets);
		if (reply.type !== 'welcome' || !equal(reply.space, id)) return;
		space ??= await open();
		if (space === undefined) return;
		const admitted = await space.admit({ ...reply.grant, token }, reply.controlKeys, reply.bases);
		if (admitted.ok) await space.receive(early.splice(0));
	}

	async function onEntries(packets: readonly Packet[]): Promise<void> {
		if (space !== undefined) await space.receive(packets);
		else if (early.length + packets.length <= MAX_EARLY) early.push(...packets);
	}

	return {
		self,
		async request() {
			const { member, device } = self;
			const hash = await tokenHash(crypto, token);
			const proof = await device.sign(enrolContent(id, { member, tokenHash: hash }));
			return { space: id, member, tokenHash: hash, proof };
		},
		async onBlock(block) {
			for (const prekey of self.prekeys) {
				const opened = await openBlock(crypto, prekey, block);
				if (opened === undefined || 'part' in opened) continue;
				const asked = { space: id, tokenHash: await tokenHash(crypto, token) };
				const answer = await readAnswer(crypto, asked, opened.whole);
				// Nobody else's device lets this person's in by this way.
				if (answer === undefined || !equal(answer.rootHash, self.rootHash)) continue;
				await working(() => onReply(answer.reply));
				return;
			}
		},
		onReply: (reply) => working(() => onReply(reply)),
		onEntries: (packets) => working(() => onEntries(packets)),
		entered() {
			const own = space?.ledger.authority.devices.get(toHex(self.device.publicKey));
			return own?.active === true ? space : undefined;
		},
	};
}
