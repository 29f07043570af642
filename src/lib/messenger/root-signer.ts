// The root key of this person, for the two things that it signs: which devices are its own, and which are no longer; and
// for handing it to a further device. [ID4] [PA5]
import { derive } from '#lib/crypto/hash.ts';
import { certifyDevice } from '#lib/crypto/identity.ts';
import type { Certificate } from '#lib/protocol/identity.ts';
import { revokeDeviceContent, type Fence, type RevokeDevice } from '#lib/protocol/moderation.ts';
import { KIND } from '#lib/protocol/entry.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { Bytes } from '#lib/util/bytes.ts';

export interface RootSigner {
	/** Seals this person's backups, 32 bytes. [BK5] */
	readonly backupKey: Bytes;
	/** The root's word for a device; `time` in milliseconds since 1970. */
	certify(deviceKey: Bytes, deviceName: string, time: number): Promise<Certificate>;
	/** The root's word that a device has ended in a space, at the fence. */
	revoke(space: Bytes, device: Bytes, fence: Fence): Promise<RevokeDevice>;
	/** A copy of the seed, 32 bytes, for a device of this very person. */
	seed(): Bytes;
}

/** Derived from the root seed: whoever has the phrase has it. */
export const backupKeyOf = (crypto: Pick<CryptoProvider, 'hkdf'>, rootSeed: Bytes): Bytes =>
	derive(crypto, rootSeed, 'backup');

export async function createRootSigner(
	crypto: CryptoProvider,
	rootSeed: Bytes,
): Promise<RootSigner> {
	const root = await crypto.signingKey(rootSeed);
	return {
		seed: () => rootSeed.slice(),
		backupKey: backupKeyOf(crypto, rootSeed),
		certify: (deviceKey, deviceName, time) => certifyDevice(root, deviceKey, deviceName, time),
		async revoke(space, device, fence) {
			const proof = await root.sign(revokeDeviceContent(space, { device, fence }));
			return { kind: KIND.revokeDevice, device, fence, rootKey: root.publicKey, proof };
		},
	};
}
