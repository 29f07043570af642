// Entries composed with real keys, opened by whom they are for, and by nobody who changed them.
import { beforeAll, describe, expect, it } from 'vitest';
import { checkEntry, entryId, signedContent, type Entry } from '#lib/crdt/check-entry.ts';
import { epochSecrets, epochId } from '#lib/crypto/epoch.ts';
import { composeEntry, type EntryPlace } from '#lib/messenger/space/composing.ts';
import { grantForJoiner } from '#lib/messenger/space/epochs.ts';
import { createKeyRing, decodeKeyRing, encodeKeyRing } from '#lib/messenger/space/key-ring.ts';
import { openContent, openMessage } from '#lib/messenger/space/opening.ts';
import { EPOCH_REASON, type Content } from '#lib/protocol/content.ts';
import { encodeHeader, KIND, type Header, type Packet } from '#lib/protocol/entry.ts';
import { encodeEpochBox } from '#lib/protocol/lobby.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';
import { createDevices, crypto, type Device } from '../../support/devices.ts';

const id = (n: number): Bytes => new Uint8Array(32).fill(n);
const flip = (bytes: Bytes, at = 0): Bytes => {
	const changed = bytes.slice();
	changed[at] = (changed[at] ?? 0) ^ 1;
	return changed;
};

describe('an entry', () => {
	let alice: Device;
	let bob: Device;
	let carol: Device;
	const secrets = epochSecrets(crypto, createDevices(3).random.bytes(32));
	const epoch = epochId(crypto, secrets.controlKey);
	const message: Content = { kind: KIND.message, channel: id(9), text: 'Hello', replyTo: null };
	const channel: Content = { kind: KIND.channel, name: 'general' };

	beforeAll(async () => {
		const world = createDevices(3);
		[alice, bob, carol] = [
			await world.device('Alice'),
			await world.device('Bob'),
			await world.device('Carol'),
		];
	});

	const place = (): EntryPlace => ({
		space: id(1),
		author: alice.self.rootHash,
		seq: 3,
		prev: id(2),
		time: { ms: 1000, counter: 0 },
		authorityHeads: [id(4)],
		feedHeads: [],
	});
	const compose = (content: Content, ...to: readonly Device[]): Promise<Entry> =>
		composeEntry(
			{ ...alice.ports, device: alice.self.device },
			place(),
			{
				epoch,
				controlKey: secrets.controlKey,
				recipients: to.map(({ self }) => ({
					publicKey: self.member.prekey.publicKey,
					secret: null,
				})),
			},
			content,
		);
	const errorOf = async (packet: Packet): Promise<string> => {
		const checked = await checkEntry(crypto, packet);
		return checked.ok ? 'none' : checked.error.type;
	};
	const opened = async (entry: Entry, by: Device): Promise<string> => {
		const result = await openMessage(crypto, by.self.prekeys, entry);
		return result.type === 'opened' ? result.value.message.text : result.type;
	};
	/** The same entry with another header, signed as well as the first. */
	const resigned = async (entry: Entry, changes: Partial<Header>): Promise<Entry> => {
		const header = encodeHeader({ ...entry.header, ...changes });
		const signature = await alice.self.device.sign(signedContent(header));
		return unwrap(await checkEntry(crypto, { ...entry.packet, header, signature }));
	};

	it('[EN5] [FD6] [FD7] is whole, signed by its device, and named by its header', async () => {
		const entry = await compose(message, bob);
		const checked = unwrap(await checkEntry(crypto, entry.packet));
		expect(checked).toEqual(entry);
		expect(checked.id).toEqual(entryId(crypto, entry.packet.header));
		expect(checked.header).toMatchObject({ ...place(), kind: KIND.message });
		const elsewhere = { ...entry.packet, signature: flip(entry.packet.signature) };
		expect(await errorOf(elsewhere)).toBe('bad-signature');
		const other = await compose(message, bob);
		expect(other.key).not.toBe(entry.key);
	});

	it('[FD6] may be without its body, but not with another', async () => {
		const entry = await compose(message, bob);
		const { packet } = entry;
		const { body } = packet;
		if (body === null) throw new Error('no body');
		expect(await errorOf({ ...packet, body: null })).toBe('none');
		for (let at = 0; at < body.length; at += 7) {
			expect(await errorOf({ ...packet, body: flip(body, at) })).toBe('bad-body');
		}
		expect(await errorOf({ ...packet, body: body.slice(1) })).toBe('bad-body');
		const header = encodeHeader({ ...entry.header, bodyLength: body.length + 1 });
		const signature = await alice.self.device.sign(signedContent(header));
		expect(await errorOf({ ...packet, header, signature })).toBe('bad-body');
		expect(await errorOf({ ...packet, body: new Uint8Array([...body, 0]) })).toBe('bad-body');
	});

	it('[FD7] with any byte of its header changed is not that device’s', async () => {
		const { packet } = await compose(message, bob);
		for (let at = 0; at < packet.header.length; at += 5) {
			const error = await errorOf({ ...packet, header: flip(packet.header, at) });
			expect(['bad-header', 'bad-signature', 'bad-body']).toContain(error);
		}
		const signature = await bob.self.device.sign(signedContent(packet.header));
		expect(await errorOf({ ...packet, signature })).toBe('bad-signature');
	});

	it('[KY12] opens for those it was wrapped for, and nobody else', async () => {
		const entry = await compose(message, bob, carol);
		expect(entry.packet.wraps?.boxes).toHaveLength(2);
		expect(await opened(entry, bob)).toBe('Hello');
		expect(await opened(entry, carol)).toBe('Hello');
		expect(await opened(entry, alice)).toBe('sealed');
		const forBob = await compose(message, bob);
		expect(await opened(forBob, carol)).toBe('sealed');
		expect(await opened({ ...entry, packet: { ...entry.packet, wraps: null } }, bob)).toBe(
			'sealed',
		);
		expect(await opened({ ...entry, packet: forBob.packet }, carol)).toBe('sealed');
	});

	it('[KY11] is refused if the key is not the one that its header committed to', async () => {
		const entry = await compose(message, bob);
		const other = await compose({ ...message, text: 'Something else' }, bob);
		const disguised = await resigned(entry, { commitment: other.header.commitment });
		expect(await opened(disguised, bob)).toBe('unreadable');
		// Other wraps on a true entry open nothing either.
		const { wraps } = other.packet;
		expect(await opened({ ...entry, packet: { ...entry.packet, wraps } }, bob)).toBe('unreadable');
	});

	it('[CT1] is unreadable as another kind than it was written as', async () => {
		const entry = await compose(message, bob);
		const renamed = await resigned(entry, { kind: 33 });
		expect(await opened(renamed, bob)).toBe('unreadable');
		const asMessage = await resigned(await compose(channel), { kind: KIND.message });
		expect(await opened(asMessage, bob)).toBe('sealed');
	});

	it('[KY13] opens for everybody with the epoch’s control key, if it is a control entry', async () => {
		const entry = await compose(channel);
		const ring = createKeyRing(crypto);
		const read = (what: Entry) => openContent(crypto, bob.self.prekeys, ring, what);
		expect(await read(entry)).toEqual({ type: 'sealed' });
		ring.addControlKey(secrets.controlKey);
		expect(await read(entry)).toEqual({ type: 'opened', value: channel });
		expect(entry.packet.wraps).toBeNull();
		expect(await read({ ...entry, packet: { ...entry.packet, body: null } })).toEqual({
			type: 'sealed',
		});
		const { key } = entry.header;
		if (key.mode !== 'control') throw new Error('a control entry');
		const salted = await resigned(entry, { key: { ...key, salt: flip(key.salt) } });
		expect(await read(salted)).toEqual({ type: 'unreadable' });
		const direct = await resigned(entry, { key: { mode: 'direct', epoch } });
		expect(await read(direct)).toEqual({ type: 'unreadable' });
	});

	it('[EP4] [EP5] brings its recipients the keys of its epoch, and of those before', async () => {
		const seed = alice.ports.random.bytes(32);
		const next = epochSecrets(crypto, seed);
		const nextId = epochId(crypto, next.controlKey);
		const content: Content = {
			kind: KIND.epoch,
			reason: EPOCH_REASON.age,
			earlierControlKeys: [secrets.controlKey],
			recipients: [],
			mailbox: id(1),
			writeKey: id(2),
			ownerKey: id(3),
			relays: [],
			ttl: 60,
		};
		const wrapping = (granted: Bytes) =>
			composeEntry(
				{ ...alice.ports, device: alice.self.device },
				place(),
				{
					epoch: nextId,
					controlKey: next.controlKey,
					recipients: [{ publicKey: bob.self.member.prekey.publicKey, secret: granted }],
				},
				content,
			);
		const entry = await wrapping(encodeEpochBox({ seed, token: id(7), ownerSeed: null }));
		const [his, hers] = [createKeyRing(crypto), createKeyRing(crypto)];
		expect(await openContent(crypto, bob.self.prekeys, his, entry)).toEqual({
			type: 'opened',
			value: content,
		});
		expect(his.get(nextId)).toEqual({
			id: nextId,
			controlKey: next.controlKey,
			grant: { ...next, token: id(7), ownerSeed: null },
			tokens: [id(7)],
		});
		expect(his.get(epoch)?.controlKey).toEqual(secrets.controlKey);
		expect(his.get(epoch)?.grant).toBeNull();
		expect(await openContent(crypto, carol.self.prekeys, hers, entry)).toEqual({ type: 'sealed' });
		expect(hers.all()).toEqual([]);

		// Keys that don't belong to the epoch's name, and what is no grant, are left alone.
		const strange = { seed: alice.ports.random.bytes(32), token: id(7), ownerSeed: null };
		for (const granted of [encodeEpochBox(strange), id(1), new Uint8Array(0)]) {
			const ring = createKeyRing(crypto);
			await openContent(crypto, bob.self.prekeys, ring, await wrapping(granted));
			expect(ring.all()).toEqual([]);
		}
	});
});

describe('a key ring', () => {
	const { random } = createDevices(5);
	const secrets = epochSecrets(crypto, random.bytes(32));

	it('[EP4] keeps what was granted first, and every token', () => {
		const ring = createKeyRing(crypto);
		const first = { ...secrets, token: id(1), ownerSeed: null };
		expect(ring.addGrant(first)).toBe(true);
		expect(ring.addGrant(first)).toBe(false);
		expect(ring.addGrant({ ...first, step: 4, token: id(2) })).toBe(true);
		expect(ring.addControlKey(secrets.controlKey)).toBe(false);
		const kept = ring.get(epochId(crypto, secrets.controlKey));
		expect(kept?.grant).toEqual(first);
		expect(kept?.tokens).toEqual([id(1), id(2)]);
	});

	it('[EP4] takes a grant for an epoch whose control key it had', () => {
		const ring = createKeyRing(crypto);
		expect(ring.addControlKey(secrets.controlKey)).toBe(true);
		expect(ring.addGrant({ ...secrets, token: id(1), ownerSeed: id(3) })).toBe(true);
		expect(ring.all()).toHaveLength(1);
		expect(ring.all()[0]?.grant?.ownerSeed).toEqual(id(3));
		expect(decodeKeyRing(encodeKeyRing(ring))).toEqual(ring.all());
	});

	it('[EP6] gives a joiner the group key of its step and nothing to go back by', () => {
		const grant = { ...secrets, token: id(1), ownerSeed: id(2) };
		const later = grantForJoiner(crypto, grant, 3, false);
		expect(later.step).toBe(3);
		expect(later.ownerSeed).toBeNull();
		expect(toHex(later.groupKey)).not.toBe(toHex(grant.groupKey));
		expect('token' in later).toBe(false);
		const inSteps = grantForJoiner(crypto, { ...later, token: id(1) }, 5, true);
		expect(inSteps.groupKey).toEqual(grantForJoiner(crypto, grant, 5, true).groupKey);
		expect(grantForJoiner(crypto, grant, 0, true)).toMatchObject({
			groupKey: grant.groupKey,
			ownerSeed: id(2),
		});
	});
});
