// A file in segments: what opens, and what is refused.
import { describe, expect, it } from 'vitest';
import { createCipheriv, hkdfSync } from 'node:crypto';
import { createNobleGcm } from '#lib/crypto/aes-gcm-noble.ts';
import { chooseGcm, createWebCryptoGcm, sealsRightly } from '#lib/crypto/aes-gcm.ts';
import {
	createAttachmentOpener,
	createAttachmentSealer,
	sealedLengthOf,
} from '#lib/crypto/attachment-cipher.ts';
import { SEGMENT } from '#lib/protocol/attachment-size.ts';
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import { concat, type Bytes } from '#lib/util/bytes.ts';

const { subtle } = globalThis.crypto;
const crypto = createSyncCryptoProvider();
const gcm = createWebCryptoGcm(subtle);

/** Keys that differ from file to file, the same at every run. */
function keys(start = 1): { bytes: (length: number) => Bytes } {
	let next = start;
	return { bytes: (length) => new Uint8Array(length).fill(next++) };
}

function content(length: number): Bytes {
	const bytes = new Uint8Array(length);
	for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8) * 7 + (i >> 16)) & 0xff;
	return bytes;
}

async function sealAll(
	plain: Uint8Array,
	random = keys(),
): Promise<{ fileKey: Bytes; segments: Bytes[] }> {
	const sealer = await createAttachmentSealer(crypto, gcm, random);
	const segments: Promise<Bytes>[] = [];
	for (let at = 0; at === 0 || at < plain.length; at += SEGMENT) {
		const isLast = at + SEGMENT >= plain.length;
		segments.push(sealer.seal(plain.subarray(at, at + SEGMENT), isLast));
	}
	return { fileKey: sealer.fileKey, segments: await Promise.all(segments) };
}

async function opener(
	fileKey: Uint8Array,
	length: number,
): Promise<NonNullable<Awaited<ReturnType<typeof createAttachmentOpener>>>> {
	const made = await createAttachmentOpener(crypto, gcm, fileKey, length);
	if (made === undefined) throw new Error('no such file');
	return made;
}

const forged = { ok: false, error: { type: 'forged' } };

describe('sealing a file', () => {
	it.each([0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 3 * SEGMENT, 3 * SEGMENT + 77])(
		'[KY16] [KY18] gives %i bytes back, last segment first',
		async (length) => {
			const plain = content(length);
			const { fileKey, segments } = await sealAll(plain);
			const file = await opener(fileKey, length);
			expect(file.segments).toBe(segments.length);
			expect(segments.map(({ length: size }) => size)).toEqual(
				segments.map((_, number) => file.sealedLength(number)),
			);
			expect(concat(...segments).length).toBe(sealedLengthOf(length));
			const opened = new Uint8Array(length);
			for (let number = segments.length - 1; number >= 0; number--) {
				const part = await file.open(number, segments[number]!);
				if (!part.ok) throw new Error(part.error.type);
				opened.set(part.value, number * SEGMENT);
			}
			expect(opened).toEqual(plain);
		},
	);

	it('[KY16] [KY17] gives the bytes that its layout says, made here by other means', async () => {
		const plain = content(SEGMENT + 5);
		const { fileKey, segments } = await sealAll(plain);
		const info = Buffer.from('aegis/attachment/1\0');
		const key = new Uint8Array(hkdfSync('sha256', fileKey, new Uint8Array(), info, 32));
		const sealed = [
			['000000000000000000000000', plain.subarray(0, SEGMENT)] as const,
			['000000000000000000000101', plain.subarray(SEGMENT)] as const,
		].map(([nonce, part]) => {
			const cipher = createCipheriv('aes-256-gcm', key, Buffer.from(nonce, 'hex'));
			const body = concat(cipher.update(part), cipher.final());
			return concat(body, cipher.getAuthTag());
		});
		expect(segments).toEqual(sealed);
	});

	it('[KY17] takes a new key for each file', async () => {
		const random = keys();
		const [one, two] = [await sealAll(content(9), random), await sealAll(content(9), random)];
		expect(one.fileKey).not.toEqual(two.fileKey);
		expect(one.segments).not.toEqual(two.segments);
	});

	it('[KY17] never seals a second time, nor anything but whole segments before the last', async () => {
		const sealer = await createAttachmentSealer(crypto, gcm, keys());
		await expect(sealer.seal(content(SEGMENT - 1), false)).rejects.toThrow();
		await expect(sealer.seal(content(SEGMENT + 1), false)).rejects.toThrow();
		await expect(sealer.seal(content(SEGMENT + 1), true)).rejects.toThrow();
		await sealer.seal(content(SEGMENT), false);
		await expect(sealer.seal(new Uint8Array(), true)).rejects.toThrow();
		await sealer.seal(content(2), true);
		await expect(sealer.seal(content(2), true)).rejects.toThrow();
	});
});

describe('opening a file', () => {
	const LENGTH = 2 * SEGMENT + 100;

	it('[KY17] refuses a segment in another place', async () => {
		const { fileKey, segments } = await sealAll(content(LENGTH));
		const file = await opener(fileKey, LENGTH);
		expect(await file.open(0, segments[1]!)).toEqual(forged);
		expect(await file.open(1, segments[0]!)).toEqual(forged);
	});

	it('[KY17] refuses a segment of the same place in another file', async () => {
		const random = keys();
		const mine = await sealAll(content(LENGTH), random);
		const other = await sealAll(content(LENGTH), random);
		const file = await opener(mine.fileKey, LENGTH);
		for (const [number, segment] of other.segments.entries()) {
			expect(await file.open(number, segment)).toEqual(forged);
		}
	});

	it('[KY17] refuses a file cut at a segment, and one made longer', async () => {
		const { fileKey, segments } = await sealAll(content(2 * SEGMENT));
		const short = await opener(fileKey, SEGMENT);
		expect(await short.open(0, segments[0]!)).toEqual(forged);
		const long = await opener(fileKey, 3 * SEGMENT);
		expect(await long.open(1, segments[1]!)).toEqual(forged);
	});

	it('[KY17] refuses what comes after an end that was moved', async () => {
		const { fileKey, segments } = await sealAll(content(5));
		expect(await (await opener(fileKey, SEGMENT + 5)).open(1, segments[0]!)).toEqual(forged);
	});

	it('[KY16] refuses lengths and numbers that the file has not', async () => {
		const { fileKey, segments } = await sealAll(content(LENGTH));
		const file = await opener(fileKey, LENGTH);
		for (const number of [-1, 3, 0.5, NaN, Infinity]) {
			expect(await file.open(number, segments[0]!)).toEqual({
				ok: false,
				error: { type: 'out-of-range' },
			});
			expect(file.sealedLength(number)).toBe(0);
		}
		const wrong = { ok: false, error: { type: 'wrong-length' } };
		expect(await file.open(0, segments[0]!.subarray(1))).toEqual(wrong);
		expect(await file.open(0, segments[2]!)).toEqual(wrong);
		expect(await file.open(2, concat(segments[2]!, new Uint8Array(1)))).toEqual(wrong);
		expect(await file.open(2, new Uint8Array())).toEqual(wrong);
	});

	it('[KY16] opens no file that there can not be', async () => {
		const key = new Uint8Array(32);
		const lengths = [-1, 0.5, NaN, Infinity, 2 ** 53, SEGMENT * 2 ** 32 + 1];
		for (const length of lengths) {
			expect(await createAttachmentOpener(crypto, gcm, key, length)).toBeUndefined();
		}
		expect((await createAttachmentOpener(crypto, gcm, key, SEGMENT * 2 ** 32))?.segments).toBe(
			2 ** 32,
		);
		expect(await createAttachmentOpener(crypto, gcm, key.slice(1), 5)).toBeUndefined();
	});
});

describe('AES-GCM of the platform', () => {
	it('[KY6] is used where it answers rightly', async () => {
		expect(await sealsRightly(subtle)).toBe(true);
		expect(await chooseGcm(subtle)).not.toBe(createNobleGcm);
	});

	it('[KY6] is not used where it opens what was changed, or seals otherwise', async () => {
		const replaced = (method: string, answer: () => Promise<ArrayBuffer>): SubtleCrypto =>
			new Proxy(subtle, {
				get: (target, name) => {
					if (name === method) return answer;
					const member: unknown = Reflect.get(target, name);
					return typeof member === 'function' ? (member.bind(target) as unknown) : member;
				},
			});
		expect(await sealsRightly(replaced('decrypt', async () => new ArrayBuffer(16)))).toBe(false);
		expect(await sealsRightly(replaced('encrypt', async () => new ArrayBuffer(32)))).toBe(false);
	});

	it('[KY5] holds the key so that it cannot be taken out', async () => {
		const extractable: unknown[] = [];
		const watched = new Proxy(subtle, {
			get: (target, name) => {
				const member: unknown = Reflect.get(target, name);
				if (typeof member !== 'function') return member;
				return (...args: unknown[]) => {
					if (name === 'importKey') extractable.push(args[3]);
					return (member as (...a: unknown[]) => unknown).apply(target, args);
				};
			},
		});
		await createWebCryptoGcm(watched)(new Uint8Array(32));
		expect(extractable).toEqual([false]);
	});

	it('[KY6] is done in JavaScript where there is no platform', async () => {
		expect(await chooseGcm(null)).toBe(createNobleGcm);
	});

	it.each([
		['the platform', gcm],
		['JavaScript', createNobleGcm],
	])('[KY16] takes nothing but keys of 32 and nonces of 12 bytes: %s', async (_name, gcm) => {
		await expect(gcm(new Uint8Array(16))).rejects.toThrow();
		const key = await gcm(new Uint8Array(32));
		await expect(key.seal(new Uint8Array(11), new Uint8Array(3))).rejects.toThrow();
		expect(await key.open(new Uint8Array(11), new Uint8Array(32))).toBeUndefined();
		expect(await key.open(new Uint8Array(12), new Uint8Array(15))).toBeUndefined();
	});
});
