// The key of one entry: what it commits to, how it seals the body, and how it reaches those who may read it.
// [KY11] [KY12] [KY13] [SH3] [SH4]
import type { Wraps } from '#lib/protocol/entry.ts';
import { MAX_DEVICES } from '#lib/protocol/limits.ts';
import type { AgreementKey, CryptoProvider } from '#lib/ports/crypto.ts';
import type { Random } from '#lib/ports/random.ts';
import { concat, equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import { derive, prekeyId } from './hash.ts';

// Every key here seals one thing once, so the nonce carries nothing.
const ZERO_NONCE = new Uint8Array(24);

/** 32 bytes for the signed header: a box opens under many keys, a commitment under one. */
export const commitmentOf = (crypto: CryptoProvider, entryKey: Uint8Array): Bytes =>
	derive(crypto, entryKey, 'commitment');

/** Whether this is the key that the header committed to: ask before opening the body. */
export const fitsCommitment = (
	crypto: CryptoProvider,
	entryKey: Uint8Array,
	commitment: Uint8Array,
): boolean => equal(commitmentOf(crypto, entryKey), commitment);

/** The sealed body, 16 bytes longer than the content. An entry key seals one body only. */
export const sealBody = (
	crypto: CryptoProvider,
	entryKey: Uint8Array,
	content: Uint8Array,
): Bytes => crypto.seal(derive(crypto, entryKey, 'body-key'), ZERO_NONCE, content);

export const openBody = (
	crypto: CryptoProvider,
	entryKey: Uint8Array,
	body: Uint8Array,
): Bytes | undefined => crypto.open(derive(crypto, entryKey, 'body-key'), ZERO_NONCE, body);

/** The entry key of a control entry, which every member of the epoch derives; `salt` of 16 random bytes. */
export const controlEntryKey = (
	crypto: CryptoProvider,
	controlKey: Uint8Array,
	salt: Uint8Array,
): Bytes => derive(crypto, controlKey, 'control-entry', 32, salt);

const wrapKey = (
	crypto: CryptoProvider,
	shared: Uint8Array,
	ephemeral: Uint8Array,
	prekey: Uint8Array,
): Bytes => derive(crypto, shared, 'wrap', 32, concat(ephemeral, prekey));

export interface WrapRecipient {
	readonly publicKey: Uint8Array;
	/** null: a box of random bytes, which nobody can tell from the others but whom it is named after. */
	readonly secret: Uint8Array | null;
}

/** What a box adds to the secret inside. */
const BOX_OVERHEAD = 16;

/**
 * A secret for each of these X25519 prekeys (at most MAX_DEVICES), under one ephemeral key: a fresh one, or
 * that of `seed`. A prekey that is not acceptable gets no box: whoever published it shuts out itself, not the others.
 */
export async function wrapEach(
	crypto: CryptoProvider,
	random: Random,
	recipients: readonly WrapRecipient[],
	seed?: Uint8Array,
): Promise<Wraps> {
	if (recipients.length > MAX_DEVICES) throw new Error(`${recipients.length} recipients`);
	const hasDecoys = seed !== undefined || recipients.some(({ secret }) => secret === null);
	const ephemeral = await crypto.agreementKey(seed ?? random.bytes(32));
	const length = recipients.find(({ secret }) => secret !== null)?.secret?.length ?? 32;
	const boxes = await Promise.all(
		recipients.map(async ({ publicKey, secret }) => {
			const shared = await ephemeral.agree(publicKey);
			if (shared === undefined) return [];
			// Both are made where both may be: how long it took, and what was drawn, says nothing either.
			const decoy = hasDecoys ? random.bytes(length + BOX_OVERHEAD) : undefined;
			const key = wrapKey(crypto, shared, ephemeral.publicKey, publicKey);
			const sealed = crypto.seal(key, ZERO_NONCE, secret ?? new Uint8Array(length));
			const box = secret === null && decoy !== undefined ? decoy : sealed;
			return [{ prekeyId: prekeyId(crypto, publicKey), box }];
		}),
	);
	return { ephemeral: ephemeral.publicKey, boxes: boxes.flat() };
}

/**
 * Seed of the ephemeral key with which a SEALED entry is wrapped: whoever can read the entry can add a box for somebody
 * who came later, and tells nobody anything by it.
 */
export const sealedWrapsSeed = (crypto: CryptoProvider, entryKey: Uint8Array): Bytes =>
	derive(crypto, entryKey, 'sealed-wraps');

export interface LateRecipient {
	readonly publicKey: Uint8Array;
	/** null: a box of random bytes. */
	readonly secret: Uint8Array | null;
	/** Of the ephemeral key, if this device knows it. */
	readonly seed: Uint8Array | null;
	/** Names (hex) of the prekeys of those who are still there: others' boxes give way when there is no more room. */
	readonly present: ReadonlySet<string>;
}

/** The wraps with a box for one more. Where they are under an unknown key, it alone gets one that opens. */
export async function addWrap(
	crypto: CryptoProvider,
	random: Random,
	wraps: Wraps,
	{ publicKey, secret, seed, present }: LateRecipient,
): Promise<Wraps> {
	const name = prekeyId(crypto, publicKey);
	const known = wraps.boxes.find((box) => equal(box.prekeyId, name));
	if (known !== undefined && secret === null) return wraps;
	const length = wraps.boxes[0]?.box.length ?? 32 + BOX_OVERHEAD;
	const added =
		secret === null || seed === null
			? { ephemeral: wraps.ephemeral, boxes: [{ prekeyId: name, box: random.bytes(length) }] }
			: await wrapEach(crypto, random, [{ publicKey, secret }], seed);
	if (!equal(added.ephemeral, wraps.ephemeral)) return added;
	const others = wraps.boxes.filter((box) => !equal(box.prekeyId, name));
	const absent = others.filter((box) => !present.has(toHex(box.prekeyId)));
	const surplus = others.length + added.boxes.length - MAX_DEVICES;
	const dropped = new Set(absent.slice(0, Math.max(0, surplus)));
	const boxes = [...others.filter((box) => !dropped.has(box)), ...added.boxes];
	return { ephemeral: wraps.ephemeral, boxes: boxes.slice(-MAX_DEVICES) };
}

/** One secret for all of these prekeys. */
export const wrapFor = (
	crypto: CryptoProvider,
	random: Random,
	prekeys: readonly Uint8Array[],
	secret: Uint8Array,
): Promise<Wraps> =>
	wrapEach(
		crypto,
		random,
		prekeys.map((publicKey) => ({ publicKey, secret })),
	);

/** Names of prekeys (hex): a device tries its keys on every entry that comes. */
const names = new WeakMap<AgreementKey, string>();

function nameOf(crypto: CryptoProvider, prekey: AgreementKey): string {
	let name = names.get(prekey);
	if (name === undefined) names.set(prekey, (name = toHex(prekeyId(crypto, prekey.publicKey))));
	return name;
}

/** The secret, if one of the boxes is for one of these prekeys. */
export async function unwrap(
	crypto: CryptoProvider,
	wraps: Wraps,
	prekeys: Iterable<AgreementKey>,
): Promise<Bytes | undefined> {
	for (const prekey of prekeys) {
		const name = nameOf(crypto, prekey);
		const mine = wraps.boxes.filter((wrap) => toHex(wrap.prekeyId) === name);
		if (mine.length === 0) continue;
		const shared = await prekey.agree(wraps.ephemeral);
		if (shared === undefined) return undefined;
		const key = wrapKey(crypto, shared, wraps.ephemeral, prekey.publicKey);
		for (const { box } of mine) {
			const secret = crypto.open(key, ZERO_NONCE, box);
			if (secret !== undefined) return secret;
		}
	}
	return undefined;
}
