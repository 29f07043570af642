// Alice locks her device with a passphrase and a passkey; Mallory has its disk and may change every byte of it.
import { beforeEach, describe, expect, it } from 'vitest';
import { argon2id } from 'hash-wasm';
import {
	createContainer,
	openContainer,
	readSlots,
	type ContainerParts,
} from '#lib/crypto/container.ts';
import { sealBrowserSlot } from '#lib/crypto/container-browser-slot.ts';
import {
	decodeContainer,
	encodeContainer,
	SLOT_KIND,
	slotContext,
	type Slot,
} from '#lib/crypto/container-format.ts';
import { byPasskey, sealPasskeySlot } from '#lib/crypto/container-passkey-slot.ts';
import {
	byPassphrase,
	LEAST_COST,
	sealPassphraseSlot,
} from '#lib/crypto/container-passphrase-slot.ts';
import type { IdentitySecrets } from '#lib/crypto/identity.ts';
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import type { Sealer } from '#lib/crypto/container.ts';
import { encode } from '#lib/protocol/cbor.ts';
import type { KeptContainer } from '#lib/ports/key-slots.ts';
import { createMemoryKeySlots } from '#lib/storage/key-slots.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { err, ok, unwrap } from '#lib/util/result.ts';
import {
	createFakePasskeys,
	createFakeStretcher,
	type FakePasskeys,
} from '../../support/fake-keys.ts';

const random = { bytes: (n: number) => globalThis.crypto.getRandomValues(new Uint8Array(n)) };
const crypto = createSyncCryptoProvider();
const { subtle } = globalThis.crypto;
const secretsOf = (prekeys: number): IdentitySecrets => ({
	rootSeed: random.bytes(32),
	deviceSeed: random.bytes(32),
	prekeySeeds: Array.from({ length: prekeys }, (_, time) => ({ seed: random.bytes(32), time })),
});

const PASSPHRASE = 'seven quiet lamps at noon';
let parts: ContainerParts;
let stretcher: ReturnType<typeof createFakeStretcher>;
let passkeys: FakePasskeys;
let secrets: IdentitySecrets;
let alice: Sealer;

const kept = async (): Promise<KeptContainer> => {
	const value = unwrap(await parts.slots.read());
	if (value === undefined) throw new Error('no container');
	return value;
};
const slotsKept = async (): Promise<readonly Slot[]> =>
	unwrap(decodeContainer((await kept()).container)).slots;
const isOf =
	(...kinds: number[]) =>
	({ kind }: Slot): boolean =>
		kinds.includes(kind);
const passphraseSlot = (passphrase: string) => async (dataKey: Bytes) => {
	const sealed = await sealPassphraseSlot({ crypto, random, stretcher }, passphrase, dataKey);
	return sealed.ok ? ok({ slot: sealed.value }) : sealed;
};
const passkeySlot = async (dataKey: Bytes) => {
	const sealed = await sealPasskeySlot({ crypto, random, passkeys }, 'Alice', dataKey);
	return sealed.ok ? ok({ slot: sealed.value }) : sealed;
};
const open = (passphrase: string) =>
	openContainer(parts, byPassphrase({ crypto, stretcher }, passphrase));
const openByPasskey = () => openContainer(parts, byPasskey({ crypto, passkeys }));

beforeEach(async () => {
	stretcher = createFakeStretcher();
	passkeys = createFakePasskeys((n) => random.bytes(n));
	parts = { crypto, random, subtle, slots: createMemoryKeySlots() };
	secrets = secretsOf(1);
	alice = unwrap(await createContainer(parts, secrets));
	unwrap(
		await alice.changeSlots({
			without: isOf(SLOT_KIND.browser),
			add: passphraseSlot(PASSPHRASE),
		}),
	);
});

describe('a passphrase', () => {
	it('[AT7] opens what it closed, with at least 64 MiB, three passes and one lane', async () => {
		expect(unwrap(await open(PASSPHRASE)).secrets).toEqual(secrets);
		expect(stretcher.asked).toEqual([LEAST_COST, LEAST_COST]);
		expect(LEAST_COST).toEqual({ memory: 65_536, passes: 3, lanes: 1 });
		expect(alice.slots).toEqual({ browser: false, passphrase: true, passkeys: 0 });
	});

	it('[AT7] opens for the same words however they were composed, and for no others', async () => {
		unwrap(
			await alice.changeSlots({
				without: isOf(SLOT_KIND.passphrase),
				add: passphraseSlot('Blåbærgrød på Ærø'),
			}),
		);
		expect((await open('Blåbærgrød på Ærø'.normalize('NFD'))).ok).toBe(true);
		for (const other of ['', 'blåbærgrød på Ærø', 'Blåbærgrød på Ærø ', PASSPHRASE]) {
			expect(await open(other)).toMatchObject({ ok: false, error: { type: 'wrong' } });
		}
	});

	it('[AT7] agrees with the function it is named after', async () => {
		// The reference implementation's own vector for Argon2id at 64 MiB.
		const key = await argon2id({
			password: 'password',
			salt: 'somesalt',
			parallelism: 1,
			iterations: 2,
			memorySize: 65_536,
			hashLength: 32,
			outputType: 'hex',
		});
		expect(key).toBe('09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7');
	});

	it('[AT8] is refused once guessing was made cheaper, before anything is derived from it', async () => {
		const { box } = unwrap(decodeContainer((await kept()).container));
		const [slot] = await slotsKept();
		if (slot === undefined) throw new Error('no slot');
		const [salt, nonce] = [random.bytes(16), random.bytes(24)];
		const asked = stretcher.asked.length;
		const tries = [
			{ cost: [65_535, 3, 1], type: 'weakened' },
			{ cost: [65_536, 2, 1], type: 'weakened' },
			{ cost: [65_536, 3, 0], type: 'weakened' },
			{ cost: [4_194_304, 3, 1], type: 'damaged' },
			{ cost: [65_536, 1_000_000, 1], type: 'damaged' },
			{ cost: [65_536, 3, 200], type: 'damaged' },
		];
		for (const { cost, type } of tries) {
			const changed = { ...slot, parameters: encode([1, ...cost, salt, nonce]) };
			const container = encodeContainer({ slots: [changed], box });
			unwrap(await parts.slots.write({ container, browserKey: null }));
			expect(await open(PASSPHRASE)).toMatchObject({ ok: false, error: { type } });
		}
		expect(stretcher.asked).toHaveLength(asked);
	});

	it('[AT8] does not open when its cost was raised, or anything else around it changed', async () => {
		const { container } = await kept();
		for (let i = 0; i < container.length; i++) {
			const changed = container.slice();
			changed[i] = (changed[i] ?? 0) ^ 1;
			unwrap(await parts.slots.write({ container: changed, browserKey: null }));
			const opened = await open(PASSPHRASE);
			expect(opened.ok, `byte ${String(i)}`).toBe(false);
		}
		unwrap(await parts.slots.write({ container, browserKey: null }));
		expect((await open(PASSPHRASE)).ok).toBe(true);
	});

	it('[AT8] authenticates cost and id: the same key does not open them under another name', async () => {
		const [slot] = await slotsKept();
		if (slot === undefined) throw new Error('no slot');
		const other = { ...slot, id: random.bytes(16) };
		expect(slotContext(other)).not.toEqual(slotContext(slot));
		const { box } = unwrap(decodeContainer((await kept()).container));
		const container = encodeContainer({ slots: [other], box });
		unwrap(await parts.slots.write({ container, browserKey: null }));
		expect(await open(PASSPHRASE)).toMatchObject({ ok: false, error: { type: 'wrong' } });
	});

	it('[AT7] says so where the device cannot spare the memory', async () => {
		stretcher.stretch = () => Promise.resolve(err({ type: 'stretch', detail: 'no memory' }));
		expect(await open(PASSPHRASE)).toMatchObject({ ok: false, error: { type: 'stretch' } });
		const change = await alice.changeSlots({
			without: isOf(SLOT_KIND.passphrase),
			add: passphraseSlot('another'),
		});
		expect(change).toMatchObject({ ok: false, error: { type: 'stretch' } });
		expect(alice.slots.passphrase).toBe(true);
	});
});

describe('a passkey', () => {
	it('[AT9] opens the container beside the passphrase, and nobody else’s does', async () => {
		unwrap(await alice.changeSlots({ add: passkeySlot }));
		unwrap(await alice.changeSlots({ add: passkeySlot }));
		expect(alice.slots.passkeys).toBe(2);
		expect(unwrap(await openByPasskey()).secrets).toEqual(secrets);
		expect((await open(PASSPHRASE)).ok).toBe(true);
		passkeys.forget();
		expect(await openByPasskey()).toMatchObject({ ok: false, error: { type: 'cancelled' } });
	});

	it('[AT9] is wrong when it answers with another secret, or for a credential that was not asked for', async () => {
		unwrap(await alice.changeSlots({ add: passkeySlot }));
		const { ask } = passkeys;
		passkeys.ask = async (keys) => {
			const answer = await ask(keys);
			return answer.ok ? ok({ ...answer.value, secret: random.bytes(32) }) : answer;
		};
		expect(await openByPasskey()).toMatchObject({ ok: false, error: { type: 'wrong' } });
		passkeys.ask = async (keys) => {
			const answer = await ask(keys);
			return answer.ok ? ok({ ...answer.value, credential: random.bytes(20) }) : answer;
		};
		expect(await openByPasskey()).toMatchObject({ ok: false, error: { type: 'wrong' } });
	});

	it('[AT9] is never the only way in', async () => {
		unwrap(await alice.changeSlots({ add: passkeySlot }));
		const alone = await alice.changeSlots({ without: isOf(SLOT_KIND.passphrase) });
		expect(alone).toMatchObject({ ok: false, error: { type: 'last' } });
		expect((await open(PASSPHRASE)).ok).toBe(true);
	});
});

describe('the ways in', () => {
	const browserSlot = async (dataKey: Bytes) => {
		const { slot, key } = await sealBrowserSlot({ subtle, random }, dataKey);
		return ok({ slot, browserKey: key });
	};

	it('[AT10] change as one write, with the browser key beside them', async () => {
		expect((await kept()).browserKey).toBeNull();
		expect(await openContainer(parts)).toMatchObject({ ok: false, error: { type: 'no-slot' } });
		let writes = 0;
		const { write } = parts.slots;
		parts.slots.write = (value) => {
			writes += 1;
			return write(value);
		};
		unwrap(await alice.changeSlots({ without: isOf(SLOT_KIND.passphrase), add: browserSlot }));
		expect(writes).toBe(1);
		expect(unwrap(await openContainer(parts)).secrets).toEqual(secrets);
		expect(await open(PASSPHRASE)).toMatchObject({ ok: false, error: { type: 'no-slot' } });
	});

	it('[AT10] are never none, and one of each kind but passkeys', async () => {
		const none = await alice.changeSlots({ without: () => true });
		expect(none).toMatchObject({ ok: false, error: { type: 'last' } });
		const two = await alice.changeSlots({ add: passphraseSlot('a second one') });
		expect(two).toMatchObject({ ok: false, error: { type: 'last' } });
		for (let n = 1; n < 8; n++) unwrap(await alice.changeSlots({ add: passkeySlot }));
		const nine = await alice.changeSlots({ add: passkeySlot });
		expect(nine).toMatchObject({ ok: false, error: { type: 'last' } });
		expect(await slotsKept()).toHaveLength(8);
	});

	it('[AT10] stay as they were where the change could not be kept', async () => {
		const { write } = parts.slots;
		parts.slots.write = async () => Promise.resolve(err({ type: 'full', detail: 'quota' }));
		const change = await alice.changeSlots({
			without: isOf(SLOT_KIND.passphrase),
			add: passphraseSlot('another'),
		});
		expect(change).toMatchObject({ ok: false, error: { type: 'full' } });
		parts.slots.write = write;
		unwrap(await alice.replaceSecrets(secretsOf(2)));
		expect((await open(PASSPHRASE)).ok).toBe(true);
	});

	it('[AT10] and the secrets change in turn, whichever was asked for first', async () => {
		const next = secretsOf(3);
		const changes = await Promise.all([
			alice.changeSlots({ add: passkeySlot }),
			alice.replaceSecrets(next),
			alice.changeSlots({ add: passkeySlot }),
		]);
		for (const change of changes) unwrap(change);
		expect(unwrap(await readSlots(parts.slots))).toMatchObject({ passkeys: 2, passphrase: true });
		expect(unwrap(await open(PASSPHRASE)).secrets).toEqual(next);
	});

	it('[AT12] cannot be changed once it is locked', async () => {
		alice.lock();
		await expect(alice.changeSlots({ add: passkeySlot })).rejects.toThrow();
	});
});
