// Gives bytes to Alice's node as a member's link does, and tells what became of them and what they changed.
import { readEntry, type Entry } from '#lib/crdt/check-entry.ts';
import type { Links } from '#lib/messenger/delivery/links.ts';
import { createRelayPool } from '#lib/messenger/delivery/relay-pool.ts';
import type { IntakeOutcome } from '#lib/messenger/space/intake.ts';
import { openMessage } from '#lib/messenger/space/opening.ts';
import { startSpaceNode } from '#lib/messenger/space-node.ts';
import type { StoreError } from '#lib/ports/store.ts';
import { KIND, type Packet } from '#lib/protocol/entry.ts';
import {
	decodeEnvelope,
	encodeEnvelope,
	type Envelope,
	type SpaceMessage,
} from '#lib/protocol/space-message.ts';
import { ledgerLines, messagesOf, viewDigest } from '#lib/simulation/digest.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';
import { crypto, reopen, type Device } from '../devices.ts';
import type { HostileWorld } from './world.ts';

export interface Delivery {
	/** Why nothing came of it, or what little did. */
	readonly reasons: readonly string[];
	/** Of the view: as `viewDigest`. */
	readonly digests: { readonly before: string; readonly after: string; readonly reopened: string };
	/** Lines of the view that went or came. */
	readonly changed: readonly string[];
	/** What Alice's node said to anybody because of it. */
	readonly answers: readonly SpaceMessage[];
	/** Steps of links that her node took for somebody's. */
	readonly signals: number;
	/** Bytes of the message log on the disk. */
	readonly segments: { readonly before: string; readonly after: string };
}

export const envelopeOf = (from: Device, message: SpaceMessage): Bytes =>
	encodeEnvelope({ from: from.self.device.publicKey, to: null, hops: 0, message });

export const carrying = (from: Device, ...packets: readonly Packet[]): Bytes =>
	envelopeOf(from, { type: 'entries', packets });

/** What is seen: the ledger, the messages with their texts, and what moderation amounts to. */
async function linesOf({ space }: Device): Promise<string[]> {
	const { authority } = space.ledger;
	const named = (what: string, keys: Iterable<string>): string[] =>
		[...keys].map((key) => `${what} ${key}`);
	return [
		...ledgerLines(space.ledger),
		...(await messagesOf(space)).map(
			({ id, text, gone }) => `message ${toHex(id)} ${gone?.how ?? 'shown'} ${text}`,
		),
		...[...authority.people].map(([key, { name, active }]) => `person ${key} ${name} ${active}`),
		...[...authority.ranks].map(([key, rank]) => `rank ${key} ${rank}`),
		...[...authority.bans].map(([key, { undone }]) => `ban ${key} ${undone !== null}`),
		...[...authority.fences].map(([key, { seq }]) => `fence ${key} ${seq}`),
		...[...authority.invites].map(([key, { used }]) => `invite ${key} ${used}`),
		...authority.channels.map((channel) => `channel ${JSON.stringify(channel)}`),
		...named('shadow', authority.shadowed),
	];
}

const segmentsOf = ({ disk }: Device): string =>
	JSON.stringify(
		disk
			.rows()
			.filter(({ table }) => table === 'segment' || table === 'log')
			.map(({ table, key, value }) => [table, key, toHex(value)])
			.sort(),
	);

/** Puts Alice's disk back to what it was, and gives her these bytes, link by link. */
export async function deliver(
	world: HostileWorld,
	from: Device,
	...frames: readonly Bytes[]
): Promise<Delivery> {
	const { alice } = world;
	alice.disk.restore(world.before);
	await reopen(alice);
	const { space } = alice;
	const taken: Promise<Result<IntakeOutcome, StoreError>>[] = [];
	const receive = space.receive.bind(space);
	Object.assign(space, {
		receive: (packets: readonly Packet[]) => {
			const outcome = receive(packets);
			taken.push(outcome);
			return outcome;
		},
	});
	const answers: SpaceMessage[] = [];
	let signals = 0;
	const nobody = (): never => {
		throw new Error('nobody asks');
	};
	const links: Links = {
		adopt: () => ({ say: () => undefined, end: () => undefined }),
		reachable: () => undefined,
		returned: () => undefined,
		moved: () => undefined,
		probe: () => undefined,
		signalled: () => void (signals += 1),
		greet: () => undefined,
		carries: () => true,
		send(_device, _space, envelope) {
			const said = decodeEnvelope(envelope);
			if (said.ok) answers.push(said.value.message);
		},
		doubt: () => undefined,
		info: () => ({
			state: 'apart',
			failures: 0,
			isDue: true,
			retryAt: null,
			path: null,
			roundTripMs: null,
			traffic: null,
			hidden: null,
		}),
		takesDirect: () => false,
		need: () => undefined,
		release: () => undefined,
		files: {
			to: nobody,
			opened: () => undefined,
			linkLost: () => undefined,
			part: () => undefined,
			stop: () => undefined,
		},
		stop: () => undefined,
	};
	const pool = createRelayPool(alice.ports);
	const events = {
		onChange: () => undefined,
		onDelivery: () => undefined,
		onPresence: () => undefined,
		onEnrolled: () => undefined,
	};
	const node = await startSpaceNode(alice.ports, alice.self, space, pool, links, events);
	await settled();
	answers.length = 0;
	const digest = (): Promise<string> => viewDigest(crypto, alice.space);
	const [before, segments, lines] = [await digest(), segmentsOf(alice), await linesOf(alice)];
	const reasons: string[] = [];
	for (const frame of frames) {
		const envelope = decodeEnvelope(frame);
		taken.length = 0;
		node.onLinkEnvelope(from.key, frame);
		await settled();
		if (!envelope.ok) reasons.push(envelope.error.type);
		else reasons.push(...(await reasonsOf(alice, envelope.value, await Promise.all(taken))));
	}
	const result = {
		reasons,
		changed: difference(lines, await linesOf(alice)),
		answers,
		signals,
		segments: { before: segments, after: segmentsOf(alice) },
	};
	const after = await digest();
	node.stop();
	pool.stop();
	await reopen(alice);
	return { ...result, digests: { before, after, reopened: await digest() } };
}

/** Whatever was begun has come as far as it can. */
async function settled(): Promise<void> {
	for (let n = 0; n < 8; n++) await new Promise((resolve) => setImmediate(resolve));
}

function difference(before: readonly string[], after: readonly string[]): string[] {
	const [was, is] = [new Set(before), new Set(after)];
	return [
		...before.filter((line) => !is.has(line)).map((line) => `- ${line}`),
		...after.filter((line) => !was.has(line)).map((line) => `+ ${line}`),
	];
}

async function reasonsOf(
	alice: Device,
	{ message }: Envelope,
	taken: readonly Result<IntakeOutcome, StoreError>[],
): Promise<string[]> {
	if (message.type !== 'entries') return ['passed-over'];
	const [outcome] = taken;
	if (outcome === undefined) return ['passed-over'];
	if (!outcome.ok) throw new Error(outcome.error.type);
	const { refused, forks, placed, wanted } = outcome.value;
	const reasons = [...refused, ...forks.map(() => 'forked')];
	for (const each of placed) reasons.push(await fateOf(alice, each.entry));
	if (reasons.length > 0) return reasons;
	const waits = wanted.length > 0 || message.packets.some((packet) => isNew(alice, packet));
	return [waits ? 'waits' : 'known'];
}

function isNew({ space }: Device, packet: Packet): boolean {
	const entry = readEntry(crypto, packet);
	if (!entry.ok) return true;
	const { device, seq } = entry.value.header;
	return seq > (space.ledger.feeds.get(toHex(device))?.seq ?? -1);
}

/** What became of an entry that was taken. */
async function fateOf({ space, self }: Device, entry: Entry): Promise<string> {
	const control = space.ledger.control.get(entry.key);
	if (control !== undefined) {
		const isOpaque = control.content.kind === KIND.sealed && control.content.content === null;
		return isOpaque ? 'opaque' : (space.ledger.authority.verdicts.get(entry.key) ?? 'none');
	}
	if (entry.header.kind !== KIND.message) return 'opaque';
	const opened = await openMessage(crypto, self.prekeys, entry);
	if (opened.type !== 'opened') return opened.type;
	const shown = await messagesOf(space);
	return shown.some(({ id }) => toHex(id) === entry.key) ? 'shown' : 'absent';
}
