// Entries that are true from outside, by Powernodes and members, and hold what no entry of their kind holds. [HO3]
import { encodeContent, type Content } from '#lib/protocol/content.ts';
import { KIND, type Header } from '#lib/protocol/entry.ts';
import { SEALED_SIZE } from '#lib/protocol/moderation.ts';
import { utf8, type Bytes } from '#lib/util/bytes.ts';
import { encodeAny } from '../any-cbor.ts';
import { channelOf, type Device } from '../devices.ts';
import { join, one, type HostileCase } from './case.ts';
import { carrying } from './deliver.ts';
import { forge } from './forge.ts';

const zeros = (length: number): Bytes => new Uint8Array(length);
const id = (n: number): Bytes => zeros(32).fill(n);
const many = <T>(count: number, item: (n: number) => T): T[] =>
	Array.from({ length: count }, (_, n) => item(n));
const end = (n: number): unknown[] => [id(n), 0, id(0)];

/** A tuple (or bytes as they are) sealed as the content of this kind, by a Powernode. */
const holds = (
	name: string,
	kind: number,
	content: unknown,
	reason = 'unreadable',
	header: Partial<Header> = {},
): HostileCase =>
	one(
		'HO3',
		name,
		reason,
		async (_, by) => {
			const bytes = content instanceof Uint8Array ? content.slice() : encodeAny(content);
			return carrying(by, (await forge(by, { content: { kind, bytes }, header })).packet);
		},
		'pat',
	);

/** A message of Bob's that says this. */
const says = (name: string, make: (by: Device) => Bytes): HostileCase =>
	one('HO3', name, 'unreadable', async (_, by) =>
		carrying(by, (await forge(by, { content: { kind: KIND.message, bytes: make(by) } })).packet),
	);

const text = (bytes: Bytes): Bytes => join([0x60 + bytes.length], bytes);
const message = (by: Device, words: unknown): Bytes => encodeAny([channelOf(by), words, null]);
const member = ({ self: { member: m } }: Device): Content => ({
	kind: KIND.enrol,
	member: m,
	proof: zeros(64),
	tokenHash: id(1),
	epoch: zeros(16),
	step: 1,
});

export const contents: readonly HostileCase[] = [
	one('HO3', 'a control entry under a key that is not committed to', 'unreadable', async (_, by) =>
		carrying(
			by,
			(
				await forge(by, {
					content: { kind: KIND.leave },
					header: { commitment: id(9) },
				})
			).packet,
		),
	),
	one('HO3', 'a control entry that no member has the key of', 'unreadable', async (_, by) =>
		carrying(by, (await forge(by, { content: { kind: KIND.leave }, key: id(9) })).packet),
	),
	holds('a control entry wrapped like a message', KIND.leave, [], 'unreadable', {
		key: { mode: 'direct', epoch: zeros(16) },
	}),
	holds('a kind of control entry that there is not', 31, []),
	holds('LEAVE with something to say', KIND.leave, [1]),
	holds('LEAVE followed by a byte', KIND.leave, join(encodeAny([]), zeros(1))),
	holds('LEAVE spelled without an end', KIND.leave, new Uint8Array([0x9f, 0xff])),
	holds('LEAVE that is empty', KIND.leave, zeros(0)),
	holds('CHANNEL in the words of INVITE', KIND.invite, ['general']),
	holds('PLATFORM_BAN in the words of GRANT', KIND.ban, [id(1)]),
	holds('CHANNEL of a blank name', KIND.channel, [' \t ']),
	holds('CHANNEL of a name of 65 bytes', KIND.channel, ['é'.repeat(32) + 'e']),
	holds(
		'CHANNEL of a name that is no UTF-8',
		KIND.channel,
		join([0x81], text(new Uint8Array([0xc3, 0x28]))),
	),
	holds(
		'CHANNEL of a name of half a character',
		KIND.channel,
		join([0x81], text(new Uint8Array([0xed, 0xa0, 0x80]))),
	),
	holds('CHANNEL_EDIT that archives a little', KIND.channelEdit, [id(1), 'general', 1, false, 0]),
	holds('CHANNEL_EDIT whose timer runs for longer than a year', KIND.channelEdit, [
		id(1),
		'general',
		false,
		false,
		365 * 86_400 + 1,
	]),
	holds('INVITE of half a use', KIND.invite, [id(1), 0.5, 0, 0, id(2), []]),
	holds(
		'INVITE whose uses are a float',
		KIND.invite,
		join([0x86, 0x58, 32], id(1), [0xfb, 0x40], zeros(7), [0, 0, 0x58, 32], id(2), [0x80]),
	),
	holds('INVITE to six relays', KIND.invite, [
		id(1),
		1,
		0,
		0,
		id(2),
		many(6, (n) => [id(n), ['wss://a.test/relay']]),
	]),
	holds('INVITE to a relay that is a script', KIND.invite, [
		id(1),
		1,
		0,
		0,
		id(2),
		[[id(3), ['javascript:alert(1)']]],
	]),
	holds('GRANT to a name of 31 bytes', KIND.grant, [zeros(31)]),
	holds('REVOKE that names a device twice', KIND.revoke, [id(1), [end(2), end(2)], '']),
	holds('PLATFORM_BAN that names a device twice', KIND.ban, [
		id(1),
		[end(2), [id(2), 5, id(6)]],
		false,
		'',
	]),
	holds('PLATFORM_BAN of 65 devices', KIND.ban, [id(1), many(65, end), false, '']),
	holds('PLATFORM_BAN for a reason of 281 bytes', KIND.ban, [id(1), [], false, 'x'.repeat(281)]),
	holds('PLATFORM_UNBAN of nothing', KIND.unban, [[], '']),
	holds('PLATFORM_UNBAN of 17', KIND.unban, [many(17, id), '']),
	holds('REVOKE_DEVICE with the ends of two', KIND.revokeDevice, [
		id(1),
		[end(1), end(2)],
		id(3),
		zeros(64),
	]),
	holds('TOMBSTONE of nothing', KIND.tombstone, [id(1), id(2), [], '']),
	holds('TOMBSTONE of 33', KIND.tombstone, [id(1), id(2), many(33, (n) => [id(n), id(n), n]), '']),
	holds('TOMBSTONE for a reason of 281 bytes', KIND.tombstone, [
		id(1),
		id(2),
		[[id(1), id(1), 0]],
		'x'.repeat(281),
	]),
	holds('EPOCH of 1,025 recipients', KIND.epoch, [
		0,
		[],
		many(1025, (n) => [id(n), id(n)]),
		id(1),
		id(2),
		id(3),
		[],
		60,
	]),
	holds('EPOCH of 17 earlier keys', KIND.epoch, [0, many(17, id), [], id(1), id(2), id(3), [], 60]),
	holds('EPOCH for no reason', KIND.epoch, [9, [], [], id(1), id(2), id(3), [], 60]),
	holds('EPOCH that keeps packets for ever', KIND.epoch, [
		0,
		[],
		[],
		id(1),
		id(2),
		id(3),
		[],
		2 ** 40,
	]),
	one('HO3', 'ENROL in the words of ADMIT', 'unreadable', async ({ carol }, by) =>
		carrying(
			by,
			(await forge(by, { content: { kind: KIND.admit, bytes: encodeContent(member(carol)) } }))
				.packet,
		),
	),
	holds('SEALED under the members’ key', KIND.sealed, zeros(SEALED_SIZE), 'unreadable', {
		key: { mode: 'control', epoch: zeros(16), salt: zeros(16) },
	}),
	// For everybody who is not meant a SEALED entry looks the same: these say nothing, to nobody.
	holds('SEALED of another size', KIND.sealed, zeros(SEALED_SIZE - 1), 'opaque'),
	holds(
		'SEALED with something in its padding',
		KIND.sealed,
		zeros(SEALED_SIZE).fill(1, 100),
		'opaque',
	),
	holds(
		'SEALED shadow-ban with the ends of 17',
		KIND.sealed,
		padded([1, id(1), many(17, end), '']),
		'opaque',
	),
	holds('SEALED shadow-unban of nothing', KIND.sealed, padded([2, [], [], '']), 'opaque'),
	holds('SEALED of a kind that there is not', KIND.sealed, padded([4, id(1)]), 'opaque'),
	holds('a message of a kind that there is not', 33, ['?'], 'opaque'),
	says('a message of 8193 bytes', (by) => message(by, 'x'.repeat(8193))),
	says('a message that is a number', (by) => message(by, 42)),
	says('a message of bytes', (by) => message(by, utf8('<script>'))),
	says('a message of half a character', (by) =>
		join([0x83, 0x58, 32], channelOf(by), text(new Uint8Array([0xed, 0xa0, 0x80])), [0xf6]),
	),
	says('a message whose length is spelled long', (by) =>
		join([0x83, 0x58, 32], channelOf(by), [0x78, 2, 0x48, 0x6d], [0xf6]),
	),
	says('a message in the words of LEAVE', () => encodeAny([])),
	one('HO3', 'a message whose wraps hold another key', 'unreadable', async (_, by) =>
		carrying(by, (await spokenWith(by, { wrapped: id(9) })).packet),
	),
	one('HO3', 'a message under a key that is not committed to', 'unreadable', async (_, by) =>
		carrying(by, (await spokenWith(by, { header: { commitment: id(9) } })).packet),
	),
	one('HO3', 'a message without wraps', 'sealed', async (_, by) =>
		carrying(by, { ...(await spokenWith(by, {})).packet, wraps: null }),
	),
	one('HO3', 'a message whose wraps are noise', 'sealed', async (_, by) => {
		const { packet } = await spokenWith(by, {});
		const boxes = packet.wraps?.boxes.map((each) => ({ ...each, box: zeros(48) })) ?? [];
		return carrying(by, { ...packet, wraps: { ephemeral: id(9), boxes } });
	}),
	one('HO3', 'a message wrapped under a key of small order', 'sealed', async (_, by) => {
		const { packet } = await spokenWith(by, {});
		const boxes = packet.wraps?.boxes ?? [];
		return carrying(by, { ...packet, wraps: { ephemeral: zeros(32), boxes } });
	}),
	one('HO3', 'a message in a channel that there is not', 'absent', async (_, by) =>
		carrying(by, (await spokenWith(by, {}, id(9))).packet),
	),
];

function padded(tuple: unknown[]): Bytes {
	const content = encodeAny(tuple);
	const whole = zeros(SEALED_SIZE);
	new DataView(whole.buffer).setUint32(0, content.length);
	whole.set(content, 4);
	return whole;
}

type Said = Omit<Parameters<typeof forge>[1], 'content'>;

const spokenWith = (by: Device, said: Said, channel = channelOf(by)): ReturnType<typeof forge> =>
	forge(by, { content: { kind: KIND.message, channel, text: 'Hm', replyTo: null }, ...said });
