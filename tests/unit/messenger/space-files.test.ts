// Who is given what of the files of a message, and which messages with files are readable at all.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Entry } from '#lib/crdt/check-entry.ts';
import { createSpaceFiles, type LiveSpaceFiles } from '#lib/messenger/files/space-files.ts';
import { readPlace } from '#lib/messenger/files/place.ts';
import { draftOf } from '#lib/messenger/space/drafting.ts';
import type { Links } from '#lib/messenger/delivery/links.ts';
import type { RelayPool } from '#lib/messenger/delivery/relay-pool.ts';
import type { Message } from '#lib/protocol/content.ts';
import { KIND } from '#lib/protocol/entry.ts';
import type { FileReference } from '#lib/protocol/file-frame.ts';
import { toHex, utf8 } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';
import { carry, channelOf, level, write, type Device } from '../../support/devices.ts';
import { ban, fourDevices, linesOf, shadowBan, tombstone } from '../../support/moderating.ts';

const PLAIN = utf8('canary-91bd '.repeat(1000));
const source = {
	name: 'notes.txt',
	type: 'text/plain',
	size: PLAIN.length,
	read: async (from: number, to: number) => PLAIN.slice(from, to),
};
/** Nobody is linked to anybody here. */
const noLinks = { carries: () => false } as unknown as Links;
const noRelays = { client: () => undefined } as unknown as RelayPool;

function filesOf(device: Device, written: Entry[]): LiveSpaceFiles {
	const { ports, self } = device;
	return createSpaceFiles(ports, self, device.space, noLinks, noRelays, {
		async write(content, attached, extra) {
			const draft = (): ReturnType<typeof draftOf> =>
				draftOf(ports, self, device.space, content, { attached });
			const entry = await device.space.write(() => Promise.resolve(draft()), extra);
			if (entry.ok) written.push(entry.value);
			return entry;
		},
	});
}

describe('the files of a message', () => {
	let world: Awaited<ReturnType<typeof fourDevices>>;
	let entry: Entry;
	let files: LiveSpaceFiles;
	let of: FileReference;

	beforeEach(async () => {
		world = await fourDevices();
		const { alice, bob, carol, dave } = world;
		const written: Entry[] = [];
		files = filesOf(alice, written);
		const channel = toHex(channelOf(alice));
		expect(await files.send(channel, 'see', [source])).toEqual({ ok: true, value: undefined });
		entry = written[0] as Entry;
		const { device, seq } = entry.header;
		of = { space: alice.space.id, device, seq, entry: entry.id };
		for (const each of [bob, carol, dave]) await carry([entry.packet], each);
		world.world.clock.advance(10);
	});

	it('[TW9] are given to members’ devices, and to nobody else', async () => {
		const { alice, carol } = world;
		const served = await files.serve(carol.key, of);
		expect(await served?.held()).toEqual([0]);
		expect(await served?.read(0)).toEqual(alice.content.chunks()[0]);
		expect(await files.serve('00'.repeat(32), of)).toBeUndefined();
		expect(await files.serve(carol.key, { ...of, entry: of.space })).toBeUndefined();
		expect(await files.serve(carol.key, { ...of, seq: of.seq + 1 })).toBeUndefined();
		await ban(alice, carol);
		expect(await files.serve(carol.key, of)).toBeUndefined();
		expect(await served?.read(0)).toBeUndefined();
	});

	it('[TW9] [TB1] are given to nobody once the message is purged, and lie there no longer', async () => {
		const { alice, bob } = world;
		const served = await files.serve(bob.key, of);
		expect(served).toBeDefined();
		await tombstone(alice, alice, [entry]);
		expect(await served?.read(0)).toBeUndefined();
		expect(await files.serve(bob.key, of)).toBeUndefined();
		expect(alice.content.chunks()).toEqual([]);
		expect(await files.usage()).toEqual([]);
	});

	it('[TW9] [DM3] are given to nobody from the moment the message is due to disappear', async () => {
		const { alice, bob } = world;
		const written: Entry[] = [];
		const [channel] = alice.space.ledger.authority.channels;
		if (channel === undefined) throw new Error('no channel');
		const { id, name, archived, readOnly } = channel;
		const timed = { kind: KIND.channelEdit, channel: id, name, archived, readOnly, timer: 5 };
		await write(alice, timed);
		world.world.clock.advance(10);
		const short = filesOf(alice, written);
		expect((await short.send(toHex(id), '', [source])).ok).toBe(true);
		const { id: entryId, header } = written[0] as Entry;
		const wanted = { ...of, seq: header.seq, entry: entryId };
		const served = await short.serve(bob.key, wanted);
		expect(await served?.read(0)).toBeDefined();
		world.world.clock.advance(6000);
		expect(await served?.read(0)).toBeUndefined();
		expect(await short.serve(bob.key, wanted)).toBeUndefined();
	});

	it('[TW9] [SH5] of a hidden message are given to nobody by those who hide it', async () => {
		const { alice, bob, carol } = world;
		const written: Entry[] = [];
		await shadowBan(alice, bob);
		await level(alice, bob, carol);
		world.world.clock.advance(10);
		const his = filesOf(bob, written);
		expect((await his.send(toHex(channelOf(bob)), '', [source])).ok).toBe(true);
		const hidden = written[0] as Entry;
		await carry([hidden.packet], carol);
		const place = `${toHex(hidden.header.device)}.${hidden.header.seq}`;
		expect(await filesOf(carol, []).fetch(place)).toBe(false);
		const { device, seq } = hidden.header;
		const wanted = { space: carol.space.id, device, seq, entry: hidden.id };
		expect(await filesOf(carol, []).serve(alice.key, wanted)).toBeUndefined();
	});

	it('[AF5] that the header names otherwise, or not at all, make the message unreadable', async () => {
		const { alice, bob } = world;
		const read = await bob.space.log(channelOf(bob)).read(0);
		const named = read[0]?.attachment;
		if (named === undefined) throw new Error('no files');
		const { root, length, ...attachment } = named;
		const message: Message = {
			kind: KIND.message,
			channel: channelOf(alice),
			text: 'hidden beside',
			replyTo: null,
		};
		const { ports, self, space } = alice;
		const wrong = [
			[{ ...message, attachment }, undefined],
			[
				{ ...message, attachment },
				{ root, length: length + 2048 },
			],
			[message, { root, length }],
		] as const;
		for (const [content, attached] of wrong) {
			world.world.clock.advance(10);
			const how = attached === undefined ? {} : { attached };
			const draft = (): ReturnType<typeof draftOf> => draftOf(ports, self, space, content, how);
			const sent = unwrap(await space.write(() => Promise.resolve(draft())));
			await carry([sent.packet], bob);
		}
		const gap = '<unreadable>';
		expect(await linesOf(bob)).toEqual(['see', gap, gap, gap]);
		const right = { ...message, attachment, text: 'again' };
		world.world.clock.advance(10);
		const sent = unwrap(
			await space.write(() =>
				Promise.resolve(draftOf(ports, self, space, right, { attached: { root, length } })),
			),
		);
		await carry([sent.packet], bob);
		expect((await linesOf(bob)).at(-1)).toBe('again');
	});

	it('[FL4] stand in a place that is read whole or not at all', () => {
		expect(readPlace(`${'ab'.repeat(32)}.7`)?.seq).toBe(7);
		for (const wrong of ['', 'x.1', `${'ab'.repeat(32)}.-1`, `${'ab'.repeat(32)}.1.5x`, 'ab.1']) {
			expect([wrong, readPlace(wrong)]).toEqual([wrong, undefined]);
		}
	});
});
