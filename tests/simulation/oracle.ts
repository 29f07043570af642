// What must hold in the end, whatever happened: all honest members agree, nobody of them lost or doubled anything, nothing
// of an attacker's counts that must not, and no relay and no outbox keeps what all have.
import { decode } from '@ipld/dag-cbor';
import { inOrder } from '#lib/crdt/authority-state.ts';
import { checkEntry } from '#lib/crdt/check-entry.ts';
import type { Ledger } from '#lib/crdt/ledger.ts';
import { isDue } from '#lib/crdt/logical-clock.ts';
import { inShownOrder } from '#lib/crdt/segment.ts';
import { prekeyId } from '#lib/crypto/hash.ts';
import { KIND, type Time } from '#lib/protocol/entry.ts';
import { lobbySpec } from '#lib/messenger/joining/invitations.ts';
import type { MessageView } from '#lib/messenger/api.ts';
import { ledgerLines, messagesOf, viewDigest } from '#lib/simulation/digest.ts';
import { mailboxId } from '#lib/mailbox/proofs.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Scene } from './scene.ts';
import { isClosed, standing, type Member, type Standing } from './standing.ts';
import { talk } from './world.ts';

interface Sent {
	readonly id: Bytes;
	readonly key: string;
	readonly time: Time;
	readonly device: string;
	readonly root: string;
	readonly seq: number;
	/** Names (hex) of the prekeys that it is wrapped for, wherever it lies. */
	readonly recipients: Set<string>;
}

/** Everything that is not as it should be, in words; empty when all is well. */
export async function complaints(scene: Scene): Promise<string[]> {
	const names = new Map(
		[...scene.people.values()].flatMap(({ self, name }) => [
			[toHex(self.device.publicKey), name],
			[toHex(self.rootHash), `${name}’s root`],
		]),
	);
	const named = (line: string): string =>
		line.replace(/[0-9a-f]{64}/g, (hex) => names.get(hex) ?? hex.slice(0, 8));

	const stand = await standing(scene);
	if (!('members' in stand)) return stand.map(named);
	const holding = outboxesHold(scene, stand.members).map(named);
	// Nobody need look further while something is still on its way.
	if (holding.length > 0) return holding;
	return [
		...ledgersDiffer(stand.members, scene.world.clock.now()),
		...wrongCounts(scene, stand.ledger),
		...(await messagesWrong(scene, stand)),
		...(await relaysHold(scene, stand.members)),
	].map(named);
}

export async function digestOf(scene: Scene): Promise<string> {
	const stand = await standing(scene);
	if (!('members' in stand)) return stand.join('\n');
	const digests: string[] = [];
	for (const { node, kept } of stand.members) {
		digests.push(`${node.name} ${await viewDigest(scene.world.crypto, kept)}`);
	}
	return digests.join('\n');
}

/**
 * Void EPOCHs from far ahead, and what was built on them: those whom they leave out read them when the next epoch hands
 * their keys on, and nobody may build one on them before they are due (FD5, EP3). They have no effect anywhere.
 */
function notYetForAll({ control, authority }: Ledger, now: number): ReadonlySet<string> {
	const strays = new Set<string>();
	const byTime = [...control.values()].sort((a, b) => inOrder(a.entry, b.entry));
	for (const { entry } of byTime) {
		const { kind, time, authorityHeads } = entry.header;
		if (isDue(time, now) || authority.verdicts.get(entry.key) === 'valid') continue;
		const isOnStray = authorityHeads.some((head) => strays.has(toHex(head)));
		if (kind === KIND.epoch || isOnStray) strays.add(entry.key);
	}
	return strays;
}

function ledgersDiffer(members: readonly Member[], now: number): string[] {
	const [first, ...others] = members;
	if (first === undefined) return ['nobody is left'];
	const linesOf = ({ kept: { ledger } }: Member, strays: ReadonlySet<string>): Set<string> =>
		new Set(ledgerLines(ledger).filter((line) => !strays.has(line.split(' ')[1] ?? '')));
	return others.flatMap((other) => {
		const strays = new Set(
			[first, other].flatMap(({ kept }) => [...notYetForAll(kept.ledger, now)]),
		);
		const expected = linesOf(first, strays);
		const lines = linesOf(other, strays);
		const { name } = other.node;
		return [
			...[...expected].filter((line) => !lines.has(line)).map((l) => `${name} lacks: ${l}`),
			...[...lines].filter((line) => !expected.has(line)).map((l) => `${name} has: ${l}`),
		];
	});
}

/** Whether this person (Root Hash, hex) was ever made a Powernode: then what it writes may count for good reason. */
const everGranted = ({ control, authority }: Ledger, root: string): boolean =>
	[...control.values()].some(
		({ entry, content }) =>
			content.kind === KIND.grant &&
			toHex(content.target) === root &&
			authority.verdicts.get(entry.key) === 'valid',
	);

/** Entries of attackers that count although the rules forbid it. */
function wrongCounts({ wrong, atMost, people }: Scene, ledger: Ledger): string[] {
	const { verdicts } = ledger.authority;
	const rootOf = (who: string): string => {
		const node = people.get(who);
		return node === undefined ? '' : toHex(node.self.rootHash);
	};
	const counts = (key: string): boolean => verdicts.get(key) === 'valid';
	return [
		...[...wrong]
			.filter(([key, { who, kind }]) => {
				if (!counts(key)) return false;
				return kind === 'alien' || !everGranted(ledger, rootOf(who));
			})
			.map(([key, { who, what }]) => `${who}’s ${what} counts: ${key}`),
		...atMost
			.filter(({ count, keys }) => keys.filter(counts).length > count)
			.map(({ count, keys }) => `more than ${count} count of ${keys.join(', ')}`),
	];
}

async function messagesWrong(scene: Scene, { members, ledger }: Standing): Promise<string[]> {
	const { crypto } = scene.world;
	const honest = new Set(members.map(({ root }) => root));
	const sent = await everythingSent(scene, members);
	const wrong: string[] = [];
	const shownBy = new Map<Member, readonly MessageView[]>();
	for (const member of members) {
		const { node, kept } = member;
		const conversation = talk(node, scene.space);
		await scene.world.run(0);
		while (conversation.hasOlder.get()) await conversation.loadOlder();
		const shown = conversation.messages.get();
		conversation.close();
		shownBy.set(member, shown);
		const logged = (await messagesOf(kept)).map(({ id }) => toHex(id));
		if (logged.join() !== shown.map(({ id }) => id).join()) {
			wrong.push(`${node.name} shows other messages than it keeps`);
		}
		if (new Set(logged).size < logged.length) wrong.push(`${node.name} keeps a message twice`);
		const order = shown.flatMap(({ id }) => sent.get(id) ?? []);
		const sorted = [...order].sort(inShownOrder);
		if (order.some((each, n) => each !== sorted[n])) {
			wrong.push(`${node.name} shows messages in another order`);
		}
		for (const { id } of shown) {
			const bad = scene.wrong.get(id);
			if (bad !== undefined) wrong.push(`${node.name} shows ${bad.who}’s ${bad.what}`);
			if (!sent.has(id)) wrong.push(`${node.name} shows ${id}, which nobody has sent`);
		}
	}
	const isHidden = ({ root, device, seq }: Sent): boolean =>
		ledger.authority.isHidden(root, device, seq);
	const isSilenced =
		ledger.authority.channels.some(({ readOnly, archived }) => readOnly || archived) ||
		[...ledger.control.values()].some(({ content }) => content.kind === KIND.channelEdit);
	const inVain = struckInVain(scene, ledger);
	const seenByAny = new Set([...shownBy.values()].flat().map(({ id }) => id));
	const due = [...sent.values()].filter(
		(each) =>
			honest.has(each.root) &&
			each.seq < ledger.countsUpTo(each.device) &&
			!isHidden(each) &&
			(!isSilenced || seenByAny.has(each.key)),
	);
	for (const [{ node, self, device, root }, shown] of shownBy) {
		const prekeys = [...self.prekeys].map((key) => toHex(prekeyId(crypto, key.publicKey)));
		// Who came back with another device begins anew: only what was for this one is sure to be there.
		const isNew = device !== toHex(node.self.device.publicKey);
		const isDue = (each: Sent): boolean =>
			each.device === device ||
			prekeys.slice(0, isNew ? 1 : Infinity).some((id) => each.recipients.has(id));
		const isFor = (each: Sent): boolean =>
			each.root === root || prekeys.some((id) => each.recipients.has(id));
		const found = new Map(shown.map((message) => [message.id, message]));
		for (const each of due) {
			if (isDue(each) && !found.has(each.key))
				wrong.push(`${node.name} lacks a message of ${each.device}`);
		}
		for (const message of shown) {
			const each = sent.get(message.id);
			if (each === undefined) continue;
			// A purge takes the boxes away with the text: nothing is left to tell whom it was for.
			const isGone = inVain.has(message.id) && message.gone !== null;
			const isPurged = isPurgedIn(ledger, message) || isGone;
			if (honest.has(each.root) && !isPurged && !isFor(each)) {
				wrong.push(`${node.name} shows what was not for it`);
			}
			if (each.seq >= ledger.countsUpTo(each.device)) {
				wrong.push(`${node.name} shows what does not count, of ${each.device}`);
			}
			if (isHidden(each) && each.root !== root) {
				wrong.push(`${node.name} shows what is hidden, of ${each.device}`);
			}
			// What a disk forgot comes back from others, who have it in boxes for them and not for its author.
			const isForgotten = each.root === root && scene.restored.has(node.name);
			const isJudged =
				honest.has(each.root) && !((isForgotten || isGone) && message.gone?.how === 'unreadable');
			wrong.push(...textWrong(scene, ledger, node.name, message, isJudged));
		}
	}
	wrong.push(...lost(scene, { members, ledger }, shownBy, isSilenced));
	return wrong;
}

/** Whether a purge counts for this message of this author, wherever it says that it stood. */
const isPurgedIn = (
	{ authority }: Pick<Ledger, 'authority'>,
	{ id, author }: Pick<MessageView, 'id' | 'author'>,
): boolean =>
	[...authority.purges.values()].some(
		(purge) => toHex(purge.message.id) === id && toHex(purge.author) === author,
	);

/**
 * Messages (ids, hex) that a Powernode purged in vain: it counted where nobody knew yet of what speaks against it. Nothing
 * brings back by itself what went then. [TB5]
 */
function struckInVain({ turned }: Scene, ledger: Ledger): ReadonlyMap<string, string> {
	const hostile = new Set(
		[...turned.values()].map((attacker) => attacker && toHex(attacker.self.rootHash)),
	);
	const struck = new Map<string, string>();
	for (const { entry, content } of ledger.control.values()) {
		const by = toHex(entry.header.author);
		if (content.kind !== KIND.tombstone || hostile.has(by) || !everGranted(ledger, by)) continue;
		if (ledger.authority.verdicts.get(entry.key) === 'valid') continue;
		for (const { id } of content.messages) struck.set(toHex(id), toHex(content.author));
	}
	return struck;
}

/** A purged message shows no text, any other the one that was written, by who wrote it. */
function textWrong(
	{ said, people }: Scene,
	{ authority }: Ledger,
	name: string,
	{ id, author, text, gone }: MessageView,
	isHonest: boolean,
): string[] {
	if (isPurgedIn({ authority }, { id, author })) {
		return gone !== null && gone.how !== 'unreadable' && text === ''
			? []
			: [`${name} still shows a purged message of ${author}`];
	}
	if (!isHonest) return [];
	if (gone !== null) return [`${name} shows a message of ${author} as ${gone.how}`];
	const by = people.get(said.get(text) ?? text.split(' ')[0] ?? '');
	return by !== undefined && toHex(by.self.rootHash) === author
		? []
		: [`${name} shows “${text}” as ${author}’s`];
}

/** Acknowledged and nowhere, although nothing takes it away. */
function lost(
	scene: Scene,
	{ members, ledger }: Standing,
	shownBy: ReadonlyMap<Member, readonly MessageView[]>,
	isSilenced: boolean,
): string[] {
	const texts = new Set([...shownBy.values()].flat().map(({ text }) => text));
	const own = new Map(members.map((member) => [member.node.name, member]));
	const purged = new Set([
		...[...ledger.authority.purges.values()].map(({ author }) => toHex(author)),
		...struckInVain(scene, ledger).values(),
	]);
	return [...scene.said].flatMap(([text, author]) => {
		const member = own.get(author);
		if (member === undefined || texts.has(text)) return [];
		const { node, root } = member;
		// An earlier device of theirs may have been cut off with what nobody had seen.
		const first = toHex(node.self.device.publicKey);
		const isEnded = ledger.countsUpTo(first) < Infinity || scene.restored.has(author);
		if (isEnded || isSilenced || purged.has(root)) return [];
		return [`“${text}” was said and is nowhere`];
	});
}

/** All messages that any member holds, with whom they were wrapped for. */
async function everythingSent(
	{ world }: Scene,
	members: readonly Member[],
): Promise<Map<string, Sent>> {
	const sent = new Map<string, Sent>();
	const known = new Map<string, Sent | null>();
	for (const { kept } of members) {
		for (const feed of kept.ledger.feeds.values()) {
			for (const packet of await kept.kept.packets(feed.device, 0, Infinity, Infinity)) {
				const name = toHex(packet.signature);
				const recipients = (packet.wraps?.boxes ?? []).map((box) => toHex(box.prekeyId));
				const before = known.get(name);
				if (before !== undefined) {
					for (const recipient of recipients) before?.recipients.add(recipient);
					continue;
				}
				const entry = await checkEntry(world.crypto, packet);
				if (!entry.ok || entry.value.header.kind !== KIND.message) {
					known.set(name, null);
					continue;
				}
				const { id, key, header } = entry.value;
				const each = {
					id,
					key,
					time: header.time,
					device: toHex(feed.device),
					root: toHex(header.author),
					seq: header.seq,
					recipients: new Set(recipients),
				};
				known.set(name, each);
				sent.set(key, each);
			}
		}
	}
	return sent;
}

/** Nothing waits for somebody who is there and honest. */
function outboxesHold({ world }: Scene, members: readonly Member[]): string[] {
	const there = new Set(members.map(({ device }) => device));
	return members.flatMap(({ node }) => {
		const rows = world
			.disk(node.name)
			.rows()
			.filter((row) => row.table === 'outbox');
		return rows.flatMap(({ key, value }) => {
			const [, , missing] = decode<readonly [Bytes, Bytes, readonly Bytes[]]>(value);
			const waiting = missing.map(toHex).filter((device) => there.has(device));
			const seq = key.slice(key.lastIndexOf(';', key.length - 2));
			return waiting.length === 0
				? []
				: [`${node.name}'s outbox holds ${seq} for ${waiting.join(', ')}`];
		});
	});
}

/**
 * Answers to a join lie in a mailbox that only the joiner knows, and a device that was let in with the keys of two epochs
 * at once took those of one: what is left there ends with its time to live. So does what an attacker left, for it may
 * wait for what never comes (DV2). Everything else is to be gone.
 */
async function relaysHold(scene: Scene, members: readonly Member[]): Promise<string[]> {
	const { crypto } = scene.world;
	const owners = new Map<string, string>();
	// A joiner has the same token in the mailboxes of all epochs that it is let into.
	const placeOf = (mailbox: Bytes, hash: Bytes): string => `${toHex(mailbox)} ${toHex(hash)}`;
	for (const { device, kept } of members) {
		for (const epoch of kept.ledger.authority.epochs) {
			if (!kept.ring.get(epoch.id)?.grant) continue;
			const mailbox = mailboxId(crypto, epoch.content.writeKey, epoch.content.ownerKey);
			const hashes = epoch.tokenHashes.get(device) ?? [];
			for (const hash of hashes) owners.set(placeOf(mailbox, hash), device);
		}
		for (const invite of kept.ledger.authority.invites.values()) {
			// Nobody looks into the lobby of an invitation that lets nobody in.
			if (isClosed(kept.ledger, invite)) continue;
			const { mailbox, tokenHashes } = await lobbySpec(crypto, invite.content);
			for (const hash of tokenHashes) owners.set(placeOf(mailbox, hash), device);
		}
	}
	const there = new Set(members.map(({ device }) => device));
	const isHostile = (packet: Bytes): boolean =>
		[...scene.turned.values()].some((attacker) => attacker?.left.has(toHex(packet)));
	return scene.relays.flatMap(({ name, store }) =>
		store.held().flatMap(({ mailbox, packet, waitingFor }) =>
			(isHostile(packet) ? [] : waitingFor)
				.map((hash) => owners.get(`${mailbox} ${hash}`) ?? '')
				.filter((device) => there.has(device))
				.map((device) => `${name} holds ${toHex(packet).slice(0, 8)} for ${device}`),
		),
	);
}
