// What must hold in the end, whatever happened: everybody agrees, nobody lost or doubled anything, and no relay and no
// outbox keeps what all have.
import { decode } from '@ipld/dag-cbor';
import { checkEntry } from '#lib/crdt/check-entry.ts';
import { inShownOrder } from '#lib/crdt/segment.ts';
import { prekeyId } from '#lib/crypto/hash.ts';
import { KIND, type Time } from '#lib/protocol/entry.ts';
import { lobbySpec } from '#lib/messenger/joining/invitations.ts';
import type { Space } from '#lib/messenger/space/space.ts';
import { ledgerLines, messagesOf, viewDigest } from '#lib/simulation/digest.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Scene } from './scene.ts';
import { isIn, talk } from './world.ts';

interface Sent {
	readonly id: Bytes;
	readonly key: string;
	readonly time: Time;
	readonly device: string;
	readonly recipients: ReadonlySet<string>;
}

interface Member {
	readonly node: SimulatedNode;
	readonly kept: Space;
}

const stayed = ({ people, asked, left }: Scene): SimulatedNode[] =>
	[...people.values()].filter(({ name }) => asked.has(name) && !left.has(name));

/** Everything that is not as it should be, in words; empty when all is well. */
export async function complaints(scene: Scene): Promise<string[]> {
	const nodes = stayed(scene);
	const waiting = nodes.filter((node) => !isIn(node, scene.space));
	if (waiting.length > 0) {
		return waiting.map((node) => {
			const state = node.messenger.spaces.get().find(({ id }) => id === scene.space);
			return `${node.name} is not in: ${state?.state ?? 'knows nothing of it'}`;
		});
	}
	const names = new Map(
		[...scene.people.values()].map(({ self, name }) => [toHex(self.device.publicKey), name]),
	);
	const named = (line: string): string =>
		line.replace(/[0-9a-f]{64}/g, (hex) => names.get(hex) ?? hex.slice(0, 8));

	const holding = outboxesHold(scene, nodes).map(named);
	// Nobody need look further while something is still on its way.
	if (holding.length > 0) return holding;
	const members: Member[] = [];
	for (const node of nodes) members.push({ node, kept: await node.kept(scene.space) });
	return [
		...ledgersDiffer(members),
		...(await messagesWrong(scene, members)),
		...(await relaysHold(scene, members)),
	].map(named);
}

export async function digestOf(scene: Scene): Promise<string> {
	const digests: string[] = [];
	for (const node of stayed(scene)) {
		digests.push(
			`${node.name} ${await viewDigest(scene.world.crypto, await node.kept(scene.space))}`,
		);
	}
	return digests.join('\n');
}

function ledgersDiffer(members: readonly Member[]): string[] {
	const [first, ...others] = members;
	if (first === undefined) return ['nobody is left'];
	const expected = new Set(ledgerLines(first.kept.ledger));
	return others.flatMap(({ node, kept }) => {
		const lines = new Set(ledgerLines(kept.ledger));
		return [
			...[...expected].filter((line) => !lines.has(line)).map((l) => `${node.name} lacks: ${l}`),
			...[...lines].filter((line) => !expected.has(line)).map((l) => `${node.name} has: ${l}`),
		];
	});
}

async function messagesWrong(scene: Scene, members: readonly Member[]): Promise<string[]> {
	const sent = await everythingSent(scene, members);
	const wrong: string[] = [];
	const texts = new Map<string, string>();
	for (const { node, kept } of members) {
		const { crypto } = scene.world;
		const device = toHex(node.self.device.publicKey);
		const prekeys = node.self.prekeys.map((key) => toHex(prekeyId(crypto, key.publicKey)));
		const due = [...sent.values()]
			.filter((each) => each.device === device || prekeys.some((id) => each.recipients.has(id)))
			.sort(inShownOrder);
		const logged = await messagesOf(kept);
		for (const message of logged) texts.set(message.text, toHex(message.id));
		const conversation = talk(node, scene.space);
		await scene.world.run(0);
		const shown = conversation.messages.get();
		conversation.close();
		compareLists(
			wrong,
			`${node.name} keeps`,
			due,
			logged.map((each) => toHex(each.id)),
		);
		compareLists(
			wrong,
			`${node.name} shows`,
			due,
			shown.map((each) => each.id),
		);
	}
	for (const [text, author] of scene.said) {
		if (!scene.left.has(author) && !texts.has(text))
			wrong.push(`“${text}” was said and is nowhere`);
	}
	return wrong;
}

function compareLists(
	wrong: string[],
	who: string,
	due: readonly Sent[],
	found: readonly string[],
): void {
	const missing = due.filter(({ key }) => !found.includes(key));
	const expected = new Set(due.map(({ key }) => key));
	for (const { device } of missing) wrong.push(`${who} not a message of ${device}`);
	if (new Set(found).size < found.length) wrong.push(`${who} a message twice`);
	if (found.some((key) => !expected.has(key))) wrong.push(`${who} what was not for them`);
	if (wrong.length === 0 && found.some((key, n) => key !== due[n]?.key)) {
		wrong.push(`${who} messages in another order`);
	}
}

/** All messages that any member holds, with whom they were wrapped for. */
async function everythingSent(
	{ world }: Scene,
	members: readonly Member[],
): Promise<Map<string, Sent>> {
	const sent = new Map<string, Sent>();
	for (const { kept } of members) {
		for (const feed of kept.ledger.feeds.values()) {
			for (const packet of await kept.kept.packets(feed.device, 0, Infinity, Infinity)) {
				const key = toHex(packet.signature);
				if (sent.has(key)) continue;
				const entry = await checkEntry(world.crypto, packet);
				if (!entry.ok || entry.value.header.kind !== KIND.message) continue;
				sent.set(key, {
					id: entry.value.id,
					key: entry.value.key,
					time: entry.value.header.time,
					device: toHex(feed.device),
					recipients: new Set(packet.wraps?.boxes.map((box) => toHex(box.prekeyId))),
				});
			}
		}
	}
	return sent;
}

function outboxesHold({ world }: Scene, nodes: readonly SimulatedNode[]): string[] {
	return nodes.flatMap((node) => {
		const rows = world
			.disk(node.name)
			.rows()
			.filter((row) => row.table === 'outbox');
		return rows.map(({ key, value }) => {
			const [, , missing] = decode<readonly [Bytes, Bytes, readonly Bytes[]]>(value);
			const seq = key.slice(key.lastIndexOf(';', key.length - 2));
			return `${node.name}'s outbox holds ${seq} for ${missing.map(toHex).join(', ')}`;
		});
	});
}

/**
 * Answers to a join lie in a mailbox that only the joiner knows, and a device that was let in with the keys of two epochs
 * at once took those of one: what is left there ends with its time to live. Everything else is to be gone.
 */
async function relaysHold(scene: Scene, members: readonly Member[]): Promise<string[]> {
	const owners = new Map<string, string>();
	for (const { node, kept } of members) {
		const device = toHex(node.self.device.publicKey);
		for (const epoch of kept.ledger.authority.epochs) {
			if (!kept.ring.get(epoch.id)?.grant) continue;
			for (const hash of epoch.tokenHashes.get(device) ?? []) owners.set(toHex(hash), device);
		}
		for (const { content } of kept.ledger.authority.invites.values()) {
			const { tokenHashes } = await lobbySpec(scene.world.crypto, content);
			for (const hash of tokenHashes) owners.set(toHex(hash), device);
		}
	}
	const there = new Set(members.map(({ node }) => toHex(node.self.device.publicKey)));
	return scene.relays.flatMap(({ name, store }) =>
		store.held().flatMap(({ packet, waitingFor }) =>
			waitingFor
				.map((hash) => owners.get(hash) ?? '')
				.filter((device) => there.has(device))
				.map((device) => `${name} holds ${toHex(packet).slice(0, 8)} for ${device}`),
		),
	);
}
