// Gives those who come later the sealed entries that are for every member: a further box, which looks the same whether
// it opens or not. Reports stay with whom they were for. [SH4]
import { addWrap, fitsCommitment, sealedWrapsSeed, unwrap } from '#lib/crypto/entry-keys.ts';
import { prekeyId } from '#lib/crypto/hash.ts';
import type { ControlEntry, DeviceState } from '#lib/crdt/authority-state.ts';
import type { Ledger } from '#lib/crdt/ledger.ts';
import { compareTime, KIND, type Packet } from '#lib/protocol/entry.ts';
import type { AgreementKey, CryptoProvider } from '#lib/ports/crypto.ts';
import type { Random } from '#lib/ports/random.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { PrekeyBook } from './prekey-book.ts';

interface Tools {
	readonly crypto: CryptoProvider;
	readonly random: Random;
	readonly prekeys: Iterable<AgreementKey>;
	readonly ledger: Ledger;
	readonly book: Pick<PrekeyBook, 'of'>;
}

/** Whom a sealed entry is for. */
export interface Newcomer {
	readonly rootHash: Bytes;
	/** Public prekey of the device. */
	readonly prekey: Bytes;
}

/** Root Hashes of those whom a shadow-ban, or the undoing of some, is about; null: it is neither, or that is not known. */
function targetsOf(ledger: Ledger, { content }: ControlEntry): readonly Bytes[] | null {
	if (content.kind !== KIND.sealed || content.content === null) return null;
	if (content.content.type === 'shadow-ban') return [content.content.target];
	if (content.content.type === 'report') return null;
	const targets: Bytes[] = [];
	for (const id of content.content.bans) {
		const ban = ledger.control.get(toHex(id))?.content;
		const inner = ban?.kind === KIND.sealed ? ban.content : null;
		if (inner?.type !== 'shadow-ban') return null;
		targets.push(inner.target);
	}
	return targets;
}

/** The packet of a control entry, if it is a sealed one with a box for the newcomer. */
export async function rewrapped(
	{ crypto, random, prekeys, ledger, book }: Tools,
	control: ControlEntry,
	newcomer: Newcomer,
): Promise<Packet> {
	const { header, packet } = control.entry;
	if (header.kind !== KIND.sealed || packet.wraps === null) return packet;
	const targets = targetsOf(ledger, control);
	const isFor = targets?.every((target) => !equal(target, newcomer.rootHash)) === true;
	const key = isFor ? (control.key ?? (await unwrap(crypto, packet.wraps, prekeys))) : undefined;
	const secret = key && fitsCommitment(crypto, key, header.commitment) ? key : null;
	const seed = secret && sealedWrapsSeed(crypto, secret);
	const present = [...ledger.authority.devices.values()]
		.filter(({ active }) => active)
		.map((device) => toHex(prekeyId(crypto, book.of(device).publicKey)));
	const wraps = await addWrap(crypto, random, packet.wraps, {
		publicKey: newcomer.prekey,
		secret,
		seed,
		present: new Set(present),
	});
	return { ...packet, wraps };
}

/** The whole authority log, oldest first, with what is sealed for every member sealed for the newcomer too. */
export const logFor = (tools: Tools, newcomer: Newcomer): Promise<Packet[]> =>
	Promise.all(
		[...tools.ledger.control.values()]
			.sort((a, b) => compareTime(a.entry.header.time, b.entry.header.time))
			.map((control) => rewrapped(tools, control, newcomer)),
	);

export interface Owed {
	readonly device: DeviceState;
	readonly sealed: readonly ControlEntry[];
	/** The same, each with a box for the device. */
	readonly packets: readonly Packet[];
}

/**
 * What devices lack because neither who let them in nor who wrote the sealed entries could give it: they were let in by
 * somebody under a shadow-ban, or at the same time. `isDue`: whether this is to be given to the device that the entrance
 * let in.
 */
export async function owedFor(
	tools: Tools,
	isDue: (
		sealed: ControlEntry,
		entrance: ControlEntry,
		device: DeviceState,
	) => boolean | Promise<boolean>,
): Promise<Owed[]> {
	const { ledger } = tools;
	const { authority, control, resolver } = ledger;
	const everything = [...control.values()];
	const sealed = everything.filter((each) => targetsOf(ledger, each) !== null);
	if (sealed.length === 0) return [];
	const owed = new Map<string, { device: DeviceState; entries: Set<ControlEntry> }>();
	for (const entrance of everything) {
		const { content, entry } = entrance;
		if (content.kind !== KIND.admit && content.kind !== KIND.enrol) continue;
		const key = toHex(content.member.certificate.deviceKey);
		const device = authority.devices.get(key);
		if (device?.active !== true || authority.verdicts.get(entry.key) !== 'valid') continue;
		const past = resolver.pasts.of(entry);
		const isSilenced = authority.shadowed.has(toHex(entry.header.author));
		for (const each of sealed) {
			if (resolver.pasts.of(each.entry).has(entry)) continue;
			if (past.has(each.entry) && !isSilenced) continue;
			if (!(await isDue(each, entrance, device))) continue;
			const known = owed.get(key) ?? { device, entries: new Set<ControlEntry>() };
			known.entries.add(each);
			owed.set(key, known);
		}
	}
	return Promise.all(
		[...owed.values()].map(async ({ device, entries }) => {
			const newcomer = { rootHash: device.rootHash, prekey: tools.book.of(device).publicKey };
			const list = [...entries];
			const packets = await Promise.all(list.map((each) => rewrapped(tools, each, newcomer)));
			return { device, sealed: list, packets };
		}),
	);
}
