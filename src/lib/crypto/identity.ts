// Makes and checks who people and their devices are: the root vouches for devices, a device for its prekeys.
// [ID1] [ID2] [ID3] [ID4] [ID5] [ID6]
import { label } from '#lib/protocol/labels.ts';
import {
	certificateContent,
	prekeyContent,
	type Certificate,
	type Member,
	type Prekey,
} from '#lib/protocol/identity.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { CryptoProvider, SigningKey } from '#lib/ports/crypto.ts';
import type { Random } from '#lib/ports/random.ts';
import { concat, equal, type Bytes } from '#lib/util/bytes.ts';
import { rootHashOf } from './hash.ts';

export interface PrekeySeed {
	/** X25519, 32 bytes. */
	readonly seed: Bytes;
	/** Milliseconds since 1970 when it was made. */
	readonly time: number;
}

/** The secrets of one device of one person, for the crypto-container. */
export interface IdentitySecrets {
	readonly rootSeed: Bytes;
	readonly deviceSeed: Bytes;
	/** Latest last. */
	readonly prekeySeeds: readonly PrekeySeed[];
}

export interface NewIdentity {
	readonly secrets: IdentitySecrets;
	readonly rootHash: Bytes;
	readonly member: Member;
}

/** A new person with a first device and its first prekey; with the root seed of an earlier one, a new device of that person. */
export async function createIdentity(
	crypto: CryptoProvider,
	random: Random,
	clock: Pick<Clock, 'now'>,
	name: string,
	deviceName: string,
	rootSeed: Bytes = random.bytes(32),
): Promise<NewIdentity> {
	const deviceSeed = random.bytes(32);
	const time = clock.now();
	const root = await crypto.signingKey(rootSeed);
	const device = await crypto.signingKey(deviceSeed);
	const prekey = await makePrekey(crypto, random, device, root.publicKey, time);
	return {
		secrets: { rootSeed, deviceSeed, prekeySeeds: [prekey.secret] },
		rootHash: rootHashOf(crypto, root.publicKey),
		member: {
			certificate: await certifyDevice(root, device.publicKey, deviceName, time),
			prekey: prekey.record,
			name,
		},
	};
}

/** The root's word for a device; `time` in milliseconds since 1970. */
export async function certifyDevice(
	root: SigningKey,
	deviceKey: Bytes,
	deviceName: string,
	time: number,
): Promise<Certificate> {
	const content = { rootKey: root.publicKey, deviceKey, deviceName, time };
	const signature = await root.sign(concat(label('certificate'), certificateContent(content)));
	return { ...content, signature };
}

/** A fresh prekey of this root's device: the record to publish and the seed to keep. */
export async function makePrekey(
	crypto: CryptoProvider,
	random: Random,
	device: SigningKey,
	rootKey: Bytes,
	time: number,
): Promise<{ readonly record: Prekey; readonly secret: PrekeySeed }> {
	const secret = { seed: random.bytes(32), time };
	return { record: await prekeyFrom(crypto, secret, device, rootKey), secret };
}

/** The record of a prekey that is there already. */
export async function prekeyFrom(
	crypto: CryptoProvider,
	{ seed, time }: PrekeySeed,
	device: SigningKey,
	rootKey: Bytes,
): Promise<Prekey> {
	const { publicKey } = await crypto.agreementKey(seed);
	const content = { deviceKey: device.publicKey, publicKey, time };
	const signed = concat(label('prekey-record'), prekeyContent(content, rootKey));
	return { ...content, signature: await device.sign(signed) };
}

export const verifyCertificate = (crypto: CryptoProvider, c: Certificate): Promise<boolean> =>
	crypto.verify(c.rootKey, concat(label('certificate'), certificateContent(c)), c.signature);

export const verifyPrekey = (crypto: CryptoProvider, p: Prekey, rootKey: Bytes): Promise<boolean> =>
	crypto.verify(
		p.deviceKey,
		concat(label('prekey-record'), prekeyContent(p, rootKey)),
		p.signature,
	);

/** Whether a member is what it says: device certified by the root, prekey signed by that very device for that very root. */
export async function verifyMember(crypto: CryptoProvider, member: Member): Promise<boolean> {
	const { certificate, prekey } = member;
	return (
		equal(certificate.deviceKey, prekey.deviceKey) &&
		(await verifyCertificate(crypto, certificate)) &&
		(await verifyPrekey(crypto, prekey, certificate.rootKey))
	);
}
