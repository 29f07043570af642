// Packets that contradict themselves: headers that say what no header says, bodies of other entries, signatures that are
// not the named device's. All but the signatures are Bob's own and true. [HO2]
import { ed25519 } from '@noble/curves/ed25519.js';
import { signedContent, type Entry } from '#lib/crdt/check-entry.ts';
import { encodeHeader, KIND, type Header, type Packet } from '#lib/protocol/entry.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { encodeAny } from '../any-cbor.ts';
import { channelOf, type Device } from '../devices.ts';
import { join, one, type HostileCase } from './case.ts';
import { carrying } from './deliver.ts';
import { forge, signed } from './forge.ts';
import type { HostileWorld } from './world.ts';

const zeros = (length: number): Bytes => new Uint8Array(length);
const many = (count: number): Bytes[] => Array.from({ length: count }, (_, n) => zeros(32).fill(n));

export const spoken = (by: Device, header: Partial<Header> = {}, words = 'Hm'): Promise<Entry> =>
	forge(by, {
		content: { kind: KIND.message, channel: channelOf(by), text: words, replyTo: null },
		header,
	});

/** A header that says this, signed by who it names. */
const heads = (name: string, header: Partial<Header>): HostileCase =>
	one('HO2', `a header ${name}`, 'bad-header', async (_, by) =>
		carrying(by, (await spoken(by, header)).packet),
	);

/** A header's bytes, changed and then signed. */
const spells = (name: string, change: (header: Bytes, by: Device) => Bytes): HostileCase =>
	one('HO2', `a header ${name}`, 'bad-header', async (_, by) => {
		const { header } = (await spoken(by)).packet;
		return carrying(by, await signed(change(header, by), by.self.device));
	});

/** A true packet of Bob's, changed afterwards. */
const changes = (
	name: string,
	reason: 'bad-header' | 'bad-body' | 'bad-signature',
	change: (packet: Packet, world: HostileWorld) => Packet | Promise<Packet>,
): HostileCase =>
	one('HO2', name, reason, async (world, by) =>
		carrying(by, await change((await spoken(by)).packet, world)),
	);

const flipped = (bytes: Bytes, at: number): Bytes => {
	const copy = bytes.slice();
	copy[at] = (copy[at] ?? 0) ^ 1;
	return copy;
};

/** The same signature with the group order added to S: a lax verifier takes it. */
export function malleated(signature: Bytes): Bytes {
	const order = ed25519.Point.Fn.ORDER;
	let s = 0n;
	for (const byte of signature.slice(32).reverse()) s = (s << 8n) | BigInt(byte);
	s += order;
	const copy = signature.slice();
	for (let n = 32; n < 64; n++, s >>= 8n) copy[n] = Number(s & 255n);
	return copy;
}

/** The point of order one as a key, and what it signs anything with. */
export const IDENTITY = zeros(32).fill(1, 0, 1);
export const signsAnything = join(IDENTITY, zeros(32));

const long =
	(item: Bytes, by: Bytes) =>
	(header: Bytes): Bytes =>
		join(by, header.subarray(item.length));

export const packets: readonly HostileCase[] = [
	spells('that is empty', () => zeros(0)),
	spells('with a byte after its end', (header) => join(header, zeros(1))),
	spells('cut short', (header) => header.slice(0, -1)),
	spells('whose length is spelled long', long(zeros(1), new Uint8Array([0x98, 18]))),
	spells('without an end', (header) => join([0x9f], header.subarray(1), [0xff])),
	spells('whose version is a float', (header) =>
		join([0x92, 0xfb, 0x3f, 0xf0], zeros(6), header.subarray(2)),
	),
	spells('whose version is spelled long', (header) => join([0x92, 0x18, 0x01], header.subarray(2))),
	spells('of the next version', (header) => join([0x92, 2], header.subarray(2))),
	spells('of another suite', (header) => join([0x92, 1, 2], header.subarray(3))),
	spells('of a field more', (header) => join([0x93], header.subarray(1), [0])),
	spells('that is a map', () => encodeAny({ version: 1, suite: 1 })),
	heads('of 17 authority heads', { authorityHeads: many(17) }),
	heads('of 9 feed heads', { feedHeads: many(9) }),
	heads('of a head of 31 bytes', { authorityHeads: [zeros(31)] }),
	heads('of an author of 33 bytes', { author: zeros(33) }),
	heads('of a device of 31 bytes', { device: zeros(31) }),
	heads('at the beginning that follows something', { seq: 0, prev: zeros(32) }),
	heads('in the middle that follows nothing', { seq: 1, prev: zeros(0) }),
	heads('below zero', { seq: -1 }),
	heads('at half a place', { seq: 1.5 }),
	heads('of a message in no space', { space: zeros(0) }),
	heads('of GENESIS in a space', { kind: KIND.genesis }),
	heads('of kind 256', { kind: 256 }),
	heads('beyond all times', { time: { ms: 2 ** 48 + 1, counter: 0 } }),
	heads('of a counter too high', { time: { ms: 1, counter: 65_536 } }),
	heads('of a body too long', { bodyLength: 15_601 }),
	heads('of a commitment of 16 bytes', { commitment: zeros(16) }),
	heads('of a key reference without salt', {
		key: { mode: 'control', epoch: zeros(16), salt: zeros(0) },
	}),
	heads('of an attachment too long', { attachmentRoot: zeros(32), attachmentLength: 2 ** 32 }),
	heads('of an attachment of a length between', {
		attachmentRoot: zeros(32),
		attachmentLength: 5000,
	}),
	heads('of an attachment without a root', { attachmentLength: 4096 }),
	heads('that never expires, later', { expiry: 2 ** 48 + 1 }),
	changes('a body of which one bit is other', 'bad-body', (packet) => ({
		...packet,
		body: flipped(packet.body ?? zeros(1), 5),
	})),
	changes('a body longer than any message has', 'bad-body', (packet) => ({
		...packet,
		body: zeros(15_601),
	})),
	changes('33 wraps of a message', 'bad-body', (packet) => ({
		...packet,
		wraps: {
			ephemeral: zeros(32),
			boxes: Array.from({ length: 33 }, () => ({ prekeyId: zeros(8), box: zeros(48) })),
		},
	})),
	changes('a body cut short', 'bad-body', (packet) => ({
		...packet,
		body: packet.body?.slice(1) ?? null,
	})),
	changes('an empty body', 'bad-body', (packet) => ({ ...packet, body: zeros(0) })),
	changes('the body of another entry', 'bad-body', (packet, { hers }) => ({
		...packet,
		body: hers.packet.body,
	})),
	one('HO2', 'a body of another length than the header says', 'bad-body', async (_, by) =>
		carrying(by, (await spoken(by, { bodyLength: 3 })).packet),
	),
	changes('no signature', 'bad-signature', (packet) => ({ ...packet, signature: zeros(64) })),
	changes('the signature of another entry', 'bad-signature', (packet, { his }) => ({
		...packet,
		signature: his.packet.signature,
	})),
	changes('a signature of which one bit is other', 'bad-signature', (packet) => ({
		...packet,
		signature: flipped(packet.signature, 40),
	})),
	changes('a signature spelled otherwise', 'bad-signature', (packet) => ({
		...packet,
		signature: malleated(packet.signature),
	})),
	changes('a signature without its label', 'bad-signature', async (packet, { bob }) => ({
		...packet,
		signature: await bob.self.device.sign(packet.header),
	})),
	changes('a signature that is somebody else’s', 'bad-signature', async (packet, { pat }) => ({
		...packet,
		signature: await pat.self.device.sign(signedContent(packet.header)),
	})),
	changes('a header changed after it was signed', 'bad-signature', async (packet, { bob }) => ({
		...packet,
		header: (await spoken(bob, { expiry: 1 })).packet.header,
		body: null,
	})),
	one('HO2', 'words in Carol’s name and feed, signed by Bob', 'bad-signature', async (world, by) =>
		carrying(
			by,
			(
				await forge(world.carol, {
					content: { kind: KIND.message, channel: channelOf(by), text: 'I, Carol', replyTo: null },
					signer: by.self.device,
				})
			).packet,
		),
	),
	one('HO2', 'Carol’s LEAVE, signed by Bob', 'bad-signature', async (world, by) =>
		carrying(
			by,
			(await forge(world.carol, { content: { kind: KIND.leave }, signer: by.self.device })).packet,
		),
	),
	one('HO2', 'a device that is a point of small order', 'bad-signature', async (_, by) => {
		const { packet, header } = await spoken(by, { seq: 0, prev: zeros(0) });
		const encoded = encodeHeader({ ...header, device: IDENTITY });
		return carrying(by, { ...packet, header: encoded, signature: signsAnything });
	}),
];
