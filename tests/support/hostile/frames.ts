// Envelopes that are none: encodings, lengths and counts that no decoder takes. [HO1]
import type { Packet } from '#lib/protocol/entry.ts';
import { MAX_FRAME } from '#lib/protocol/space-message.ts';
import { concat, utf8, type Bytes } from '#lib/util/bytes.ts';
import { encodeAny } from '../any-cbor.ts';
import type { Device } from '../devices.ts';
import { one, type HostileCase } from './case.ts';
import { carrying } from './deliver.ts';
import type { HostileWorld } from './world.ts';

const hex = (text: string): Bytes =>
	Uint8Array.from(text.split(' '), (pair) => Number.parseInt(pair, 16));
const id = (n = 1): Bytes => new Uint8Array(32).fill(n);
const many = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item);
const zeros = (length: number): Bytes => new Uint8Array(length);
const key = ({ self }: Device): Bytes => self.device.publicKey;

/** A message of Bob's that is all right. */
const genuine = ({ his }: HostileWorld, by: Device): Bytes => carrying(by, his.packet);

const frame = (
	name: string,
	reason: 'malformed' | 'shape' | 'too-large',
	make: (world: HostileWorld, by: Device) => Bytes,
): HostileCase => one('HO1', name, reason, make);

/** `[from, null, message]` of any message. */
const says = (
	name: string,
	message: unknown,
	reason: 'malformed' | 'shape' = 'shape',
): HostileCase => frame(name, reason, (_, by) => encodeAny([key(by), null, message]));

/** The bytes of an envelope's message as they are. */
const spells = (name: string, message: string): HostileCase =>
	frame(name, 'malformed', (_, by) => concat(hex('83 58 20'), key(by), hex(`f6 ${message}`)));

/** ENTRIES of one packet in which something is of the wrong size. */
const packs = (name: string, change: (packet: Packet) => unknown[]): HostileCase =>
	frame(name, 'shape', ({ his }, by) => encodeAny([key(by), null, [0, [change(his.packet)]]]));

const boxes = (count: number, prekeyId: number, box: number): unknown[] => [
	id(),
	many(count, [zeros(prekeyId), zeros(box)]),
];
const state = (heads: number, feeds: number): unknown[] => [
	1,
	[1, id(), id(), true, true, many(heads, id()), many(feeds, [id(), 1, id()]), 1, zeros(64)],
];
const signal = (step: number, payload: number): unknown[] => [
	3,
	[1, id(), id(), id(), zeros(16), step, zeros(payload), 1, zeros(64)],
];

export const frames: readonly HostileCase[] = [
	frame('nothing', 'malformed', () => zeros(0)),
	frame('words', 'malformed', () => utf8('GET / HTTP/1.1')),
	frame('a frame longer than any', 'too-large', (world, by) =>
		concat(genuine(world, by), zeros(MAX_FRAME)),
	),
	frame('a byte after the end', 'malformed', (world, by) => concat(genuine(world, by), zeros(1))),
	frame('half an envelope', 'malformed', (world, by) => genuine(world, by).slice(0, 300)),
	frame('a sender of 31 bytes', 'shape', () => encodeAny([zeros(31), null, [2, [], [], []]])),
	frame('a recipient that is a word', 'shape', (_, by) =>
		encodeAny([key(by), 'all', [2, [], [], []]]),
	),
	spells('an array without an end', '9f 02 80 80 80 ff'),
	spells('an array whose length is spelled long', '98 04 02 80 80 80'),
	spells('an array of four thousand million items', '9b 00 00 00 01 00 00 00 00'),
	spells('a byte string longer than the frame', '82 00 5a ff ff ff ff 00'),
	spells('a map that says one thing twice', 'a2 61 61 00 61 61 01'),
	spells('a map that names the prototype', 'a1 69 5f 5f 70 72 6f 74 6f 5f 5f a0'),
	spells('not a number', '84 fb 7f f8 00 00 00 00 00 00 80 80 80'),
	spells('infinity', '84 fb 7f f0 00 00 00 00 00 00 80 80 80'),
	spells('half a number', '84 fb 3f e0 00 00 00 00 00 00 80 80 80'),
	spells('a date', '84 02 80 80 c1 00'),
	spells('a link to elsewhere', '84 02 80 80 d8 2a 41 00'),
	spells('text that is no UTF-8, in place of a list', '84 02 80 80 62 c3 28'),
	frame('a hundred thousand arrays in each other', 'malformed', (_, by) =>
		concat(hex('83 58 20'), key(by), hex('f6'), zeros(100_000).fill(0x81)),
	),
	says('a message of no kind', [4, []]),
	says('65 packets', [0, many(65, [zeros(100), zeros(64), null, null])]),
	says('packets in a map', [0, { 0: [] }], 'malformed'),
	says('STATE of 201 feeds', state(0, 201)),
	says('STATE of 17 heads', state(17, 0)),
	says('PULL of 17 heads', [2, many(17, id()), [], []]),
	says('PULL of 201 ranges', [2, [], [], many(201, [id(), 0, 1])]),
	says('PULL of a range that ends before it begins', [2, [], [], [[id(), 9, 3]]]),
	says('PULL of a place below zero', [2, [], [], [[id(), -1, 3]]], 'malformed'),
	says('PULL up to beyond all numbers', [2, [], [], [[id(), 0, 2n ** 60n]]], 'malformed'),
	says('SIGNAL of 2049 bytes', signal(0, 2049)),
	says('SIGNAL of a step that there is not', signal(3, 10)),
	packs('a packet without a body’s place', (p) => [p.header, p.signature, null]),
	packs('a packet of five parts', (p) => [p.header, p.signature, null, p.body, null]),
	packs('a header of 2049 bytes', (p) => [zeros(2049), p.signature, null, p.body]),
	packs('a signature of 63 bytes', (p) => [p.header, zeros(63), null, p.body]),
	packs('1,025 wraps', (p) => [p.header, p.signature, boxes(1025, 8, 48), p.body]),
	packs('a wrap of 513 bytes', (p) => [p.header, p.signature, boxes(1, 8, 513), p.body]),
	packs('a wrap for a name of 7 bytes', (p) => [p.header, p.signature, boxes(1, 7, 48), p.body]),
];
