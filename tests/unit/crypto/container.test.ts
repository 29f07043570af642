// Alice's device keeps her keys, over restarts and against changed bytes.
import 'fake-indexeddb/auto';
import { beforeEach, describe, expect, it } from 'vitest';
import { createContainer, openContainer, type ContainerParts } from '#lib/crypto/container.ts';
import { decodeContainer, encodeContainer, type Slot } from '#lib/crypto/container-format.ts';
import type { IdentitySecrets } from '#lib/crypto/identity.ts';
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import { createIndexedDbKeySlots, createMemoryKeySlots } from '#lib/storage/key-slots.ts';
import type { KeptContainer, KeySlotStore } from '#lib/ports/key-slots.ts';
import { toHex, utf8 } from '#lib/util/bytes.ts';
import { err, unwrap } from '#lib/util/result.ts';

const random = { bytes: (n: number) => globalThis.crypto.getRandomValues(new Uint8Array(n)) };
const secretsOf = (prekeys: number): IdentitySecrets => ({
	rootSeed: random.bytes(32),
	deviceSeed: random.bytes(32),
	prekeySeeds: Array.from({ length: prekeys }, (_, time) => ({ seed: random.bytes(32), time })),
});

let count = 0;
describe.each([
	['memory', () => createMemoryKeySlots()],
	['IndexedDB', () => createIndexedDbKeySlots(`keys-${++count}`)],
] as const)('container in %s', (_name, createSlots: () => KeySlotStore) => {
	let slots: KeySlotStore;
	let parts: ContainerParts;
	const kept = async (): Promise<KeptContainer> => {
		const value = unwrap(await slots.read());
		if (value === undefined) throw new Error('no container');
		return value;
	};
	beforeEach(() => {
		slots = createSlots();
		const { subtle } = globalThis.crypto;
		parts = { crypto: createSyncCryptoProvider(), random, subtle, slots };
	});

	it('[AT1] opens again with the same secrets and storage key', async () => {
		const secrets = secretsOf(1);
		const made = unwrap(await createContainer(parts, secrets));
		const opened = unwrap(await openContainer(parts));
		expect(opened.secrets).toEqual(secrets);
		expect(opened.storageKey).toEqual(made.storageKey);
		expect(opened.storageKey.some((byte) => byte !== 0)).toBe(true);
	});

	it('[AT1] is absent at first and after removal, and never made over another', async () => {
		expect(await openContainer(parts)).toMatchObject({ ok: false, error: { type: 'absent' } });
		const first = secretsOf(1);
		unwrap(await createContainer(parts, first));
		expect(await createContainer(parts, secretsOf(1))).toMatchObject({
			ok: false,
			error: { type: 'exists' },
		});
		expect(unwrap(await openContainer(parts)).secrets).toEqual(first);
		unwrap(await slots.remove());
		expect(await openContainer(parts)).toMatchObject({ ok: false, error: { type: 'absent' } });
	});

	it('[AT1] keeps replaced secrets, up to the most prekeys there can be', async () => {
		const container = unwrap(await createContainer(parts, secretsOf(1)));
		const next = secretsOf(64);
		unwrap(await container.replaceSecrets(next));
		expect(container.secrets).toEqual(next);
		expect(unwrap(await openContainer(parts)).secrets).toEqual(next);
		await expect(container.replaceSecrets(secretsOf(65))).rejects.toThrow();
		await expect(container.replaceSecrets(secretsOf(0))).rejects.toThrow();
	});

	it('[AT1] shows no secret in the bytes that are kept', async () => {
		const secrets = secretsOf(2);
		const { storageKey } = unwrap(await createContainer(parts, secrets));
		const written = toHex((await kept()).container);
		const seeds = secrets.prekeySeeds.map(({ seed }) => seed);
		for (const secret of [secrets.rootSeed, secrets.deviceSeed, storageKey, ...seeds]) {
			expect(written).not.toContain(toHex(secret));
		}
	});

	it('[AT6] keeps a browser key that can be used and not read', async () => {
		unwrap(await createContainer(parts, secretsOf(1)));
		const { browserKey } = await kept();
		expect(browserKey?.extractable).toBe(false);
		if (browserKey === null) throw new Error('no key');
		await expect(parts.subtle.exportKey('raw', browserKey)).rejects.toThrow();
	});

	it('[AT2] does not open when any byte was changed', async () => {
		unwrap(await createContainer(parts, secretsOf(1)));
		const { container, browserKey } = await kept();
		for (let i = 0; i < container.length; i++) {
			const changed = container.slice();
			changed[i] = (changed[i] ?? 0) ^ 1;
			unwrap(await slots.write({ container: changed, browserKey }));
			expect((await openContainer(parts)).ok).toBe(false);
		}
		unwrap(await slots.write({ container, browserKey }));
		expect((await openContainer(parts)).ok).toBe(true);
	});

	it('[AT2] does not open with another browser key or without one', async () => {
		unwrap(await createContainer(parts, secretsOf(1)));
		const { container, browserKey } = await kept();
		const other = await parts.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, [
			'encrypt',
			'decrypt',
		]);
		unwrap(await slots.write({ container, browserKey: other }));
		expect(await openContainer(parts)).toMatchObject({ ok: false, error: { type: 'damaged' } });
		unwrap(await slots.write({ container, browserKey: null }));
		expect(await openContainer(parts)).toMatchObject({ ok: false, error: { type: 'no-slot' } });
		unwrap(await slots.write({ container, browserKey }));
		expect((await openContainer(parts)).ok).toBe(true);
	});

	it('[AT2] keeps slots of kinds that it cannot use', async () => {
		unwrap(await createContainer(parts, secretsOf(1)));
		const { container, browserKey } = await kept();
		const record = unwrap(decodeContainer(container));
		const later: Slot = {
			kind: 9,
			id: random.bytes(16),
			parameters: utf8('of later'),
			wrapped: random.bytes(48),
		};
		const extended = encodeContainer({ ...record, slots: [later, ...record.slots] });
		unwrap(await slots.write({ container: extended, browserKey }));
		const opened = unwrap(await openContainer(parts));
		unwrap(await opened.replaceSecrets(secretsOf(2)));
		expect(unwrap(decodeContainer((await kept()).container)).slots[0]).toEqual(later);
	});

	it('[AT1] says when it could not be kept', async () => {
		const full = async () => err({ type: 'full' as const, detail: 'quota' });
		const result = await createContainer(
			{ ...parts, slots: { ...slots, write: full } },
			secretsOf(1),
		);
		expect(result).toMatchObject({ ok: false, error: { type: 'full' } });
	});

	it('[AT1] forgets its keys when locked', async () => {
		const secrets = secretsOf(1);
		const container = unwrap(await createContainer(parts, secrets));
		const copy = { ...secrets, rootSeed: secrets.rootSeed.slice() };
		container.lock();
		expect(() => container.secrets).toThrow();
		await expect(container.replaceSecrets(copy)).rejects.toThrow();
		expect(container.storageKey).toEqual(new Uint8Array(32));
		expect(secrets.rootSeed).toEqual(new Uint8Array(32));
		expect(unwrap(await openContainer(parts)).secrets.rootSeed).toEqual(copy.rootSeed);
	});
});
