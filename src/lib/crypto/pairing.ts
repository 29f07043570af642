// The cryptography by which two devices of one person find each other through a relay that may try anything: the new one
// commits to its key before it sees the old one's nonce, so that the six digits which both screens show can't be steered.
// Whoever stands in between has one try at one in a million, and is seen when it fails. [PA2] [PA3]
import { label } from '#lib/protocol/labels.ts';
import type { AgreementKey, CryptoProvider } from '#lib/ports/crypto.ts';
import { concat, utf8, type Bytes } from '#lib/util/bytes.ts';
import { derive } from './hash.ts';

/** Which of the two: the device that is a person's already, or the one that is to be. */
export type PairingRole = 'old' | 'new';

export interface Revealed {
	readonly key: Bytes;
	readonly nonce: Bytes;
	readonly deviceName: string;
}

/** All that was said in the open, as each side has heard it. */
export interface PairingTranscript {
	readonly secret: Bytes;
	readonly oldKey: Bytes;
	readonly oldNonce: Bytes;
	readonly revealed: Revealed;
}

export interface PairingSession {
	/** Six digits for people to compare. */
	readonly digits: string;
	/** Key for what this role says. */
	readonly keys: Readonly<Record<PairingRole, Bytes>>;
}

const roleSalt = (role: PairingRole): Bytes => utf8(role);

/** Binds the new device to what it will reveal, 32 bytes. */
export const pairingCommitment = (
	crypto: CryptoProvider,
	{ key, nonce, deviceName }: Revealed,
): Bytes => crypto.sha256(label('pairing-commitment'), key, nonce, utf8(deviceName));

/** What a role reads from: a mailbox that both can find, and nobody else. */
export interface PairingMailbox {
	readonly writeSeed: Bytes;
	readonly ownerSeed: Bytes;
	readonly token: Bytes;
	/** Seals everything in it, so that the relay sees nothing of the handshake. */
	readonly blockKey: Bytes;
}

export function pairingMailbox(
	crypto: CryptoProvider,
	secret: Bytes,
	reader: PairingRole,
): PairingMailbox {
	const all = derive(crypto, secret, 'pairing-mailbox', 96, roleSalt(reader));
	return {
		writeSeed: all.slice(0, 32),
		ownerSeed: all.slice(32, 64),
		token: all.slice(64, 96),
		blockKey: derive(crypto, secret, 'pairing-block', 32, roleSalt(reader)),
	};
}

/** undefined where the other side's key is not acceptable. */
export async function pairingSession(
	crypto: CryptoProvider,
	own: AgreementKey,
	{ secret, oldKey, oldNonce, revealed }: PairingTranscript,
	role: PairingRole,
): Promise<PairingSession | undefined> {
	const shared = await own.agree(role === 'old' ? revealed.key : oldKey);
	if (shared === undefined) return undefined;
	const transcript = crypto.sha256(
		label('pairing-transcript'),
		secret,
		oldKey,
		oldNonce,
		pairingCommitment(crypto, revealed),
		revealed.key,
		revealed.nonce,
	);
	const key = (of: PairingRole): Bytes =>
		derive(crypto, shared, 'pairing-session', 32, concat(transcript, roleSalt(of)));
	const drawn = derive(crypto, transcript, 'pairing-digits', 8);
	const number = new DataView(drawn.buffer).getBigUint64(0) % 1_000_000n;
	return {
		digits: number.toString().padStart(6, '0'),
		keys: { old: key('old'), new: key('new') },
	};
}

const nonceOf = (number: number): Bytes => {
	const nonce = new Uint8Array(24);
	new DataView(nonce.buffer).setUint32(20, number);
	return nonce;
};

/** Each number is used once under a role's key. */
export const sealPairing = (
	crypto: CryptoProvider,
	key: Bytes,
	number: number,
	plain: Bytes,
): Bytes => crypto.seal(key, nonceOf(number), plain);

export const openPairing = (
	crypto: CryptoProvider,
	key: Bytes,
	number: number,
	sealed: Bytes,
): Bytes | undefined => crypto.open(key, nonceOf(number), sealed);
