// Makes the epochs of a space: fresh keys for every member device, a mailbox and tokens of its own. [EP1] [EP4] [EP5] [EP6]
import type { ControlEntries } from '#lib/crdt/authority-state.ts';
import { latestEpochEntries } from '#lib/crdt/epoch-choice.ts';
import {
	envelopeCommitment,
	epochId,
	epochSecrets,
	groupCommitment,
	stepForward,
} from '#lib/crypto/epoch.ts';
import { tokenHash } from '#lib/mailbox/proofs.ts';
import {
	SPACE_KIND,
	type ControlKey,
	type Epoch,
	type EpochReason,
} from '#lib/protocol/content.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { encodeEpochBox, type JoinGrant } from '#lib/protocol/lobby.ts';
import { DEFAULT_TTL_SECONDS, MAX_AUTHORITY_HEADS, MAX_DEVICES } from '#lib/protocol/limits.ts';
import type { RelayAddress } from '#lib/protocol/relay-address.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Ports } from '../ports.ts';
import type { EntrySealing } from './composing.ts';
import type { Space } from './space-face.ts';

export interface NewEpoch {
	readonly content: Epoch;
	readonly sealing: EntrySealing;
}

/** Whether the space has room for one more device. */
export const hasRoom = (space: Space): boolean =>
	[...space.ledger.authority.devices.values()].filter((device) => device.active).length <
	MAX_DEVICES;

/** The control keys with which all of these entries are read, ≤16. */
export const controlKeys = (space: Space, entries: ControlEntries): ControlKey[] =>
	latestEpochEntries(entries)
		.flatMap(({ entry }) => space.ring.get(entry.header.key.epoch) ?? [])
		.map(({ maker, controlKey }) => ({ maker, key: controlKey }))
		.slice(0, MAX_AUTHORITY_HEADS);

/** The EPOCH entry for the present membership. `seed` only for the first, whose control key seals GENESIS too. */
export async function newEpoch(
	{ clock, crypto, random }: Pick<Ports, 'clock' | 'crypto' | 'random'>,
	/** The device that makes it. */
	maker: Bytes,
	space: Space,
	reason: EpochReason,
	relays: readonly RelayAddress[],
	seed: Bytes = random.bytes(32),
): Promise<NewEpoch> {
	const secrets = epochSecrets(crypto, seed);
	const now = clock.now();
	const authority = space.ledger.authorityAt(now);
	const ownerSeed = random.bytes(32);
	const ownerKey = await crypto.signingKey(ownerSeed);
	const writeKey = await crypto.signingKey(secrets.writeSeed);
	const direct = authority.genesis?.spaceKind !== SPACE_KIND.community;
	const members = [...authority.devices.values()].filter((device) => device.active);
	const recipients = await Promise.all(
		members.map(async (device) => {
			const token = random.bytes(32);
			// Powernodes close mailboxes and purge what is in them; between two, both do.
			const owns = direct || authority.ranks.has(toHex(device.rootHash));
			return {
				device: device.device,
				tokenHash: await tokenHash(crypto, token),
				publicKey: space.prekeys.of(device).publicKey,
				secret: encodeEpochBox({ seed, token, ownerSeed: owns ? ownerSeed : null }),
			};
		}),
	);
	return {
		content: {
			kind: KIND.epoch,
			reason,
			earlierControlKeys: controlKeys(space, space.ledger.seenAt(now)),
			recipients: recipients.map(({ device, tokenHash: hash }) => ({ device, tokenHash: hash })),
			writeKey: writeKey.publicKey,
			ownerKey: ownerKey.publicKey,
			groupCommitment: groupCommitment(crypto, secrets.groupKey),
			envelopeCommitment: envelopeCommitment(crypto, secrets.envelopeKey),
			relays,
			ttl: DEFAULT_TTL_SECONDS,
		},
		sealing: {
			epoch: epochId(crypto, secrets.controlKey, maker),
			controlKey: secrets.controlKey,
			recipients: recipients.map(({ publicKey, secret }) => ({ publicKey, secret })),
		},
	};
}

/** What a device that joins at `step` gets of an epoch: nothing with which it could read back. */
export function grantForJoiner(
	crypto: CryptoProvider,
	grant: JoinGrant,
	step: number,
	withOwner: boolean,
): JoinGrant {
	let { groupKey } = grant;
	for (let at = grant.step; at < step; at++) groupKey = stepForward(crypto, groupKey);
	return {
		...grant,
		groupKey,
		step: Math.max(step, grant.step),
		ownerSeed: withOwner ? grant.ownerSeed : null,
	};
}
