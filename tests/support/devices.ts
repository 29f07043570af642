// Devices of people with real keys, stores and spaces, and nothing between them: a test carries what it likes from one
// to the other.
import { createIdentity } from '#lib/crypto/identity.ts';
import { createSyncBulkCrypto } from '#lib/crypto/bulk.ts';
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import { tokenHash } from '#lib/mailbox/proofs.ts';
import { foundSpace } from '#lib/messenger/founding.ts';
import { inviteKeyOf } from '#lib/messenger/joining/invitations.ts';
import type { Ports, SelfInSpace } from '#lib/messenger/ports.ts';
import { createSelvesInSpaces } from '#lib/messenger/self-in-space.ts';
import { createRootSigner } from '#lib/messenger/root-signer.ts';
import { controlKeys, grantForJoiner, newEpoch } from '#lib/messenger/space/epochs.ts';
import { sharesPast } from '#lib/messenger/space/history-policy.ts';
import { openSpace } from '#lib/messenger/space/space.ts';
import type { Space, SpaceChange } from '#lib/messenger/space/space-face.ts';
import { EPOCH_REASON, type Content, type History } from '#lib/protocol/content.ts';
import { compareTime, isControl, KIND, type Packet } from '#lib/protocol/entry.ts';
import type { Entry } from '#lib/crdt/check-entry.ts';
import { joinProofContent } from '#lib/protocol/lobby.ts';
import { createSeededRandom, type SeededRandom } from '#lib/simulation/random.ts';
import { createMemoryContent, type MemoryContent } from '#lib/storage/memory-content.ts';
import type { KeyValueStore } from '#lib/ports/store.ts';
import { createMemoryDisk, type MemoryDisk } from '#lib/storage/memory.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';

export const crypto = createSyncCryptoProvider();

export interface Device {
	readonly name: string;
	readonly rootSeed: Bytes;
	readonly self: SelfInSpace;
	readonly ports: Ports;
	readonly disk: MemoryDisk;
	readonly content: MemoryContent;
	readonly key: string;
	/** Opened by `found` or `join`. */
	space: Space;
	/** What the space told, in order. */
	readonly changes: SpaceChange[];
}

export interface Devices {
	readonly clock: ManualClock;
	readonly random: SeededRandom;
	/** `ahead`: how far the device's own clock is ahead of the others', in ms; may be changed later. */
	device(name: string, ahead?: { ms: number }): Promise<Device>;
	/** A fresh device of the same person. */
	anotherOf(device: Device): Promise<Device>;
}

const nowhere = (): never => {
	throw new Error('nothing is connected here');
};

/** `seal`: what lies on their disks is sealed, as on real devices. */
export function createDevices(
	seed: number,
	seal = (store: KeyValueStore): KeyValueStore => store,
): Devices {
	const random = createSeededRandom(seed);
	const clock = createManualClock();
	async function make(name: string, ahead: { ms: number }, rootSeed?: Bytes): Promise<Device> {
		const own = random.fork();
		const made = await createIdentity(crypto, own, clock, name, 'phone', rootSeed);
		const { secrets, rootHash, member } = made;
		const disk = createMemoryDisk();
		const content = createMemoryContent();
		const base = {
			name,
			deviceName: 'phone',
			rootHash,
			device: await crypto.signingKey(secrets.deviceSeed),
			prekeys: [],
			member,
			root: await createRootSigner(crypto, secrets.rootSeed),
			former: [],
		};
		const ports: Ports = {
			clock: { ...clock, now: () => clock.now() + ahead.ms },
			random: own,
			crypto,
			store: seal(disk.open()),
			content: content.open(),
			bulkCrypto: () => Promise.resolve(createSyncBulkCrypto()),
			relayDialer: { dial: nowhere },
			directDialer: nowhere,
		};
		const founder = await createSelvesInSpaces(ports, base).founder();
		const device: Device = {
			name,
			rootSeed: secrets.rootSeed,
			self: founder.self,
			ports,
			disk,
			content,
			key: toHex(member.certificate.deviceKey),
			get space(): Space {
				throw new Error(`${name} is in no space`);
			},
			set space(space: Space) {
				Object.defineProperty(device, 'space', { value: space, writable: true });
			},
			changes: [],
		};
		return device;
	}

	return {
		clock,
		random,
		device: (name, ahead = { ms: 0 }) => make(name, ahead),
		anotherOf: ({ name, rootSeed }) => make(name, { ms: 0 }, rootSeed),
	};
}

export async function found(device: Device, history?: History): Promise<void> {
	const { ports, self } = device;
	use(
		device,
		unwrap(await foundSpace(ports, self, 'community', 'Friends', 'general', [], history)),
	);
}

function use(device: Device, space: Space): void {
	device.space = space;
	space.onChange = (change) => device.changes.push(change);
}

/** Opens the space anew from what the device has stored. */
export async function reopen(device: Device): Promise<void> {
	use(device, unwrap(await openSpace(device.ports, device.self, device.space.id)));
}

/** Writes as the space's node does: messages for every other member's device, control entries for all. */
export async function write(device: Device, content: Content): Promise<Entry> {
	return unwrap(await tryWrite(device, content));
}

export function tryWrite(device: Device, content: Content): ReturnType<Space['write']> {
	const { authority } = device.space.ledger;
	const keys = authority.epoch && device.space.ring.get(authority.epoch.id);
	if (authority.epoch === null || !keys) throw new Error(`${device.name} has no epoch`);
	const recipients = isControl(content.kind)
		? []
		: [...authority.devices.values()]
				.filter((each) => each.active && toHex(each.device) !== device.key)
				.map((each) => ({
					publicKey: device.space.prekeys.of(each).publicKey,
					secret: null,
				}));
	const sealing = { epoch: authority.epoch.id, controlKey: keys.controlKey, recipients };
	return device.space.write(() => Promise.resolve({ content, sealing }));
}

export const channelOf = (device: Device): Bytes => {
	const [channel] = device.space.ledger.authority.channels;
	if (channel === undefined) throw new Error(`${device.name} sees no channel`);
	return channel.id;
};

export const say = (device: Device, text: string): Promise<Entry> =>
	write(device, { kind: KIND.message, channel: channelOf(device), text, replyTo: null });

export const startEpoch = async (device: Device): Promise<Entry> =>
	unwrap(
		await device.space.write(() =>
			newEpoch(device.ports, device.self.device.publicKey, device.space, EPOCH_REASON.removal, []),
		),
	);

export interface Invited {
	readonly entry: Entry;
	readonly seed: Bytes;
}

export async function invite(device: Device, uses = 25): Promise<Invited> {
	const seed = device.ports.random.bytes(32);
	const { publicKey } = await inviteKeyOf(crypto, seed);
	const entry = await write(device, {
		kind: KIND.invite,
		inviteKey: publicKey,
		uses,
		expiry: 0,
		role: 0,
		lobbySecret: device.ports.random.bytes(32),
		relays: [],
	});
	return { entry, seed };
}

export async function proofFor(
	invited: Invited,
	space: Bytes,
	{ self }: Pick<Device, 'self'>,
): Promise<Bytes> {
	const key = await inviteKeyOf(crypto, invited.seed);
	return key.sign(joinProofContent(crypto, space, self.rootHash, self.member));
}

/** A member lets a newcomer in; what is handed over is the newcomer's to open. */
export async function admit(member: Device, invited: Invited, newcomer: Device): Promise<Entry> {
	const { space } = member;
	const { epoch } = space.ledger.authorityAt(member.ports.clock.now());
	const keys = epoch && space.ring.get(epoch.id);
	if (epoch === null || !keys?.grant) throw new Error(`${member.name} has no grant`);
	const bases = [...space.ledger.feeds.values()]
		.filter((feed) => feed.seq >= 0 && !sharesPast(space.ledger.authority))
		.map((feed) => ({ feed: feed.device, seq: feed.seq, id: feed.head }));
	const token = newcomer.ports.random.bytes(32);
	const entry = await write(member, {
		kind: KIND.admit,
		invite: invited.entry.id,
		proof: await proofFor(invited, space.id, newcomer),
		member: newcomer.self.member,
		tokenHash: await tokenHash(crypto, token),
		epoch: epoch.id,
		step: 1,
	});
	use(newcomer, unwrap(await openSpace(newcomer.ports, newcomer.self, space.id)));
	const grant = { ...grantForJoiner(crypto, keys.grant, 1, false), token };
	unwrap(await newcomer.space.admit(grant, controlKeys(space, space.ledger.control), bases));
	await carry(controlOf(member), newcomer);
	return entry;
}

/** The authority log, oldest first. */
export const controlOf = ({ space }: Device): Packet[] =>
	[...space.ledger.control.values()]
		.map(({ entry }) => entry)
		.sort((a, b) => compareTime(a.header.time, b.header.time))
		.map(({ packet }) => packet);

/** Everything a device keeps: the authority log, then feed by feed. */
export async function everythingOf(device: Device): Promise<Packet[]> {
	const packets = controlOf(device);
	for (const feed of device.space.ledger.feeds.values()) {
		packets.push(...(await device.space.kept.packets(feed.device, 0, 100_000, 100_000)));
	}
	return packets;
}

export const carry = async (packets: readonly Packet[], to: Device) =>
	unwrap(await to.space.receive(packets));

/** Until both hold the same. */
export async function level(...devices: readonly Device[]): Promise<void> {
	for (let round = 0; round < 3; round++) {
		for (const from of devices) {
			const packets = await everythingOf(from);
			for (const to of devices) if (to !== from) await carry(packets, to);
		}
	}
}

export async function textsOf(device: Device): Promise<string[]> {
	const log = device.space.log(channelOf(device));
	const texts: string[] = [];
	for (let n = 0; n < (await log.stretches()); n++) {
		texts.push(...(await log.read(n)).map(({ text }) => text));
	}
	return texts;
}

/** Something that a member may write, without anybody who could come by it. */
export const anInvitation = {
	kind: KIND.invite,
	inviteKey: new Uint8Array(32),
	uses: 1,
	expiry: 0,
	role: 0,
	lobbySecret: new Uint8Array(32),
	relays: [],
} as const;
