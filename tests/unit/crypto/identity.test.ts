// Alice, her device, and those who would like to be her.
import { beforeAll, describe, expect, it } from 'vitest';
import {
	bodyHash,
	deleteHash,
	derive,
	entryId,
	formatFingerprint,
	prekeyId,
	rootHashOf,
} from '#lib/crypto/hash.ts';
import {
	certifyDevice,
	createIdentity,
	makePrekey,
	verifyCertificate,
	verifyMember,
	verifyPrekey,
	type NewIdentity,
} from '#lib/crypto/identity.ts';
import { hashTokenKey } from '#lib/mailbox/proofs.ts';
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import { toHex, utf8, type Bytes } from '#lib/util/bytes.ts';

const crypto = createSyncCryptoProvider();
const random = { bytes: (n: number) => globalThis.crypto.getRandomValues(new Uint8Array(n)) };
const clock = { now: () => 1_800_000_000_000 };
const flip = (bytes: Bytes): Bytes => {
	const changed = bytes.slice();
	changed[9] = (changed[9] ?? 0) ^ 1;
	return changed;
};

describe('identity', () => {
	let alice: NewIdentity;
	let mallory: NewIdentity;
	beforeAll(async () => {
		alice = await createIdentity(crypto, random, clock, 'Alice', 'phone');
		mallory = await createIdentity(crypto, random, clock, 'Alice', 'phone');
	});

	it('[ID4] is made of fresh seeds, with a device and a prekey that check out', async () => {
		const { secrets, member, rootHash } = alice;
		const seeds = [secrets.rootSeed, secrets.deviceSeed, ...secrets.prekeySeeds.map((p) => p.seed)];
		expect(new Set(seeds.map(toHex)).size).toBe(3);
		expect((await crypto.signingKey(secrets.rootSeed)).publicKey).toEqual(
			member.certificate.rootKey,
		);
		expect((await crypto.signingKey(secrets.deviceSeed)).publicKey).toEqual(
			member.certificate.deviceKey,
		);
		const prekey = await crypto.agreementKey(seeds[2] ?? new Uint8Array());
		expect(prekey.publicKey).toEqual(member.prekey.publicKey);
		expect(rootHash).toEqual(rootHashOf(crypto, member.certificate.rootKey));
		expect(member).toMatchObject({
			name: 'Alice',
			certificate: { deviceName: 'phone', time: clock.now() },
		});
		expect(await verifyMember(crypto, member)).toBe(true);
		expect(mallory.rootHash).not.toEqual(rootHash);
	});

	it('[ID5] refuses a certificate with any field changed or of another root', async () => {
		const { certificate: c } = alice.member;
		expect(await verifyCertificate(crypto, c)).toBe(true);
		const changes = [
			{ rootKey: mallory.member.certificate.rootKey },
			{ deviceKey: mallory.member.certificate.deviceKey },
			{ deviceName: 'laptop' },
			{ time: c.time + 1 },
			{ signature: flip(c.signature) },
			{ signature: mallory.member.certificate.signature },
		];
		for (const change of changes) {
			expect(await verifyCertificate(crypto, { ...c, ...change })).toBe(false);
		}
	});

	it('[ID5] refuses a prekey with any field changed', async () => {
		const { prekey: p } = alice.member;
		const { rootKey } = alice.member.certificate;
		expect(await verifyPrekey(crypto, p, rootKey)).toBe(true);
		const changes = [
			{ deviceKey: mallory.member.prekey.deviceKey },
			{ publicKey: mallory.member.prekey.publicKey },
			{ time: p.time + 1 },
			{ signature: flip(p.signature) },
		];
		for (const change of changes) {
			expect(await verifyPrekey(crypto, { ...p, ...change }, rootKey)).toBe(false);
		}
		expect(await verifyPrekey(crypto, p, mallory.member.certificate.rootKey)).toBe(false);
	});

	it('[ID6] refuses a member made of parts of two people', async () => {
		const { member } = alice;
		expect(await verifyMember(crypto, { ...member, prekey: mallory.member.prekey })).toBe(false);
		expect(await verifyMember(crypto, { ...member, certificate: mallory.member.certificate })).toBe(
			false,
		);
		const prekey = { ...member.prekey, signature: flip(member.prekey.signature) };
		expect(await verifyMember(crypto, { ...member, prekey })).toBe(false);
	});

	it('[ID6] refuses a device that another root has certified without its knowledge', async () => {
		const root = await crypto.signingKey(mallory.secrets.rootSeed);
		const { deviceKey } = alice.member.certificate;
		const certificate = await certifyDevice(root, deviceKey, 'phone', 5);
		expect(await verifyCertificate(crypto, certificate)).toBe(true);
		expect(await verifyMember(crypto, { ...alice.member, certificate })).toBe(false);
	});

	it('[ID4] certifies another device and rotates a prekey', async () => {
		const root = await crypto.signingKey(alice.secrets.rootSeed);
		const laptop = await crypto.signingKey(random.bytes(32));
		const certificate = await certifyDevice(root, laptop.publicKey, 'laptop', 5);
		const { record, secret } = await makePrekey(crypto, random, laptop, root.publicKey, 6);
		expect(await verifyMember(crypto, { certificate, prekey: record, name: 'Alice' })).toBe(true);
		expect((await crypto.agreementKey(secret.seed)).publicKey).toEqual(record.publicKey);
		expect([secret.time, record.time]).toEqual([6, 6]);
	});
});

describe('names by hash', () => {
	it('[KY7] differ by what they are for', () => {
		const same = utf8('the same bytes');
		const hashes = [rootHashOf, entryId, bodyHash, hashTokenKey, deleteHash].map((name) =>
			name(crypto, same),
		);
		expect(new Set(hashes.map(toHex)).size).toBe(5);
		expect(hashes.every((hash) => hash.length === 32)).toBe(true);
		expect(prekeyId(crypto, same)).toHaveLength(8);
		expect(toHex(rootHashOf(crypto, same))).toBe(
			toHex(crypto.sha256(utf8('aegis/root/1\0the same bytes'))),
		);
	});

	it('[KY7] derive other keys under other labels, salts and lengths', () => {
		const key = new Uint8Array(32).fill(1);
		expect(derive(crypto, key, 'wrap')).not.toEqual(derive(crypto, key, 'seal-to'));
		expect(derive(crypto, key, 'wrap', 32, utf8('a'))).not.toEqual(derive(crypto, key, 'wrap'));
		expect(derive(crypto, key, 'wrap', 16)).toHaveLength(16);
	});

	it('[KY8] are compared as eight groups of four characters', () => {
		expect(formatFingerprint(new Uint8Array(32))).toBe('aaaa aaaa aaaa aaaa aaaa aaaa aaaa aaaa');
		// RFC 4648 §10: "foobar" is MZXW6YTBOI
		expect(formatFingerprint(utf8('foobar'))).toMatch(/^mzxw 6ytb oi/);
		expect(formatFingerprint(new Uint8Array(32).fill(255))).toBe(
			'7777 7777 7777 7777 7777 7777 7777 7777',
		);
	});
});
