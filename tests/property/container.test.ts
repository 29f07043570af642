// The bytes of a container: what goes in comes out, and whatever lies there, opening it gives an answer.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createContainer, openContainer } from '#lib/crypto/container.ts';
import { decodeContainer, encodeContainer, SLOT_KIND } from '#lib/crypto/container-format.ts';
import { byPasskey } from '#lib/crypto/container-passkey-slot.ts';
import { byPassphrase, sealPassphraseSlot } from '#lib/crypto/container-passphrase-slot.ts';
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import { encode } from '#lib/protocol/cbor.ts';
import { createMemoryKeySlots } from '#lib/storage/key-slots.ts';
import { ok, unwrap } from '#lib/util/result.ts';
import { createFakePasskeys, createFakeStretcher } from '../support/fake-keys.ts';

const crypto = createSyncCryptoProvider();
const random = { bytes: (n: number) => globalThis.crypto.getRandomValues(new Uint8Array(n)) };
const { subtle } = globalThis.crypto;
const stretcher = createFakeStretcher();
const passkeys = createFakePasskeys((n) => random.bytes(n));

const bytes = (maxLength: number, minLength = 0) =>
	fc.uint8Array({ minLength, maxLength }).map((drawn) => new Uint8Array(drawn));
const slot = fc.record({
	kind: fc.oneof(fc.constantFrom(...Object.values(SLOT_KIND)), fc.nat(255)),
	id: bytes(16, 16),
	parameters: fc.oneof(
		bytes(1200),
		fc
			.tuple(
				fc.constant(1),
				fc.nat(2 ** 31 - 1),
				fc.nat(20),
				fc.nat(5),
				bytes(16, 16),
				bytes(24, 24),
			)
			.map((parameters) => encode(parameters)),
		fc
			.tuple(fc.constant(1), bytes(1023), bytes(32, 32), bytes(24, 24))
			.map((parameters) => encode(parameters)),
	),
	wrapped: bytes(128),
});
const container = fc.record({ slots: fc.array(slot, { maxLength: 8 }), box: bytes(4096) });

async function answers(lying: Uint8Array): Promise<boolean> {
	const slots = createMemoryKeySlots();
	unwrap(await slots.write({ container: new Uint8Array(lying), browserKey: null }));
	const parts = { crypto, random, subtle, slots };
	const ways = [
		undefined,
		byPassphrase({ crypto, stretcher }, 'a guess'),
		byPasskey({ crypto, passkeys }),
	];
	const opened = await Promise.all(ways.map((way) => openContainer(parts, way)));
	return opened.some((each) => each.ok);
}

it('[AT2] a container is decoded to what was encoded', () => {
	fc.assert(
		fc.property(container, (drawn) => {
			expect(unwrap(decodeContainer(encodeContainer(drawn)))).toEqual(drawn);
		}),
	);
});

it('[AT2] [AT8] [AT9] well-formed containers of anybody’s making never open, and never throw', async () => {
	await fc.assert(
		fc.asyncProperty(container, async (drawn) => {
			expect(await answers(encodeContainer(drawn))).toBe(false);
		}),
	);
});

it('[AT2] [AT8] a real one that was cut, changed or replaced by anything never opens, and never throws', async () => {
	const slots = createMemoryKeySlots();
	const seed = { seed: random.bytes(32), time: 1 };
	const secrets = { rootSeed: random.bytes(32), deviceSeed: random.bytes(32), prekeySeeds: [seed] };
	const made = unwrap(await createContainer({ crypto, random, subtle, slots }, secrets));
	const change = await made.changeSlots({
		without: () => true,
		async add(dataKey) {
			const sealed = await sealPassphraseSlot({ crypto, random, stretcher }, 'a guess', dataKey);
			return sealed.ok ? ok({ slot: sealed.value }) : sealed;
		},
	});
	unwrap(change);
	const real = unwrap(await slots.read())?.container ?? new Uint8Array();
	expect(await answers(real)).toBe(true);
	await fc.assert(
		fc.asyncProperty(
			fc.oneof(
				bytes(600),
				fc.nat(real.length - 1).map((length) => real.slice(0, length)),
				fc
					.tuple(fc.nat(real.length - 1), fc.integer({ min: 1, max: 255 }))
					.map(([at, change]) => real.with(at, (real[at] ?? 0) ^ change)),
			),
			async (lying) => {
				expect(await answers(lying)).toBe(false);
			},
		),
	);
});
