// The keys that EPOCHs bring: what is taken, from whom, and what comes of the rest.
import { beforeAll, describe, expect, it } from 'vitest';
import { checkEntry, type Entry } from '#lib/crdt/check-entry.ts';
import { envelopeCommitment, epochId, epochSecrets, groupCommitment } from '#lib/crypto/epoch.ts';
import { tokenHash } from '#lib/mailbox/proofs.ts';
import { composeEntry } from '#lib/messenger/space/composing.ts';
import { takeEpochKeys } from '#lib/messenger/space/epoch-keys.ts';
import { grantForJoiner } from '#lib/messenger/space/epochs.ts';
import {
	controlKeyOnly,
	createKeyRing,
	decodeEpochKeys,
	encodeEpochKeys,
	type KeyRing,
} from '#lib/messenger/space/key-ring.ts';
import { openContent } from '#lib/messenger/space/opening.ts';
import { EPOCH_REASON, type Epoch } from '#lib/protocol/content.ts';
import { KIND, type Packet } from '#lib/protocol/entry.ts';
import { encodeEpochBox, type EpochBox, type Grant } from '#lib/protocol/lobby.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { createDevices, crypto, type Device } from '../../support/devices.ts';

const id = (n: number): Bytes => new Uint8Array(32).fill(n);
const { random } = createDevices(5);

describe('an EPOCH', () => {
	let alice: Device;
	let bob: Device;
	let carol: Device;
	const before = epochSecrets(crypto, random.bytes(32));
	const earlier = { maker: id(5), key: before.controlKey };
	const seed = random.bytes(32);
	const secrets = epochSecrets(crypto, seed);
	const ownerSeed = id(6);
	const token = id(7);
	const box: EpochBox = { seed, token, ownerSeed };
	let maker: Bytes;
	let name: Bytes;
	let content: Epoch;
	let grant: Grant;

	beforeAll(async () => {
		const world = createDevices(3);
		[alice, bob, carol] = [
			await world.device('Alice'),
			await world.device('Bob'),
			await world.device('Carol'),
		];
		maker = alice.self.device.publicKey;
		name = epochId(crypto, secrets.controlKey, maker);
		grant = { ...secrets, maker, token, ownerSeed };
		content = {
			kind: KIND.epoch,
			reason: EPOCH_REASON.age,
			earlierControlKeys: [earlier],
			recipients: [
				{ device: bob.self.device.publicKey, tokenHash: await tokenHash(crypto, token) },
				{ device: carol.self.device.publicKey, tokenHash: await tokenHash(crypto, id(8)) },
			],
			writeKey: (await crypto.signingKey(secrets.writeSeed)).publicKey,
			ownerKey: (await crypto.signingKey(ownerSeed)).publicKey,
			groupCommitment: groupCommitment(crypto, secrets.groupKey),
			envelopeCommitment: envelopeCommitment(crypto, secrets.envelopeKey),
			relays: [],
			ttl: 60,
		};
	});

	/** With this in the box for Bob. */
	const wrapping = (granted: Bytes, by = alice, epoch = name): Promise<Entry> =>
		composeEntry(
			{ ...by.ports, device: by.self.device },
			{
				space: id(1),
				author: by.self.rootHash,
				seq: 3,
				prev: id(2),
				time: { ms: 1000, counter: 0 },
				authorityHeads: [id(4)],
				feedHeads: [],
			},
			{
				epoch,
				controlKey: secrets.controlKey,
				recipients: [{ publicKey: bob.self.member.prekey.publicKey, secret: granted }],
			},
			content,
		);

	const take = async (ring: KeyRing, by: Device, entry: Entry, isKnown = true): Promise<string> => {
		const own = by.self.device.publicKey;
		const { prekeys } = by.self;
		await takeEpochKeys({ crypto, prekeys, ring, own, isKnown: () => isKnown }, entry);
		return (await openContent(crypto, prekeys, ring, entry)).type;
	};

	it('[EP4] [EP5] brings its recipients its keys and those of the ones before, and nobody else', async () => {
		const entry = await wrapping(encodeEpochBox(box));
		const [his, hers] = [createKeyRing(crypto), createKeyRing(crypto)];
		expect(await take(his, bob, entry)).toBe('opened');
		const { token: _, ...shared } = grant;
		expect(his.get(name)).toMatchObject({ maker, grant: shared, tokens: [token], proven: true });
		expect(his.get(epochId(crypto, earlier.key, earlier.maker))).toMatchObject({
			controlKey: before.controlKey,
			grant: null,
		});
		expect(await take(hers, carol, entry)).toBe('sealed');
		expect(hers.get(name)).toBeUndefined();
	});

	it('[EP8] keeps nothing of it before it is placed, and its own keys alone then', async () => {
		const ring = createKeyRing(crypto);
		await take(ring, bob, await wrapping(encodeEpochBox(box)));
		expect(ring.all()).toEqual([]);
		expect(ring.changed()).toEqual([]);
		ring.keep(name);
		expect(ring.all().map((keys) => toHex(keys.id))).toEqual([toHex(name)]);
		expect(ring.changed()).toHaveLength(1);
		expect(ring.changed()).toHaveLength(0);
	});

	it('[EP7] gives nothing but what it commits to: any other key in the box is as good as none', async () => {
		for (const change of [{ ownerSeed: id(9) }, { token: id(8) }, { token: id(9) }]) {
			const ring = createKeyRing(crypto);
			const entry = await wrapping(encodeEpochBox({ ...box, ...change }));
			// The control key is right, so that the log can go on; everything else is not there.
			expect(await take(ring, bob, entry)).toBe('opened');
			expect(ring.get(name)).toMatchObject({ grant: null, tokens: [], proven: false });
		}
		const strange = encodeEpochBox({ ...box, seed: random.bytes(32) });
		for (const each of [strange, id(1), new Uint8Array(0)]) {
			const ring = createKeyRing(crypto);
			expect(await take(ring, bob, await wrapping(each))).toBe('sealed');
			expect(ring.get(name)).toBeUndefined();
		}
		// Without the owner key, as for members.
		const ring = createKeyRing(crypto);
		await take(ring, bob, await wrapping(encodeEpochBox({ ...box, ownerSeed: null })));
		expect(ring.get(name)?.proven).toBe(true);
	});

	it('[EP7] shows what came by itself for what it is, and takes the true keys instead', async () => {
		const strange = epochSecrets(crypto, random.bytes(32));
		const wrong: Partial<Grant>[] = [
			{ groupKey: strange.groupKey },
			{ envelopeKey: strange.envelopeKey },
			{ writeSeed: strange.writeSeed, step: 1 },
			{ ownerSeed: id(9) },
		];
		for (const change of wrong) {
			const ring = createKeyRing(crypto);
			ring.addGrant({ ...grant, ...change, token: id(8) });
			expect(ring.get(name)?.proven).toBe(false);
			await take(ring, bob, await wrapping(encodeEpochBox(box)));
			expect(ring.get(name)).toMatchObject({ proven: true, tokens: [token] });
			expect(ring.get(name)?.grant).toMatchObject(secrets);
		}
		const ring = createKeyRing(crypto);
		ring.addGrant({ ...grantForJoiner(crypto, grant, 3, false), token: id(8) });
		await take(ring, bob, await wrapping(id(1)));
		expect(ring.get(name)).toMatchObject({ proven: true, tokens: [id(8)] });
	});

	it('[EP4] has a name that no other device can use, whoever knows its keys', async () => {
		const ring = createKeyRing(crypto);
		ring.addControlKey({ maker, key: secrets.controlKey });
		const stolen = await wrapping(encodeEpochBox(box), carol);
		expect(await take(ring, bob, stolen)).toBe('unreadable');
		expect(ring.get(name)?.grant).toBeNull();
	});

	it('[EP9] carries its boxes under its signature: with others it is refused', async () => {
		const entry = await wrapping(encodeEpochBox(box));
		const other = await wrapping(encodeEpochBox({ ...box, token: id(8) }));
		const typeOf = async (packet: Packet): Promise<string> => {
			const checked = await checkEntry(crypto, packet);
			return checked.ok ? 'ok' : checked.error.type;
		};
		expect(await typeOf(entry.packet)).toBe('ok');
		expect(await typeOf({ ...entry.packet, wraps: other.packet.wraps })).toBe('bad-wraps');
		const { wraps } = entry.packet;
		if (wraps === null) throw new Error('no wraps');
		expect(await typeOf({ ...entry.packet, wraps: { ...wraps, boxes: [] } })).toBe('bad-wraps');
		// Without them it waits for whoever has it whole, even where its key is known.
		const bare = { ...entry, packet: { ...entry.packet, wraps: null } };
		expect(await typeOf(bare.packet)).toBe('ok');
		const ring = createKeyRing(crypto);
		ring.addControlKey({ maker, key: secrets.controlKey });
		expect(await take(ring, bob, bare)).toBe('sealed');
	});
});

describe('a key ring', () => {
	const secrets = epochSecrets(crypto, random.bytes(32));
	const maker = id(4);
	const key = { maker, key: secrets.controlKey };
	const stored = (ring: KeyRing) =>
		ring.changed().map(([at, keys]) => {
			const read = decodeEpochKeys(encodeEpochKeys(keys));
			if (read === undefined) throw new Error('unreadable');
			return [at, read] as const;
		});

	it('[EP4] keeps what was granted first, and every token', () => {
		const ring = createKeyRing(crypto);
		const first = { ...secrets, maker, token: id(1), ownerSeed: null };
		expect(ring.addGrant(first)).toBe(true);
		expect(ring.addGrant(first)).toBe(false);
		expect(ring.addGrant({ ...first, step: 4, token: id(2) })).toBe(true);
		expect(ring.addControlKey(key)).toBe(false);
		const kept = ring.get(epochId(crypto, secrets.controlKey, maker));
		expect(kept?.grant?.step).toBe(0);
		expect(kept?.tokens).toEqual([id(1), id(2)]);
	});

	it('[EP15] lets go of the secrets of an epoch for good, and keeps what somebody can be met with', () => {
		const ring = createKeyRing(crypto);
		const grant = { ...secrets, maker, token: id(1), ownerSeed: id(3) };
		const name = epochId(crypto, secrets.controlKey, maker);
		ring.addGrant(grant);
		ring.prove(name, true);
		ring.end(name, false);
		for (const each of [ring, createKeyRing(crypto, stored(ring))]) {
			const found = each.get(name);
			if (found === undefined) throw new Error('its control key stays');
			const row = Buffer.from(encodeEpochKeys(found)).toString('hex');
			for (const gone of [secrets.groupKey, secrets.envelopeKey, id(3)]) {
				expect(row).not.toContain(toHex(gone));
			}
			expect(each.get(name)?.ended?.meeting?.writeSeed).toEqual(secrets.writeSeed);
			expect(each.get(name)?.tokens).toEqual([id(1)]);
			// Whoever brings them again brings nothing.
			expect(each.addGrant({ ...grant, token: id(2) })).toBe(false);
			expect(each.get(name)?.grant).toBeNull();
		}
		ring.end(name, true);
		expect(ring.get(name)).toMatchObject({ proven: true, tokens: [], ended: { meeting: null } });
		expect(ring.get(name)?.controlKey).toEqual(secrets.controlKey);
	});

	it('[EP4] takes a grant for an epoch whose control key it had', () => {
		const ring = createKeyRing(crypto);
		expect(ring.addControlKey(key)).toBe(true);
		expect(ring.addGrant({ ...secrets, maker, token: id(1), ownerSeed: id(3) })).toBe(true);
		expect(ring.all()).toHaveLength(1);
		expect(ring.all()[0]?.grant?.ownerSeed).toEqual(id(3));
		const rows = stored(ring);
		const back = createKeyRing(crypto, rows);
		expect(back.all()).toEqual(ring.all());
		// What comes later goes beside it, and changes it in its place.
		back.addControlKey({ maker: id(9), key: secrets.controlKey });
		back.prove(epochId(crypto, secrets.controlKey, maker), true);
		expect(
			back
				.changed()
				.map(([at]) => at)
				.sort(),
		).toEqual([0, 1]);
	});

	it('[EP8] holds 4,096 keys aside, and who brings most loses the oldest of theirs', () => {
		const ring = createKeyRing(crypto);
		const keyOf = (n: number) => {
			const bytes = random.bytes(32);
			new DataView(bytes.buffer).setUint32(0, n);
			return controlKeyOnly(crypto, { maker, key: bytes });
		};
		const [one, greedy] = [keyOf(1), Array.from({ length: 5000 }, (_, n) => keyOf(n + 2))];
		ring.setAside('honest', one);
		for (const each of greedy) ring.setAside('greedy', each);
		expect(ring.get(one.id)).toBeDefined();
		const left = greedy.filter(({ id: name }) => ring.get(name) !== undefined);
		expect(left).toHaveLength(4095);
		expect(left.at(-1)).toBe(greedy.at(-1));
		expect(ring.all()).toEqual([]);
		expect(ring.arrived()).toHaveLength(5001);
		expect(ring.arrived()).toEqual([]);
	});

	it('[EP6] gives a joiner the group key of its step and nothing to go back by', () => {
		const grant = { ...secrets, maker, token: id(1), ownerSeed: id(2) };
		const later = grantForJoiner(crypto, grant, 3, false);
		expect(later.step).toBe(3);
		expect(later.ownerSeed).toBeNull();
		expect(toHex(later.groupKey)).not.toBe(toHex(grant.groupKey));
		const inSteps = grantForJoiner(crypto, later, 5, true);
		expect(inSteps.groupKey).toEqual(grantForJoiner(crypto, grant, 5, true).groupKey);
		expect(grantForJoiner(crypto, grant, 0, true)).toMatchObject({
			groupKey: grant.groupKey,
			ownerSeed: id(2),
		});
	});
});
