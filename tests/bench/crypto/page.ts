// What runs in the page of the crypto bench. Contestants take short turns within one run, in both orders, so that what
// else the machine does falls on all of them; what counts is the ratios.
import nacl from 'tweetnacl';
import { createWebCryptoGcm } from '#lib/crypto/aes-gcm.ts';
import { createAttachmentOpener, createAttachmentSealer } from '#lib/crypto/attachment-cipher.ts';
import { SEGMENT } from '#lib/protocol/attachment-size.ts';
import { createNobleAgreement, createNobleSigning } from '#lib/crypto/backend-noble.ts';
import { createCryptoProvider } from '#lib/crypto/provider.ts';
import { openBlock, sealBlock } from '#lib/crypto/seal.ts';
import { concat, toHex, utf8, type Bytes } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';

const provider = createCryptoProvider();
const javascript = createNobleSigning();
const { subtle } = crypto;
const random = { bytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)) };

/** Units of work in each turn, and the milliseconds that each took. */
export interface Tally {
	readonly units: number;
	readonly ms: number[];
}
type Turn = () => Promise<number>;
export type Tallies = Readonly<Record<string, Tally>>;

/** `rounds` turns of each, forward and back in alternation; one more before that warms up. */
async function alternate(
	contestants: Readonly<Record<string, Turn>>,
	rounds: number,
): Promise<Tallies> {
	const entered: { turn: Turn; ms: number[] }[] = [];
	const tallies: Record<string, Tally> = {};
	for (const [name, turn] of Object.entries(contestants)) {
		const tally = { units: await turn(), ms: [] };
		tallies[name] = tally;
		entered.push({ turn, ms: tally.ms });
	}
	for (let round = 0; round < rounds; round++) {
		for (const { turn, ms } of round % 2 === 0 ? entered : entered.toReversed()) {
			const start = performance.now();
			await turn();
			ms.push(performance.now() - start);
		}
	}
	return tallies;
}

interface Signed {
	readonly publicKey: Bytes;
	readonly message: Bytes;
	readonly signature: Bytes;
}

/** Headers of about 300 bytes by fifty devices, whose keys have been seen before. */
async function signatures(count: number): Promise<Signed[]> {
	const keys = await Promise.all(
		Array.from({ length: 50 }, () => provider.signingKey(random.bytes(32))),
	);
	const made: Signed[] = [];
	for (let i = 0; i < count; i++) {
		const key = keys[i % keys.length];
		if (key === undefined) throw new Error('no key');
		const message = concat(utf8('aegis/sign-entry/1\0'), random.bytes(300));
		made.push({ publicKey: key.publicKey, message, signature: await key.sign(message) });
	}
	return made;
}

const must = (condition: boolean): void => {
	if (!condition) throw new Error('a contestant is wrong');
};

async function verify(count: number): Promise<Tallies> {
	const all = await signatures(count);
	const keys = new Map<string, CryptoKey>();
	for (const { publicKey } of all.slice(0, 50)) {
		keys.set(
			toHex(publicKey),
			await subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify']),
		);
	}
	// As many under way at once as entries come in one batch.
	const inBatches = async (list: readonly Signed[], one: (s: Signed) => Promise<boolean>) => {
		for (let at = 0; at < list.length; at += 100) {
			const batch = list.slice(at, at + 100);
			for (const verdict of await Promise.all(batch.map(one))) must(verdict);
		}
		return list.length;
	};
	const rounds = 40;
	const slices = Array.from({ length: rounds }, (_, i) =>
		all.slice((i * count) / rounds, ((i + 1) * count) / rounds),
	);
	const turn = (run: (slice: readonly Signed[]) => Promise<number>): Turn => {
		let next = 0;
		return () => run(slices[next++ % rounds] ?? []);
	};
	return alternate(
		{
			aegis: turn((slice) =>
				inBatches(slice, (s) => provider.verify(s.publicKey, s.message, s.signature)),
			),
			bare: turn((slice) =>
				inBatches(slice, ({ publicKey, message, signature }) => {
					const key = keys.get(toHex(publicKey));
					if (key === undefined) throw new Error('no key');
					return subtle.verify('Ed25519', key, signature, message);
				}),
			),
			// Much slower: a part of the slice is enough to know the rate.
			tweetnacl: turn(async (slice) => {
				const part = slice.slice(0, 8);
				for (const { publicKey, message, signature } of part) {
					must(nacl.sign.detached.verify(message, signature, publicKey));
				}
				return part.length;
			}),
			noble: turn((slice) =>
				inBatches(slice.slice(0, 50), (s) =>
					javascript.verify(s.publicKey, s.message, s.signature),
				),
			),
		},
		rounds,
	);
}

async function sign(): Promise<Tallies> {
	const seed = random.bytes(32);
	const message = random.bytes(300);
	const [own, noble] = [await provider.signingKey(seed), await javascript.signingKey(seed)];
	const { secretKey } = nacl.sign.keyPair.fromSeed(seed);
	const times = async (count: number, one: () => Promise<unknown>): Promise<number> => {
		for (let i = 0; i < count; i++) await one();
		return count;
	};
	return alternate(
		{
			aegis: () => times(100, () => own.sign(message)),
			noble: () => times(20, () => noble.sign(message)),
			tweetnacl: () => times(4, async () => nacl.sign.detached(message, secretKey)),
		},
		40,
	);
}

async function agree(): Promise<Tallies> {
	const [seed, other] = [random.bytes(32), random.bytes(32)];
	const own = await provider.agreementKey(seed);
	const noble = await createNobleAgreement().agreementKey(seed);
	const times = async (count: number, one: () => Promise<unknown>): Promise<number> => {
		for (let i = 0; i < count; i++) await one();
		return count;
	};
	return alternate(
		{
			aegis: () => times(100, () => own.agree(other)),
			noble: () => times(20, () => noble.agree(other)),
			tweetnacl: () => times(10, async () => nacl.scalarMult(seed, other)),
		},
		40,
	);
}

/** Blocks of 1 KiB: sealed and opened again. */
async function messages(count: number): Promise<Tallies> {
	const key = random.bytes(32);
	const plain = random.bytes(900);
	const padded = random.bytes(1024 - 24 - 16);
	return alternate(
		{
			aegis: async () => {
				for (let i = 0; i < count; i++) {
					const block = sealBlock(provider, random, key, plain);
					must(block?.length === 1024 && openBlock(provider, key, block)?.length === 900);
				}
				return count;
			},
			bare: async () => {
				for (let i = 0; i < count; i++) {
					const nonce = random.bytes(24);
					const box = nacl.secretbox(padded, nonce, key);
					must(nacl.secretbox.open(box, nonce, key) !== null);
				}
				return count;
			},
		},
		40,
	);
}

/** Segments under way at once: 1 MiB. */
const WINDOW = 16;
/** How often in one turn: the page's clock is too coarse for less. */
const WINDOWS = 4;

/** A file of that many turns, sealed and opened, beside the same segments in the platform's hands alone. */
async function attachment(turns: number): Promise<Record<'seal' | 'open', Tallies>> {
	const gcm = createWebCryptoGcm(subtle);
	const part = new Uint8Array(WINDOW * SEGMENT);
	const slices = Array.from({ length: WINDOW }, (_, n) =>
		part.subarray(n * SEGMENT, (n + 1) * SEGMENT),
	);
	for (const slice of slices) slice.set(random.bytes(SEGMENT));
	const usages: KeyUsage[] = ['encrypt', 'decrypt'];
	const key = await subtle.importKey('raw', random.bytes(32), 'AES-GCM', false, usages);
	const repeat = async (once: () => Promise<unknown>): Promise<number> => {
		for (let i = 0; i < WINDOWS; i++) await once();
		return WINDOWS * part.length;
	};
	let number = 0;
	const iv = (n = number++): Bytes => {
		const bytes = new Uint8Array(12);
		new DataView(bytes.buffer).setUint32(8, n);
		return bytes;
	};

	const sealer = await createAttachmentSealer(provider, gcm, random);
	const kept: Bytes[] = [];
	const seal = await alternate(
		{
			aegis: () =>
				repeat(async () => {
					const sealed = await Promise.all(slices.map((slice) => sealer.seal(slice, false)));
					if (kept.length === 0) kept.push(...sealed);
				}),
			bare: () =>
				repeat(() =>
					Promise.all(
						slices.map((slice) => subtle.encrypt({ name: 'AES-GCM', iv: iv() }, key, slice)),
					),
				),
			bareInOneCall: () => repeat(() => subtle.encrypt({ name: 'AES-GCM', iv: iv() }, key, part)),
		},
		turns,
	);

	const length = (turns + 1) * WINDOWS * part.length + 1;
	const opener = await createAttachmentOpener(provider, gcm, sealer.fileKey, length);
	if (opener === undefined) throw new Error('no such file');
	const boxes = await Promise.all(
		slices.map((slice, n) => subtle.encrypt({ name: 'AES-GCM', iv: iv(1e6 + n) }, key, slice)),
	);
	const open = await alternate(
		{
			aegis: () =>
				repeat(async () => {
					const opened = await Promise.all(kept.map((sealed, n) => opener.open(n, sealed)));
					for (const result of opened) must(unwrap(result).length === SEGMENT);
				}),
			bare: () =>
				repeat(() =>
					Promise.all(
						boxes.map((box, n) => subtle.decrypt({ name: 'AES-GCM', iv: iv(1e6 + n) }, key, box)),
					),
				),
		},
		turns,
	);
	return { seal, open };
}

const contest = { verify, sign, agree, messages, attachment };

export type Contest = typeof contest;
Object.assign(globalThis, { contest });
