// Somebody who kept every block that a relay was given, and then takes a device: all rows, and the secrets of the container.
// It knows the formats, and tries whatever might be a key on whatever was sent. [PK5]
import { checkEntry, type Entry } from '#lib/crdt/check-entry.ts';
import { commitmentOf, fitsCommitment, openBody, unwrap } from '#lib/crypto/entry-keys.ts';
import { prekeyId } from '#lib/crypto/hash.ts';
import { createIdentity, type IdentitySecrets } from '#lib/crypto/identity.ts';
import { epochSecrets, lateEnvelopeKey, stepForward } from '#lib/crypto/epoch.ts';
import {
	chainForward,
	chainKey,
	chainOf,
	unwrapUnder,
	WRAPPED_KEY,
	type Chain,
} from '#lib/crypto/sender-ratchet.ts';
import { openBlock } from '#lib/crypto/seal.ts';
import type { Ports, Self } from '#lib/messenger/ports.ts';
import { createRootSigner } from '#lib/messenger/root-signer.ts';
import { decodeEpochKeys } from '#lib/messenger/space/key-ring.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import { bytes, decode, flag, optional, tuple } from '#lib/protocol/cbor.ts';
import { decodeContent } from '#lib/protocol/content.ts';
import { KIND, packetShape } from '#lib/protocol/entry.ts';
import { decodeEpochBox } from '#lib/protocol/lobby.ts';
import { decodeClientFrame } from '#lib/protocol/mailbox-request.ts';
import { decodeEnvelope } from '#lib/protocol/space-message.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import type { World } from './world.ts';

/** Every block that any relay is given from here on. */
export function recordBlocks(world: World): readonly Bytes[] {
	const blocks: Bytes[] = [];
	world.network.watch = ({ over, frame }) => {
		if (over !== 'relay') return;
		const decoded = decodeClientFrame(frame);
		if (decoded.ok && decoded.value.type === 'put') blocks.push(decoded.value.block);
	};
	return blocks;
}

/** All that lies on a device at one moment, and what its container gives. */
export interface Loot {
	readonly rows: readonly { readonly table: string; readonly value: Bytes }[];
	readonly secrets: IdentitySecrets;
}

export interface Victim {
	readonly node: SimulatedNode;
	/** Takes the device as it is now. */
	take(): Loot;
}

/** Somebody whose container's secrets are known to the test. */
export async function addPerson(world: World, name: string, direct = true): Promise<Victim> {
	let secrets: IdentitySecrets | undefined;
	const node = await world.addNode(name, {
		direct,
		async identify({ crypto, random, clock }: Ports): Promise<Self> {
			const made = await createIdentity(crypto, random, clock, name, 'Laptop');
			secrets = made.secrets;
			const [prekey] = secrets.prekeySeeds;
			if (prekey === undefined) throw new Error('no prekey');
			return {
				...{ name, deviceName: 'Laptop', rootHash: made.rootHash, member: made.member },
				device: await crypto.signingKey(secrets.deviceSeed),
				prekeys: [await crypto.agreementKey(prekey.seed)],
				root: await createRootSigner(crypto, secrets.rootSeed),
				former: [],
			};
		},
	});
	return {
		node,
		take() {
			if (secrets === undefined) throw new Error('nobody');
			return { rows: world.disk(name).rows(), secrets };
		},
	};
}

/** Whatever might be the private half of a prekey. */
export function prekeysIn(crypto: CryptoProvider, { rows, secrets }: Loot) {
	const kept = rows.filter(({ table }) => table === 'self');
	const seeds = candidatesIn({ rows: kept, secrets });
	return Promise.all(seeds.map((seed) => crypto.agreementKey(seed)));
}

/** Whatever opens blocks: what is kept of epochs, and what prekeys open of the EPOCH entries kept. */
async function envelopeKeysIn(crypto: CryptoProvider, loot: Loot): Promise<Bytes[]> {
	const rowsOf = (name: string) => loot.rows.filter(({ table }) => table === name);
	const rings = rowsOf('key').flatMap(({ value }) => decodeEpochKeys(value) ?? []);
	const kept = rings.flatMap(({ grant, ended }) => [
		...(grant === null ? [] : [grant.envelopeKey]),
		...(ended?.meeting ? [ended.meeting.envelopeKey] : []),
	]);
	const prekeys = await prekeysIn(crypto, loot);
	const boxed: Bytes[] = [];
	for (const { value } of rowsOf('control')) {
		const row = decode(tuple(packetShape, flag, optional(bytes(32))), value, 1e6);
		const wraps = row.ok ? row.value[0].wraps : null;
		const secret = wraps && (await unwrap(crypto, wraps, prekeys));
		const box = secret ? decodeEpochBox(secret) : undefined;
		if (box?.ok !== true) continue;
		const { envelopeKey } = epochSecrets(crypto, box.value.seed);
		boxed.push(envelopeKey, lateEnvelopeKey(crypto, envelopeKey));
	}
	return [...kept, ...boxed];
}

/** The messages (or entries of another kind) inside the blocks, which the epochs' keys on the device lay open, without their content. */
export async function messagesIn(
	crypto: CryptoProvider,
	loot: Loot,
	blocks: readonly Bytes[],
	of: number = KIND.message,
): Promise<ReadonlyMap<string, Entry>> {
	const keys = await envelopeKeysIn(crypto, loot);
	const messages = new Map<string, Entry>();
	for (const block of blocks) {
		for (const envelopeKey of keys) {
			const content = openBlock(crypto, envelopeKey, block);
			const envelope = content && decodeEnvelope(content);
			if (envelope?.ok !== true || envelope.value.message.type !== 'entries') continue;
			for (const packet of envelope.value.message.packets) {
				const entry = await checkEntry(crypto, packet);
				const isWhole = entry.ok && packet.body !== null && packet.wraps !== null;
				if (isWhole && entry.value.header.kind === of) {
					messages.set(entry.value.key, entry.value);
				}
			}
		}
	}
	return messages;
}

/** Whatever might be a key: each 32 bytes in a row of any value, and the secrets of the container. */
function candidatesIn({ rows, secrets }: Loot): Bytes[] {
	const found = new Map<string, Bytes>();
	const add = (key: Bytes): unknown => found.set(Buffer.from(key).toString('latin1'), key);
	for (const { value } of rows) {
		for (let at = 0; at + 32 <= value.length; at++) add(value.slice(at, at + 32));
	}
	add(secrets.rootSeed);
	add(secrets.deviceSeed);
	for (const { seed } of secrets.prekeySeeds) add(seed);
	return [...found.values()];
}

const ZERO_NONCE = new Uint8Array(24);

/** The texts of these messages that anything on the device opens. */
export async function textsThatOpen(
	crypto: CryptoProvider,
	loot: Loot,
	messages: readonly Entry[],
): Promise<string[]> {
	return [...new Set((await contentsThatOpen(crypto, loot, messages)).map(textOf))].sort();
}

/** What these entries say, as far as anything on the device opens them. */
export async function contentsThatOpen(
	crypto: CryptoProvider,
	loot: Loot,
	messages: readonly Entry[],
): Promise<Bytes[]> {
	const keys = new Map<Entry, Bytes>();
	const contents: Bytes[] = [];
	const names = new Set(
		messages.flatMap(({ packet }) => packet.wraps?.boxes.map((box) => toHex(box.prekeyId)) ?? []),
	);
	const commitments = new Set(messages.map(({ header }) => toHex(header.commitment)));

	for (const candidate of candidatesIn(loot)) {
		const prekey = await crypto.agreementKey(candidate);
		const isNamed = names.has(toHex(prekeyId(crypto, prekey.publicKey)));
		const isCommitted = commitments.has(toHex(commitmentOf(crypto, candidate)));
		for (const entry of messages) {
			const { wraps, body } = entry.packet;
			if (wraps === null || body === null) continue;
			// As a private key, as the key of the entry, as the key of a box, as the key of the body.
			const unwrapped = isNamed ? await unwrap(crypto, wraps, [prekey]) : undefined;
			const boxed = wraps.boxes.map(({ box }) => crypto.open(candidate, ZERO_NONCE, box));
			for (const key of [unwrapped, isCommitted ? candidate : undefined, ...boxed]) {
				if (key !== undefined && fitsCommitment(crypto, key, entry.header.commitment)) {
					keys.set(entry, key);
				}
			}
			const plain = crypto.open(candidate, ZERO_NONCE, body);
			if (plain !== undefined) contents.push(plain);
		}
	}
	for (const [{ packet }, key] of keys) {
		const plain = packet.body && openBody(crypto, key, packet.body);
		if (plain) contents.push(plain);
	}
	return contents;
}

const STEPS = 64;
const MESSAGES = 16;

/**
 * The text of a message that came under a ratchet, if any chain that follows from what is on the device opens it: from the
 * group keys of all epochs, as many steps on as there may have been, and from whatever might be a chain's key.
 */
export function underRatchets(
	crypto: CryptoProvider,
	{ rows }: Loot,
	{ header, packet }: Entry,
): string | undefined {
	const { body } = packet;
	if (header.key.mode !== 'ratchet' || body === null) return undefined;
	const rings = rows
		.filter(({ table }) => table === 'key')
		.flatMap(({ value }) => decodeEpochKeys(value) ?? []);
	const chains: Chain[] = rings.flatMap(({ grant }) => {
		let groupKey = grant?.groupKey;
		return Array.from({ length: groupKey === undefined ? 0 : STEPS }, () => {
			const chain = chainOf(crypto, groupKey ?? new Uint8Array(32), header.device);
			groupKey = stepForward(crypto, groupKey ?? new Uint8Array(32));
			return chain;
		});
	});
	for (const { table, value } of rows) {
		if (table !== 'chain') continue;
		for (let at = 0; at + 32 <= value.length; at++) {
			chains.push({ index: 0, key: value.slice(at, at + 32) });
		}
	}
	for (let chain of chains) {
		for (let n = 0; n < MESSAGES; n++) {
			const wrapped = body.subarray(0, WRAPPED_KEY);
			const key = unwrapUnder(crypto, chainKey(crypto, chain), wrapped);
			const plain = key && openBody(crypto, key, body.subarray(WRAPPED_KEY));
			if (plain) return textOf(plain);
			chain = chainForward(crypto, chain);
		}
	}
	return undefined;
}

function textOf(plain: Bytes): string {
	const content = decodeContent(KIND.message, plain);
	return content.ok && content.value.kind === KIND.message ? content.value.text : '?';
}
