// Frames that a relay should not have to expect, from small numbers that shrink: bytes of any kind, frames that were
// changed on their way, and true ones of a few mailboxes in any order, proofs included.
import { ed25519 } from '@noble/curves/ed25519.js';
import { blockOf, bytesOf, crypto, preimageOf } from './mailbox-world.ts';
import {
	hashDeletion,
	hashTokenKey,
	mailboxId,
	ownerCloseContent,
	ownerDeleteContent,
	ownerRemoveContent,
	tokenAccessContent,
	writeAccessContent,
	type Here,
} from '#lib/mailbox/proofs.ts';
import { encodeClientFrame, MAX_FRAME, type ClientFrame } from '#lib/protocol/mailbox.ts';
import type { Bytes } from '#lib/util/bytes.ts';

/** What one frame is made of: any four numbers from 0 to 2^32 - 1. */
export interface Draw {
	readonly kind: number;
	readonly a: number;
	readonly b: number;
	readonly c: number;
}

export interface FrameSource {
	/** `request` is its number, where it has one. */
	frame(draw: Draw, request: number): Uint8Array;
	/** What somebody says first who means well: the `n`th mailbox, with all proofs of it. */
	beginning(n: number): readonly ClientFrame[];
}

const MAILBOXES = 3;
const TOKENS = 3;
const PACKETS = 8;
const CHUNK = 700;
/** Numbers of requests above those that are fuzzed. */
const BEGINNING = 1_000_000;

/** Bytes that follow from a seed. */
function noise(seed: number, length: number): Uint8Array {
	let state = seed >>> 0 || 1;
	return Uint8Array.from({ length }, () => {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		return state & 255;
	});
}

const pick = <T>(list: readonly T[], n: number): T => {
	const one = list[n % list.length];
	if (one === undefined) throw new Error('nothing to pick from');
	return one;
};

/** `here`: the relay, and the challenge that each of its connections has. */
export async function createFrameSource(here: Here): Promise<FrameSource> {
	const sign = async (seed: Bytes, content: Bytes): Promise<Bytes> =>
		(await crypto.signingKey(seed)).sign(content);
	const places = await Promise.all(
		Array.from({ length: MAILBOXES }, async (_, n) => {
			const [write, owner] = [bytesOf(50 + n), bytesOf(60 + n)];
			const [writeKey, ownerKey] = await Promise.all(
				[write, owner].map(async (seed) => (await crypto.signingKey(seed)).publicKey),
			);
			if (writeKey === undefined || ownerKey === undefined) throw new Error('no keys');
			const mailbox = mailboxId(crypto, writeKey, ownerKey);
			const packets = Array.from({ length: PACKETS }, (_, at) => bytesOf(600 + n * PACKETS + at));
			const tokens = await Promise.all(
				Array.from({ length: TOKENS }, async (_, at) => {
					const seed = bytesOf(70 + n * TOKENS + at);
					const key = Uint8Array.from(ed25519.getPublicKey(seed));
					const hash = hashTokenKey(crypto, key);
					const proof = await sign(seed, tokenAccessContent(here, mailbox));
					const removal = await sign(owner, ownerRemoveContent(here, mailbox, hash));
					return { key, hash, proof, removal };
				}),
			);
			return {
				...{ mailbox, writeKey, ownerKey, packets, tokens },
				proof: await sign(write, writeAccessContent(here, mailbox)),
				closing: await sign(owner, ownerCloseContent(here, mailbox)),
				deletions: await Promise.all(
					packets.map((packet) => sign(owner, ownerDeleteContent(here, mailbox, packet))),
				),
			};
		}),
	);

	const makers: readonly ((draw: Draw, request: number) => ClientFrame)[] = [
		({ a }, request) => ({ type: 'open', request, ...pick(places, a) }),
		({ a }, request) => {
			const { mailbox, tokens } = pick(places, a);
			return { type: 'add', request, mailbox, tokenHashes: tokens.map(({ hash }) => hash) };
		},
		({ a, c }, request) => {
			const { mailbox, proof } = pick(places, a);
			// Now and then somebody else's.
			const signature = c % 16 === 0 ? pick(places, a + 1).proof : proof;
			return { type: 'prove', request, mailbox, signature };
		},
		({ a, b, c }, request) => {
			const { mailbox, tokens } = pick(places, a);
			const { key, proof } = pick(tokens, b);
			return { type: 'token', request, mailbox, token: c % 6, tokenKey: key, signature: proof };
		},
		...Array.from({ length: 3 }, () => ({ a, b, c }: Draw, request: number): ClientFrame => {
			const { mailbox, packets, tokens } = pick(places, a);
			const hash = pick(tokens, c).hash;
			return {
				...{ type: 'put', request, mailbox, packet: pick(packets, b), block: blockOf(b) },
				ttl: c % 5 === 0 ? 0 : 60 + (c % 600),
				deleteHash: hashDeletion(crypto, preimageOf(b % PACKETS)),
				to: c % 3 === 0 ? [hash] : null,
				chunks: c % 7 === 0 ? 1 + (c % 3) : 0,
			};
		}),
		({ b, c }, request) => ({ type: 'subscribe', request, token: b % 6, cursor: c % 40 }),
		({ a, b }, request) => {
			const { packets } = pick(places, a);
			return { type: 'fetch', request, token: b % 6, packets };
		},
		({ a, b, c }, request) => ({
			...{ type: 'ack', request, token: b % 6, cursor: c % 40 },
			packets: [pick(pick(places, a).packets, c)],
		}),
		({ a, b, c }, request) => {
			const { mailbox, packets, deletions } = pick(places, a);
			const [packet, signature] = [pick(packets, b), pick(deletions, b)];
			const preimage = preimageOf(b % PACKETS);
			const how = pick(
				[
					{ preimage, signature: null },
					{ preimage: null, signature },
					{ preimage: null, signature: null },
				],
				c,
			);
			return { type: 'delete', request, mailbox, packet, ...how };
		},
		({ a, c }, request) => {
			const { mailbox, closing, proof } = pick(places, a);
			// A closed mailbox has little left to try.
			const signature = c % 64 === 0 ? closing : proof;
			return c % 8 === 0
				? { type: 'close', request, mailbox, signature }
				: { type: 'stat', request, mailbox };
		},
		({ a, b, c }, request) => {
			const { mailbox, tokens } = pick(places, a);
			const { hash: tokenHash, removal } = pick(tokens, b);
			return c % 64 === 0
				? { type: 'remove', request, mailbox, tokenHash, signature: removal }
				: { type: 'ping', request };
		},
		({ a, b, c }, request) => {
			const { mailbox, packets } = pick(places, a);
			const [packet, index] = [pick(packets, b), c % 4];
			const bytes = blockOf(c, CHUNK);
			return { type: 'chunk', request, mailbox, packet, index, bytes };
		},
		({ a, b }, request) => {
			const { mailbox, packets } = pick(places, a);
			return { type: 'commit', request, mailbox, packet: pick(packets, b) };
		},
		({ a, b }, request) => {
			const { mailbox, packets } = pick(places, a);
			return { type: 'chunks', request, mailbox, packet: pick(packets, b) };
		},
		({ a, b, c }, request) => {
			const packet = pick(pick(places, a).packets, b);
			return { type: 'fetch-chunk', request, token: c % 6, packet, index: c % 4 };
		},
		({ a, b }, request) => {
			const { mailbox, proof } = pick(places, a);
			return b % 2 === 0
				? { type: 'enter', request, invitation: mailbox, signature: proof }
				: { type: 'ping', request };
		},
		({ a, b }, request) => {
			const { packets } = pick(places, a);
			return { type: 'ack-contents', request, token: b % 6, packets };
		},
	];

	const valid = (draw: Draw, request: number): ClientFrame =>
		pick(makers, draw.kind)(draw, request);

	/** The same frame with something wrong about it. */
	const changed = (whole: Uint8Array, { a, b, c }: Draw, other: Uint8Array): Uint8Array => {
		const at = a % whole.length;
		switch (c % 5) {
			case 0: {
				const one = whole.slice();
				one[at] = b & 255;
				return one;
			}
			case 1:
				return whole.slice(0, at);
			case 2:
				return Uint8Array.of(...whole.subarray(0, at), b & 255, ...whole.subarray(at));
			case 3:
				return Uint8Array.of(...whole.subarray(0, at), ...other.subarray(b % other.length));
			default:
				return Uint8Array.of(...whole, ...whole);
		}
	};

	return {
		beginning: (n) => {
			const kinds = [0, 2, 1, ...Array.from({ length: TOKENS }, () => 3)];
			return kinds.map((kind, at) => valid({ kind, a: n, b: at, c: at }, BEGINNING + at));
		},
		frame: (draw, request) => {
			const { kind, a, b } = draw;
			const rest = { ...draw, kind: Math.floor(kind / 16) };
			switch (kind % 16) {
				case 0:
					return noise(a, b % 300);
				case 1:
				case 2: {
					const other = { kind: a, a: b, b: kind, c: a };
					return changed(
						encodeClientFrame(valid(rest, request)),
						draw,
						encodeClientFrame(valid(other, request)),
					);
				}
				case 3:
					// As large as may be, or a little larger.
					return a % 32 === 0
						? new Uint8Array(MAX_FRAME + (b % 3) - 1).fill(b & 255)
						: encodeClientFrame(valid(rest, request));
				default:
					return encodeClientFrame(valid(rest, request));
			}
		},
	};
}
