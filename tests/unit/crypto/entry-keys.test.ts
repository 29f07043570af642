// How the key of one entry reaches its readers, and binds its writer.
import { describe, expect, it } from 'vitest';
import {
	commitmentOf,
	controlEntryKey,
	fitsCommitment,
	openBody,
	sealBody,
	unwrap,
	wrapFor,
} from '#lib/crypto/entry-keys.ts';
import { epochSecrets, epochId, stepForward } from '#lib/crypto/epoch.ts';
import { prekeyId } from '#lib/crypto/hash.ts';
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import { toHex, utf8 } from '#lib/util/bytes.ts';

const crypto = createSyncCryptoProvider();
const random = { bytes: (n: number) => globalThis.crypto.getRandomValues(new Uint8Array(n)) };
const prekeys = (count: number) =>
	Promise.all(Array.from({ length: count }, () => crypto.agreementKey(random.bytes(32))));

describe('bodies', () => {
	it('[KY11] open with the entry key only, unchanged only', () => {
		const key = random.bytes(32);
		const body = sealBody(crypto, key, utf8('hello'));
		expect(body.length).toBe(5 + 16);
		expect(openBody(crypto, key, body)).toEqual(utf8('hello'));
		expect(openBody(crypto, random.bytes(32), body)).toBeUndefined();
		for (let i = 0; i < body.length; i++) {
			const changed = body.slice();
			changed[i] = (changed[i] ?? 0) ^ 1;
			expect(openBody(crypto, key, changed)).toBeUndefined();
		}
	});

	it('[KY11] belong to one key by its commitment, which does not give the key away', () => {
		const key = random.bytes(32);
		const commitment = commitmentOf(crypto, key);
		expect(fitsCommitment(crypto, key, commitment)).toBe(true);
		expect(fitsCommitment(crypto, random.bytes(32), commitment)).toBe(false);
		expect(fitsCommitment(crypto, key, commitment.slice(1))).toBe(false);
		expect(openBody(crypto, commitment, sealBody(crypto, key, utf8('x')))).toBeUndefined();
	});
});

describe('wraps', () => {
	it('[KY12] give the secret to each recipient and to nobody else', async () => {
		const readers = await prekeys(32);
		const [eve] = await prekeys(1);
		if (eve === undefined) throw new Error('no key');
		const secret = random.bytes(32);
		const wraps = await wrapFor(
			crypto,
			random,
			readers.map((key) => key.publicKey),
			secret,
		);
		expect(wraps.boxes.map((wrap) => toHex(wrap.prekeyId))).toEqual(
			readers.map((key) => toHex(prekeyId(crypto, key.publicKey))),
		);
		for (const reader of readers) {
			expect(await unwrap(crypto, wraps, [eve, reader])).toEqual(secret);
		}
		expect(await unwrap(crypto, wraps, [eve])).toBeUndefined();
		expect(await unwrap(crypto, wraps, [])).toBeUndefined();
	});

	it('[KY12] do not open when changed, nor under a name that is not theirs', async () => {
		const [alice, bob] = await prekeys(2);
		if (alice === undefined || bob === undefined) throw new Error('no keys');
		const wraps = await wrapFor(crypto, random, [alice.publicKey], random.bytes(32));
		const [wrap] = wraps.boxes;
		if (wrap === undefined) throw new Error('no box');
		const box = wrap.box.slice();
		box[20] = (box[20] ?? 0) ^ 1;
		expect(await unwrap(crypto, { ...wraps, boxes: [{ ...wrap, box }] }, [alice])).toBeUndefined();
		const renamed = { ...wrap, prekeyId: prekeyId(crypto, bob.publicKey) };
		expect(await unwrap(crypto, { ...wraps, boxes: [renamed] }, [bob])).toBeUndefined();
		const zero = { ...wraps, ephemeral: new Uint8Array(32) };
		expect(await unwrap(crypto, zero, [alice])).toBeUndefined();
		expect(
			await unwrap(crypto, { ...wraps, boxes: [{ ...wrap, box }, wrap] }, [alice]),
		).toBeDefined();
	});

	it('[KY12] leave out a prekey that gives no secret, and serve the others', async () => {
		const [alice] = await prekeys(1);
		if (alice === undefined) throw new Error('no key');
		const secret = random.bytes(32);
		const wraps = await wrapFor(crypto, random, [new Uint8Array(32), alice.publicKey], secret);
		expect(wraps.boxes).toHaveLength(1);
		expect(await unwrap(crypto, wraps, [alice])).toEqual(secret);
	});

	it('[KY12] are for 1,024 devices at most', async () => {
		const keys = Array.from({ length: 1025 }, () => random.bytes(32));
		await expect(wrapFor(crypto, random, keys, random.bytes(32))).rejects.toThrow();
	});
});

describe('epochs', () => {
	it('[KY13] give every control entry a key of its own', () => {
		const [control, salt] = [random.bytes(32), random.bytes(16)];
		const key = controlEntryKey(crypto, control, salt);
		expect(controlEntryKey(crypto, control, salt)).toEqual(key);
		expect(controlEntryKey(crypto, control, random.bytes(16))).not.toEqual(key);
		expect(controlEntryKey(crypto, random.bytes(32), salt)).not.toEqual(key);
	});

	it('[KY14] have four secrets of one random one, all different', () => {
		const secrets = epochSecrets(crypto, random.bytes(32));
		const { step, ...keys } = secrets;
		expect(step).toBe(0);
		expect(Object.values(keys).map((key) => key.length)).toEqual([32, 32, 32, 32]);
		expect(new Set(Object.values(keys).map(toHex)).size).toBe(4);
		expect(epochId(crypto, secrets.controlKey, new Uint8Array(32))).toHaveLength(16);
		expect(epochSecrets(crypto, random.bytes(32)).groupKey).not.toEqual(secrets.groupKey);
	});

	it('[KY15] step forward to other keys, the same for all', () => {
		const { groupKey } = epochSecrets(crypto, random.bytes(32));
		const next = stepForward(crypto, groupKey);
		expect(next).toHaveLength(32);
		expect(next).toEqual(stepForward(crypto, groupKey));
		expect(new Set([groupKey, next, stepForward(crypto, next)].map(toHex)).size).toBe(3);
	});
});
