// Entries composed with real keys, opened by whom they are for, and by nobody who changed them.
import { beforeAll, describe, expect, it } from 'vitest';
import { checkEntry, entryId, signedContent, type Entry } from '#lib/crdt/check-entry.ts';
import { epochSecrets, epochId } from '#lib/crypto/epoch.ts';
import { composeEntry, type EntryPlace } from '#lib/messenger/space/composing.ts';
import { createKeyRing } from '#lib/messenger/space/key-ring.ts';
import { openContent, openMessage } from '#lib/messenger/space/opening.ts';
import type { Content } from '#lib/protocol/content.ts';
import { encodeHeader, KIND, type Header, type Packet } from '#lib/protocol/entry.ts';
import type { Bytes } from '#lib/util/bytes.ts';
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
	const maker = id(8);
	const epoch = epochId(crypto, secrets.controlKey, maker);
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
		ring.addControlKey({ maker, key: secrets.controlKey });
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
});
