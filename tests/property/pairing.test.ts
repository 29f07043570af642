// Two devices that find each other through a relay that may do anything with what they say.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
	openPairing,
	pairingCommitment,
	pairingMailbox,
	pairingSession,
	sealPairing,
	type Revealed,
} from '#lib/crypto/pairing.ts';
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import {
	decodePairingFrame,
	decodePairingLink,
	decodePairingMessage,
	encodePairingFrame,
	encodePairingLink,
	encodePairingMessage,
} from '#lib/protocol/pairing.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';

const crypto = createSyncCryptoProvider();
const sha256 = (bytes: Uint8Array): Bytes => crypto.sha256(bytes);
const bytes = (length: number) =>
	fc.uint8Array({ minLength: length, maxLength: length }).map((b) => new Uint8Array(b));
const name = fc.string({ maxLength: 16 });
/** Somebody's draws for one pairing. */
const draws = fc.record({ seed: bytes(32), nonce: bytes(32) });
const RUNS = { numRuns: 30 };

async function reveal({ seed, nonce }: { seed: Bytes; nonce: Bytes }, deviceName: string) {
	const own = await crypto.agreementKey(seed);
	return { own, revealed: { key: own.publicKey, nonce, deviceName } satisfies Revealed };
}

describe('the digits on two screens', () => {
	it('[PA3] are the same, and so are the keys, where nobody is in between', async () => {
		await fc.assert(
			fc.asyncProperty(bytes(32), draws, draws, name, async (secret, older, newer, deviceName) => {
				const old = await crypto.agreementKey(older.seed);
				const { own, revealed } = await reveal(newer, deviceName);
				const said = { secret, oldKey: old.publicKey, oldNonce: older.nonce, revealed };
				const [a, b] = [
					await pairingSession(crypto, old, said, 'old'),
					await pairingSession(crypto, own, said, 'new'),
				];
				expect(a?.digits).toMatch(/^\d{6}$/);
				expect(b).toEqual(a);
			}),
			RUNS,
		);
	});

	it('[PA2] [PA3] differ where somebody in between shows each side keys of their own', async () => {
		let same = 0;
		await fc.assert(
			fc.asyncProperty(
				bytes(32),
				fc.tuple(draws, draws, draws, draws),
				name,
				async (secret, [older, newer, toOld, toNew], deviceName) => {
					const old = await crypto.agreementKey(older.seed);
					const { own, revealed } = await reveal(newer, deviceName);
					const middle = await reveal(toOld, deviceName);
					const posing = await crypto.agreementKey(toNew.seed);
					const onOld = await pairingSession(
						crypto,
						old,
						{
							secret,
							oldKey: old.publicKey,
							oldNonce: older.nonce,
							revealed: middle.revealed,
						},
						'old',
					);
					const onNew = await pairingSession(
						crypto,
						own,
						{ secret, oldKey: posing.publicKey, oldNonce: toNew.nonce, revealed },
						'new',
					);
					expect(toHex(onOld?.keys.old ?? secret)).not.toBe(toHex(onNew?.keys.old ?? secret));
					if (onOld?.digits === onNew?.digits) same += 1;
				},
			),
			RUNS,
		);
		// One in a million each: thirty runs don't hit it.
		expect(same).toBe(0);
	});

	it('[PA2] depend on everything that was said: a change of any part changes them', async () => {
		await fc.assert(
			fc.asyncProperty(
				bytes(32),
				draws,
				draws,
				fc.constantFrom('secret', 'oldNonce', 'nonce', 'deviceName'),
				async (secret, older, newer, what) => {
					const old = await crypto.agreementKey(older.seed);
					const { revealed } = await reveal(newer, 'Phone');
					const said = { secret, oldKey: old.publicKey, oldNonce: older.nonce, revealed };
					const turned = (b: Bytes): Bytes => b.map((x, at) => (at === 7 ? x ^ 1 : x));
					const other = {
						...said,
						...(what === 'secret' ? { secret: turned(secret) } : {}),
						...(what === 'oldNonce' ? { oldNonce: turned(older.nonce) } : {}),
						revealed: {
							...revealed,
							...(what === 'nonce' ? { nonce: turned(newer.nonce) } : {}),
							...(what === 'deviceName' ? { deviceName: 'Fone' } : {}),
						},
					};
					const [a, b] = [
						await pairingSession(crypto, old, said, 'old'),
						await pairingSession(crypto, old, other, 'old'),
					];
					expect(toHex(b?.keys.old ?? secret)).not.toBe(toHex(a?.keys.old ?? secret));
					expect(b?.digits).not.toBe(a?.digits);
				},
			),
			RUNS,
		);
	});

	it('[PA2] a commitment binds to key, nonce and name', async () => {
		const { revealed } = await reveal({ seed: new Uint8Array(32), nonce: new Uint8Array(32) }, 'A');
		const before = toHex(pairingCommitment(crypto, revealed));
		const others: Revealed[] = [
			{ ...revealed, deviceName: 'B' },
			{ ...revealed, nonce: new Uint8Array(32).fill(1) },
			{ ...revealed, key: new Uint8Array(32).fill(9) },
		];
		for (const other of others) expect(toHex(pairingCommitment(crypto, other))).not.toBe(before);
	});
});

describe('what two devices say', () => {
	it('[PA4] opens under its direction and number alone', () => {
		const [key, other] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
		const plain = new Uint8Array([1, 2, 3]);
		const sealed = sealPairing(crypto, key, 5, plain);
		expect(openPairing(crypto, key, 5, sealed)).toEqual(plain);
		expect(openPairing(crypto, key, 6, sealed)).toBeUndefined();
		expect(openPairing(crypto, other, 5, sealed)).toBeUndefined();
	});

	it('[PA1] lies in two mailboxes that share nothing', () => {
		const secret = new Uint8Array(32).fill(3);
		const old = Object.values(pairingMailbox(crypto, secret, 'old')).map(toHex);
		const fresh = Object.values(pairingMailbox(crypto, secret, 'new')).map(toHex);
		expect(new Set([...old, ...fresh]).size).toBe(8);
	});

	it('[EN1] [PA4] is decoded totally', () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
				decodePairingMessage(new Uint8Array(noise));
				decodePairingFrame(new Uint8Array(noise));
			}),
		);
		const message = encodePairingMessage({ type: 'nonce', nonce: new Uint8Array(32) });
		const frame = { number: 3, sealed: true, message };
		expect(decodePairingFrame(encodePairingFrame(frame))).toEqual({ ok: true, value: frame });
	});
});

describe('the code', () => {
	const code = {
		secret: new Uint8Array(32).fill(4),
		key: new Uint8Array(32).fill(5),
		relay: { key: new Uint8Array(32).fill(6), urls: ['wss://relay.example/relay'] },
	};
	const link = encodePairingLink('https://aegis.example', code, sha256);

	it('[PA1] comes back from its link, whole or broken into lines', () => {
		expect(decodePairingLink(link, sha256)).toEqual({ ok: true, value: code });
		const broken = ` ${link.slice(0, 60)}\n${link.slice(60)} `;
		expect(decodePairingLink(broken, sha256)).toEqual({ ok: true, value: code });
		expect(link.length).toBeLessThan(300);
	});

	it('[PA1] is said to be mistyped where a character is wrong, missing or surplus', () => {
		fc.assert(
			fc.property(fc.nat(link.length - 31), (at) => {
				const place = 30 + at;
				const wrong = link[place] === 'A' ? 'B' : 'A';
				for (const changed of [
					link.slice(0, place) + wrong + link.slice(place + 1),
					link.slice(0, place) + link.slice(place + 1),
					link.slice(0, place) + wrong + link.slice(place),
				]) {
					expect(decodePairingLink(changed, sha256).ok).toBe(false);
				}
			}),
		);
		expect(decodePairingLink('https://aegis.example', sha256)).toMatchObject({
			error: { type: 'not-a-link' },
		});
	});
});
