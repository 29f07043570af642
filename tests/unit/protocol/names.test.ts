// How things are named: entries by hash, uses by label, devices by certificate, relays by key and address.
import { describe, expect, it } from 'vitest';
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import { entryId } from '#lib/crypto/hash.ts';
import { inviteKeyOf, lobbyAddress, lobbySpec } from '#lib/messenger/joining/invitations.ts';
import { decode, encode } from '#lib/protocol/cbor.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { certificateShape, memberShape, prekeyShape } from '#lib/protocol/identity.ts';
import { label } from '#lib/protocol/labels.ts';
import { isRelayUrl, relayAddressShape } from '#lib/protocol/relay-address.ts';
import { toHex, utf8 } from '#lib/util/bytes.ts';

const crypto = createSyncCryptoProvider();
const of = (length: number, fill = 7) => new Uint8Array(length).fill(fill);

describe('names', () => {
	it('[EN5] an entry is named by the hash of its header under its label', () => {
		const header = utf8('whatever was signed');
		const expected = crypto.sha256(utf8('aegis/entry/1\0'), header);
		expect(toHex(entryId(crypto, header))).toBe(toHex(expected));
	});

	it('[EN6] no label begins another', () => {
		const names = ['root', 'entry', 'body', 'prekey', 'prekey-record', 'token', 'state'] as const;
		const texts = names.map((name) => toHex(label(name)));
		for (const a of texts) {
			expect(texts.filter((b) => b.startsWith(a))).toEqual([a]);
		}
	});

	it('[ID1] [ID2] [ID3] certificates, prekeys and members have exactly their fields, names their bound', () => {
		const certificate = [1, of(32), of(32), 'Laptop', 5, of(64)];
		const prekey = [1, of(32), of(32), 5, of(64)];
		expect(decode(certificateShape, encode(certificate), 512).ok).toBe(true);
		expect(decode(prekeyShape, encode(prekey), 512).ok).toBe(true);
		expect(decode(memberShape, encode([certificate, prekey, 'Alice']), 1024).ok).toBe(true);
		expect(decode(memberShape, encode([certificate, prekey, 'x'.repeat(65)]), 1024).ok).toBe(false);
		expect(decode(certificateShape, encode([2, ...certificate.slice(1)]), 512).ok).toBe(false);
		expect(decode(certificateShape, encode([...certificate, 0]), 512).ok).toBe(false);
		expect(decode(prekeyShape, encode(prekey.slice(0, 4)), 512).ok).toBe(false);
		expect(decode(prekeyShape, encode([1, of(31), of(32), 5, of(64)]), 512).ok).toBe(false);
	});

	it('[RL1] a relay has a key and at most four ws or wss URLs', () => {
		const url = 'wss://relay.test/relay';
		expect(decode(relayAddressShape, encode([of(32), [url]]), 2048).ok).toBe(true);
		const five = Array.from({ length: 5 }, () => url);
		expect(decode(relayAddressShape, encode([of(32), five]), 4096).ok).toBe(false);
		for (const other of [
			'https://relay.test',
			'wss://',
			'wss://a b',
			'wss://u:p@host/',
			'ws://h?q',
		]) {
			expect(isRelayUrl(other)).toBe(false);
		}
	});

	it('[IN5] the link gives the invite key and the lobby’s address; its reading keys are the members’ alone', async () => {
		const seed = of(32, 1);
		const { publicKey } = await inviteKeyOf(crypto, seed);
		expect(toHex((await inviteKeyOf(crypto, of(32, 1))).publicKey)).toBe(toHex(publicKey));
		expect(toHex((await inviteKeyOf(crypto, of(32, 2))).publicKey)).not.toBe(toHex(publicKey));
		const address = await lobbyAddress(crypto, publicKey);
		const invite = {
			kind: KIND.invite,
			inviteKey: publicKey,
			uses: 1,
			expiry: 0,
			role: 0,
			lobbySecret: of(32, 3),
			relays: [],
		};
		const spec = await lobbySpec(crypto, invite);
		expect(toHex(spec.mailbox)).toBe(toHex(address.mailbox));
		expect(toHex(spec.writeKey.publicKey)).toBe(toHex(address.writeKey.publicKey));
		const other = await lobbySpec(crypto, { ...invite, lobbySecret: of(32, 4) });
		expect(toHex(other.mailbox)).toBe(toHex(address.mailbox));
		expect(other.tokens.map(toHex)).not.toEqual(spec.tokens.map(toHex));
	});
});
