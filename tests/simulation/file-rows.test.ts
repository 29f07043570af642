// What a device writes down of files, and when; and where they lie on relays.
import { expect, it } from 'vitest';
import { createFileMailboxes } from '#lib/messenger/files/file-mailboxes.ts';
import { mailboxId } from '#lib/mailbox/proofs.ts';
import { toHex } from '#lib/util/bytes.ts';
import { fileScene, placeOf } from './file-scene.ts';

it('[FL1] come with their message in one commit, and are written down before their first chunk elsewhere', async () => {
	const scene = await fileScene(391, ['north']);
	const { world, alice, bob } = scene;
	const commits: string[][] = [];
	world.disk('Alice').onCommit = (writes) => {
		commits.push(writes.map(({ table }) => table));
		return 'apply';
	};
	const place = placeOf(await scene.send(alice, 3_000_000));
	world.disk('Alice').onCommit = undefined;
	const naming = commits.filter((tables) => tables.includes('file'));
	expect(naming[0]).toContain('entry');
	await scene.lastSeen(bob);
	const rows = () =>
		world
			.disk('Bob')
			.rows()
			.filter(({ table }) => table === 'file').length;
	expect(rows()).toBe(0);
	const rowsAtChunks: number[] = [];
	world.content('Bob').onWrite = () => {
		rowsAtChunks.push(rows());
		return undefined;
	};
	expect(await scene.fetch(bob, place)).toBe(true);
	await scene.untilWhole(bob, place);
	expect(rowsAtChunks.length).toBeGreaterThan(0);
	expect(Math.min(...rowsAtChunks)).toBe(1);
});

it('[FR1] lie in a mailbox beside that of the messages, which all members know and nobody else can name', async () => {
	const scene = await fileScene(392, ['north']);
	const { alice, bob, space, world } = scene;
	const { crypto } = world;
	const boxesOf = async (node: typeof alice) =>
		createFileMailboxes({ crypto }, await node.kept(space)).all();
	const [hers, his] = [await boxesOf(alice), await boxesOf(bob)];
	const named = (boxes: typeof hers): string[] => boxes.map(({ mailbox }) => toHex(mailbox));
	expect(named(hers).length).toBeGreaterThan(0);
	expect(named(his)).toEqual(named(hers));
	const { epochs } = (await alice.kept(space)).ledger.authority;
	for (const [n, { mailbox, ownerKey, writeKey }] of hers.entries()) {
		const content = epochs[n]?.content;
		if (content === undefined) throw new Error('no epoch');
		expect(ownerKey).toEqual(content.ownerKey);
		// The epoch's public keys alone don't lead there.
		expect(writeKey.publicKey).not.toEqual(content.writeKey);
		expect(mailbox).not.toEqual(mailboxId(crypto, content.writeKey, content.ownerKey));
	}
	const place = placeOf(await scene.send(alice, 1_000_000));
	await bob.stop();
	await scene.untilLeft(place);
	const [relay] = scene.relays;
	const withChunks = [...(relay?.store.snapshot().mailboxes ?? [])]
		.filter(([, { packets }]) => [...packets.values()].some(({ kept }) => kept.size > 0))
		.map(([mailbox]) => mailbox);
	expect(withChunks).toEqual([named(hers).at(-1)]);
});
