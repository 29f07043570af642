// Brings a space into being: GENESIS, the first epoch, and a channel to talk in. [GE1] [EP1]
import { checkEntry, type Entry } from '#lib/crdt/check-entry.ts';
import { createLogicalClock } from '#lib/crdt/logical-clock.ts';
import { epochId, epochSecrets } from '#lib/crypto/epoch.ts';
import {
	EPOCH_REASON,
	HISTORY,
	SPACE_KIND,
	type Genesis,
	type History,
} from '#lib/protocol/content.ts';
import { KIND } from '#lib/protocol/entry.ts';
import type { RelayAddress } from '#lib/protocol/relay-address.ts';
import { err, ok, unwrap, type Result } from '#lib/util/result.ts';
import type { Ports, Self } from './ports.ts';
import { composeEntry } from './space/composing.ts';
import { newEpoch } from './space/epochs.ts';
import { openSpace } from './space/space.ts';
import type { Space, WriteError } from './space/space-face.ts';

const NOTHING = new Uint8Array(0);

/** A new space with this person as its only member; `channel` is the name of its first channel, if it has any. */
export async function foundSpace(
	ports: Ports,
	self: Self,
	kind: keyof typeof SPACE_KIND,
	name: string,
	channel: string | null,
	relays: readonly RelayAddress[],
	history: History = HISTORY.sinceJoined,
): Promise<Result<Space, WriteError>> {
	const { crypto, random } = ports;
	const seed = random.bytes(32);
	const secrets = epochSecrets(crypto, seed);
	const genesis = await composeGenesis(ports, self, secrets, {
		kind: KIND.genesis,
		spaceKind: SPACE_KIND[kind],
		name,
		history,
		spaceKey: random.bytes(32),
		founder: self.member,
	});
	const space = unwrap(await openSpace(ports, self, genesis.id));
	const maker = self.device.publicKey;
	const begun = await space.found({ maker, key: secrets.controlKey });
	if (!begun.ok) return begun;
	const received = await space.receive([genesis.packet]);
	if (!received.ok) return received;
	const epoch = await space.write(() =>
		newEpoch(ports, maker, space, EPOCH_REASON.start, relays, seed),
	);
	if (!epoch.ok) return epoch;
	if (channel === null) return ok(space);
	const { controlKey } = secrets;
	const sealing = { epoch: epochId(crypto, controlKey, maker), controlKey, recipients: [] };
	const written = await space.write(() =>
		Promise.resolve({ content: { kind: KIND.channel, name: channel }, sealing }),
	);
	return written.ok ? ok(space) : err(written.error);
}

async function composeGenesis(
	{ crypto, random, clock }: Ports,
	self: Self,
	secrets: ReturnType<typeof epochSecrets>,
	content: Genesis,
): Promise<Entry> {
	const entry = await composeEntry(
		{ crypto, random, device: self.device },
		{
			space: NOTHING,
			author: self.rootHash,
			seq: 0,
			prev: NOTHING,
			time: createLogicalClock(clock).next(),
			authorityHeads: [],
			feedHeads: [],
		},
		{
			epoch: epochId(crypto, secrets.controlKey, self.device.publicKey),
			controlKey: secrets.controlKey,
			recipients: [],
		},
		content,
	);
	return unwrap(await checkEntry(crypto, entry.packet));
}
