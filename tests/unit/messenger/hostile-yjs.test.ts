// Updates that do harm to any Y.Doc they are applied to, given to a node in every way a member could: nothing of them is
// ever applied, and the message log stays as it was to the byte.
import { beforeAll, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { encode } from '#lib/protocol/cbor.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { decodeLinkFrame } from '#lib/protocol/link-frame.ts';
import { MAX_FRAME } from '#lib/protocol/space-message.ts';
import { concat, fromHex, toBase64Url, toHex, type Bytes } from '#lib/util/bytes.ts';
import { channelOf } from '../../support/devices.ts';
import { carrying, deliver } from '../../support/hostile/deliver.ts';
import { forge, signed } from '../../support/hostile/forge.ts';
import { createHostileWorld, type HostileWorld } from '../../support/hostile/world.ts';

type Log = Y.Map<unknown[]>;
const logOf = (doc: Y.Doc): Log => doc.getMap('messages');
const bytesOf = (update: Uint8Array): Bytes => new Uint8Array(update);

/** What a replica that takes others' updates holds: the rows of a segment, under the name that every segment has. */
function replica(rows: readonly Uint8Array[]): Y.Doc {
	const doc = new Y.Doc();
	for (const row of rows) Y.applyUpdate(doc, row);
	return doc;
}

interface Hostile {
	readonly name: string;
	/** Made by somebody who has the same document. */
	make(rows: readonly Uint8Array[]): Bytes;
	/** What it does to a bare document. */
	harms(victim: Y.Doc, update: Bytes, rows: readonly Uint8Array[]): void;
}

const MEGABYTE = 1 << 20;

const corpus: readonly Hostile[] = [
	{
		name: 'deletes what others said',
		make(rows) {
			const doc = replica(rows);
			const before = Y.encodeStateVector(doc);
			for (const key of logOf(doc).keys()) logOf(doc).delete(key);
			return bytesOf(Y.encodeStateAsUpdate(doc, before));
		},
		harms(victim, update) {
			expect(logOf(victim).size).toBeGreaterThan(0);
			Y.applyUpdate(victim, update);
			expect(logOf(victim).size).toBe(0);
		},
	},
	{
		name: 'writes under the victim’s name what the victim is about to write',
		make(rows) {
			const doc = replica(rows);
			const before = Y.encodeStateVector(doc);
			doc.clientID = 1;
			logOf(doc).set('forged', ['never said']);
			return bytesOf(Y.encodeStateAsUpdate(doc, before));
		},
		harms(victim, update, rows) {
			const writer = replica(rows);
			writer.clientID = 1;
			logOf(writer).set('true', ['said']);
			Y.applyUpdate(victim, update);
			Y.applyUpdate(victim, Y.encodeStateAsUpdate(writer));
			Y.applyUpdate(writer, Y.encodeStateAsUpdate(victim));
			// Both think that they hold all that the other does, and never agree again.
			expect(Y.encodeStateVector(victim)).toEqual(Y.encodeStateVector(writer));
			expect([logOf(victim).has('forged'), logOf(victim).has('true')]).toEqual([true, false]);
			expect([logOf(writer).has('forged'), logOf(writer).has('true')]).toEqual([false, true]);
		},
	},
	{
		name: 'puts other words in a message’s place, and deletes nothing',
		make(rows) {
			const doc = replica(rows);
			const before = Y.encodeStateVector(doc);
			const [key] = logOf(doc).keys();
			logOf(doc).set(key ?? '', ['other words']);
			const update = Y.encodeStateAsUpdate(doc, before);
			// The delete set stands last: that one range of one client went, and nobody misses it.
			const [, clients = 0] = update.slice(-5);
			expect(clients).toBe(1);
			return concat(update.slice(0, -5), new Uint8Array([0]));
		},
		harms(victim, update) {
			expect(Y.decodeUpdate(update).ds.clients.size).toBe(0);
			const [key = ''] = logOf(victim).keys();
			Y.applyUpdate(victim, update);
			expect(logOf(victim).get(key)).toEqual(['other words']);
		},
	},
	{
		name: 'parks a megabyte that waits for what never comes',
		make() {
			const doc = new Y.Doc();
			logOf(doc).set('first', []);
			const before = Y.encodeStateVector(doc);
			logOf(doc).set('second', ['x'.repeat(MEGABYTE)]);
			return bytesOf(Y.encodeStateAsUpdate(doc, before));
		},
		harms(victim, update) {
			Y.applyUpdate(victim, update);
			expect(logOf(victim).has('second')).toBe(false);
			expect(victim.store.pendingStructs?.update.length).toBeGreaterThan(MEGABYTE);
			// It goes on with everything that the document says of itself from now on.
			expect(Y.encodeStateAsUpdate(victim).length).toBeGreaterThan(MEGABYTE);
		},
	},
	{
		name: 'claims more structs than it holds',
		// One client, 2^28 structs, its name and clock, and there it ends.
		make: () => fromHex('01808080800105008401') ?? new Uint8Array(0),
		harms(victim, update) {
			expect(() => {
				Y.applyUpdate(victim, update);
			}).toThrow();
		},
	},
];

describe('Yjs updates from others', () => {
	let world: HostileWorld;
	let rows: readonly Uint8Array[];
	beforeAll(async () => {
		world = await createHostileWorld(9);
		rows = world.alice.disk
			.rows()
			.filter(({ table }) => table === 'segment')
			.map(({ value }) => value);
	});

	it.each(corpus)('[HO7] $name: to a bare document', ({ make, harms }) => {
		harms(replica(rows), make(rows), rows);
	});

	/** Gives these frames to Alice; nothing that she shows of others may change. */
	async function give(...frames: readonly Bytes[]) {
		const { bob } = world;
		const delivery = await deliver(world, bob, ...frames);
		expect(delivery.digests.reopened).toBe(delivery.digests.after);
		return delivery;
	}

	/** The same, of what changes nothing at all. */
	async function refuse(reasons: readonly string[], frame: Bytes): Promise<void> {
		const { reasons: given, changed, segments, digests } = await give(frame);
		expect(reasons).toContain(given.join());
		expect(changed).toEqual([]);
		expect(segments.after).toBe(segments.before);
		expect(digests.after).toBe(digests.before);
	}

	describe.each(corpus)('[HO7] [DO1] $name: to a node', ({ make }) => {
		it('as a frame of a link', () => {
			const decoded = decodeLinkFrame(make(rows));
			expect(decoded.ok ? 'taken' : decoded.error.type).toMatch(/^(malformed|shape|too-large)$/);
		});

		it('as an envelope', async () => {
			const update = make(rows);
			await refuse([update.length > MAX_FRAME ? 'too-large' : 'malformed', 'shape'], update);
		});

		it('as a message between devices', async () => {
			const { publicKey } = world.bob.self.device;
			const update = make(rows);
			const isLong = update.length > MAX_FRAME;
			await refuse([isLong ? 'too-large' : 'shape'], encode([publicKey, null, update]));
		});

		it('as a packet', async () => {
			const { publicKey } = world.bob.self.device;
			const update = make(rows);
			const isLong = update.length > MAX_FRAME;
			await refuse([isLong ? 'too-large' : 'shape'], encode([publicKey, null, [0, [update]]]));
		});

		it('as a header, with a true signature', async () => {
			const { bob } = world;
			const update = make(rows);
			const frame = carrying(bob, await signed(update, bob.self.device));
			const reason = update.length > MAX_FRAME ? 'too-large' : 'bad-header';
			await refuse([reason], frame);
		});

		it('as the sealed body of a control entry', async () => {
			const { bob } = world;
			const update = make(rows);
			const { packet } = await forge(bob, { content: { kind: KIND.channel, bytes: update } });
			await refuse([update.length > MAX_FRAME ? 'too-large' : 'unreadable'], carrying(bob, packet));
		});

		it('as the sealed body of a message, whose place is shown without text', async () => {
			const { bob } = world;
			const update = make(rows);
			const { packet, key } = await forge(bob, { content: { kind: KIND.message, bytes: update } });
			const frame = carrying(bob, packet);
			if (update.length > MAX_FRAME) {
				await refuse(['too-large'], frame);
				return;
			}
			const { reasons, changed } = await give(frame);
			expect(reasons).toEqual(['unreadable']);
			const others = changed.filter((line) => !line.includes(bob.key));
			expect(others).toEqual([`+ message ${key} unreadable `]);
		});

		it('as the text of a message, which is text', async () => {
			const { bob } = world;
			const update = make(rows);
			const words = toBase64Url(update).slice(0, 8192);
			const content = { kind: KIND.message, channel: channelOf(bob), text: words, replyTo: null };
			const { packet, key } = await forge(bob, { content });
			const { reasons, changed, segments } = await give(carrying(bob, packet));
			expect(reasons).toEqual(['shown']);
			const others = changed.filter((line) => !line.includes(bob.key));
			expect(others).toEqual([`+ message ${key} shown ${words}`]);
			// What was there is there still, byte by byte, and what has come is one more change.
			expect(segments.after).toContain(toHex(rows[0] ?? new Uint8Array(0)));
		});
	});
});
