// What this node does with devices that are members no longer: tells them why, once and for all, and nothing else; and
// closes behind them what they could still write into. [BN1] [BN2]
import type { SpaceChange } from '../space/space-face.ts';
import type { Packet } from '#lib/protocol/entry.ts';
import type { Content } from '#lib/protocol/content.ts';
import { decodeHeader, KIND } from '#lib/protocol/entry.ts';
import type { State } from '#lib/protocol/space-state.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import { MAX_CONTENT } from '#lib/protocol/block.ts';
import { label } from '#lib/protocol/labels.ts';
import { entryId } from '#lib/crdt/check-entry.ts';
import type { Ports, Self } from '../ports.ts';
import type { Space } from '../space/space-face.ts';
import { admissionsOf } from '../space/admissions.ts';
import { createClosing } from './closing.ts';
import {
	concernedBy,
	fallenBy,
	isPutOut,
	lastWordFor,
	openingFor,
	withWhatLeads,
} from './last-word.ts';
import type { Post } from './post-face.ts';

/** A device that asks again within this time is not answered again. */
const ANSWER_EVERY = 5000;
/** What a block holds beside the entries. */
const AROUND = 400;

export interface CutOff {
	/** The authority log changed. */
	onChange(change: SpaceChange): void;
	/** A device (hex) that is no member said what it holds. */
	onOutsider(device: string, state: State): void;
	/**
	 * What a copy of this packet consists of for these devices (hex): with what leads to it where it is the last word to
	 * some of them (`last`), or where it is an EPOCH or a departure or builds upon one: who has gone can be asked for nothing
	 * more, and copies that are left in the next mailbox are for those alone who have the EPOCH.
	 */
	toLeave(packet: Packet, to: readonly string[], last: readonly string[]): readonly Packet[];
	stop(): void;
}

/** `heldBy`: heads of the authority log as a device (hex) stated them. `isLeaving`: see closing.ts. */
export function createCutOff(
	ports: Ports,
	self: Self,
	space: Space,
	post: Post,
	heldBy: (device: string) => readonly Bytes[],
	isLeaving: () => boolean,
): CutOff {
	const { clock, crypto, random } = ports;
	const own = toHex(self.device.publicKey);
	const answeredAt = new Map<string, number>();
	const closing = createClosing(ports, space, post, isLeaving);

	/** What a device surely holds of the authority log: what it said it does, or else what it wrote and what let it in. */
	function surelyHeld(device: string): readonly Bytes[] {
		const stated = heldBy(device);
		if (stated.length > 0) return stated;
		return [...space.ledger.control.values()]
			.filter(
				({ entry, content }) =>
					toHex(entry.header.device) === device ||
					(content.kind === KIND.admit && toHex(content.member.certificate.deviceKey) === device),
			)
			.map(({ entry }) => entry.id);
	}

	const concerned = (content: Content): string[] => [
		...concernedBy(space.ledger, content),
		...fallenBy(space.ledger, content),
	];

	/** A departure, what builds upon one, or what the next words are sealed under: whoever left it may be gone. */
	function comesWithWhatLeads({ header }: Packet): boolean {
		const decoded = decodeHeader(header);
		if (!decoded.ok) return false;
		const { kind, authorityHeads } = decoded.value;
		const isLeave = (head: Bytes): boolean =>
			space.ledger.control.get(toHex(head))?.content.kind === KIND.leave;
		return kind === KIND.leave || kind === KIND.epoch || authorityHeads.some(isLeave);
	}

	function tell(device: string, have: readonly Bytes[], onlyByLink: boolean): void {
		const packets = lastWordFor(space.ledger, device, have);
		const controlKeys = openingFor(space.ledger, space.ring, device, packets);
		if (controlKeys.length > 0) post.tell(device, { type: 'opening', controlKeys }, onlyByLink);
		if (packets.length > 0) post.tell(device, { type: 'entries', packets }, onlyByLink);
	}

	/**
	 * Whoever was let in for nothing is left the word where it was let in: by Powernodes, and by who let it in. All give the
	 * copy one name, so that the relay keeps one.
	 */
	async function leave(device: string): Promise<void> {
		const { ledger } = space;
		if (ledger.authority.devices.has(device)) return;
		const isMine = ledger.authority.ranks.has(toHex(self.rootHash));
		const packets = lastWordFor(ledger, device, surelyHeld(device));
		const last = packets.at(-1);
		if (last === undefined) return;
		const controlKeys = openingFor(ledger, space.ring, device, packets);
		for (const { entry, epoch } of admissionsOf(ledger.control, device)) {
			if (!isMine && toHex(entry.header.device) !== own) continue;
			const packet = crypto.sha256(label('last-word'), entry.id, entryId(crypto, last.header));
			const copy = { preimage: random.bytes(32), notIn: null, only: epoch };
			await post.store([device], { ...copy, packet }, { type: 'entries', packets });
			if (controlKeys.length === 0) continue;
			const opening = crypto.sha256(label('last-word'), packet);
			await post.store([device], { ...copy, packet: opening }, { type: 'opening', controlKeys });
		}
	}

	return {
		onChange({ placed }) {
			for (const { control, entry } of placed) {
				if (control === null) continue;
				// Links end now; whoever can be reached otherwise hears it of the one who wrote it.
				const isOwn = equal(entry.header.device, self.device.publicKey);
				for (const device of concerned(control.content)) {
					if (device === own) continue;
					if (!isPutOut(space.ledger, device)) continue;
					tell(device, surelyHeld(device), !isOwn);
					void leave(device);
				}
			}
			closing.look();
		},
		onOutsider(device, { controlHeads }) {
			const now = clock.now();
			if (now - (answeredAt.get(device) ?? -Infinity) < ANSWER_EVERY) return;
			if (!isPutOut(space.ledger, device)) return;
			answeredAt.set(device, now);
			tell(device, controlHeads, false);
		},
		toLeave(packet, to, last) {
			const lacking = comesWithWhatLeads(packet) ? to : last.slice(0, 1);
			const id = entryId(crypto, packet.header);
			const haves = lacking.map(surelyHeld);
			return withWhatLeads(space.ledger, id, packet, haves, MAX_CONTENT - AROUND);
		},
		stop() {
			closing.stop();
		},
	};
}
