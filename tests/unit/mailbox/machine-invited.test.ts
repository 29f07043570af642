// Stories about a relay whose operator invites: who may begin something there, and how others use it.
import { describe, expect, it } from 'vitest';
import {
	bytesOf,
	createWorld,
	crypto,
	hashOf,
	packetOf,
	tokenOf,
	type World,
} from '../../support/mailbox-world.ts';
import {
	enterContent,
	hashInvitation,
	mailboxId,
	writeAccessContent,
} from '#lib/mailbox/proofs.ts';
import { encodeClientFrame, ERROR_CODE, type ClientFrame } from '#lib/protocol/mailbox.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';
import { until } from '../../support/until.ts';

const ADA = bytesOf(71);
const errorOf = (result: { ok: boolean; error?: { type: string } }): string | undefined =>
	result.ok ? undefined : result.error?.type;

async function invite(world: World, seed: Bytes): Promise<number> {
	const { publicKey } = await crypto.signingKey(seed);
	const made = await world.store.invite?.(hashInvitation(crypto, publicKey), '', 1);
	return made === undefined ? 0 : unwrap(made);
}
async function invitedWorld(): Promise<World & { readonly number: number }> {
	const world = await createWorld({ invitedOnly: true });
	return { ...world, number: await invite(world, ADA) };
}
const own = (world: World, tokens = 1) => ({
	writeKey: world.writeKey,
	ownerKey: world.ownerKey.publicKey,
	tokenHashes: Array.from({ length: tokens }, (_, n) => hashOf(n + 1)),
});
/** Another mailbox of the same people. */
const next = (world: World, n = 1) => ({ ...own(world), ownerKey: bytesOf(80 + n) });

describe('a relay for invited people', () => {
	it('[MB2] [MB29] says so, and what came of the invitation', async () => {
		const world = await invitedWorld();
		const accessOf = async (invitation?: Bytes) =>
			unwrap(await world.client('a', invitation).ready).access;
		expect(await accessOf(ADA)).toBe('invited');
		expect(await accessOf()).toBe('guest');
		expect(await accessOf(bytesOf(72))).toBe('guest');
		const open = await createWorld();
		expect(unwrap(await open.client('a', ADA).ready).access).toBe('open');
	});

	it('[MB29] lets those it invited begin, and others use that', async () => {
		const world = await invitedWorld();
		const guest = world.client();
		expect(errorOf(await guest.open(own(world)))).toBe('uninvited');
		const ada = world.client('a', ADA);
		// Asked at once with the invitation, and before there is an answer to it.
		unwrap(await ada.open(own(world, 2)));
		unwrap(await guest.open(own(world, 2)));
		unwrap(await guest.subscribe(world.mailbox, tokenOf(2), 0));
		unwrap(await ada.put(world.mailbox, world.writeKey, packetOf(1)));
		await until(() => expect(guest.heard.packets).toHaveLength(1));
		unwrap(await guest.put(world.mailbox, world.writeKey, packetOf(2)));
		unwrap(await guest.acknowledge(world.mailbox, tokenOf(2), 1, []));
	});

	it('[MB28] [MB29] lets who has write access to what was begun begin what follows, also when all is asked at once', async () => {
		const world = await invitedWorld();
		unwrap(await world.client('a', ADA).open(own(world)));
		const guest = world.client();
		expect(errorOf(await guest.open(next(world)))).toBe('uninvited');
		expect(errorOf(await guest.stat(world.mailbox, world.strangerKey))).toBe('denied');
		expect(errorOf(await guest.open(next(world)))).toBe('uninvited');
		const { end, hello, frames } = await world.greeted();
		const signature = await world.writeKey.sign(writeAccessContent(hello, world.mailbox));
		const { mailbox } = world;
		end.send(encodeClientFrame({ type: 'prove', request: 1, mailbox, signature }));
		const { ownerKey } = next(world);
		const writeKey = world.writeKey.publicKey;
		end.send(encodeClientFrame({ type: 'open', request: 2, writeKey, ownerKey }));
		await until(() => expect(frames.map(({ type }) => type)).toEqual(['done', 'done']));
		// And so on: the same invitation stands behind it.
		const other = world.client();
		const { writeKey: key } = world;
		const first = mailboxId(crypto, key.publicKey, bytesOf(81));
		unwrap(await other.open({ ...next(world, 2), vouchedBy: { mailbox: first, writeKey: key } }));
	});

	it('[MB29] takes no proof of an invitation made elsewhere, nor another’s key', async () => {
		const world = await invitedWorld();
		const one = await world.greeted();
		const two = await world.greeted();
		const key = await crypto.signingKey(ADA);
		const enter = async (at: Parameters<typeof enterContent>[0], signer = key) =>
			({
				type: 'enter',
				request: 1,
				invitation: key.publicKey,
				signature: await signer.sign(enterContent(at)),
			}) satisfies ClientFrame;
		two.end.send(encodeClientFrame(await enter(one.hello)));
		two.end.send(encodeClientFrame(await enter({ ...two.hello, relayKey: bytesOf(9) })));
		two.end.send(encodeClientFrame(await enter(two.hello, world.strangerKey)));
		await until(() => expect(two.frames).toMatchObject(Array(3).fill({ code: ERROR_CODE.denied })));
		two.end.send(encodeClientFrame(await enter(two.hello)));
		await until(() => expect(two.frames.at(-1)).toMatchObject({ type: 'done' }));
	});

	it('[MB29] [RV19] lets nothing begin by what was revoked, on connections that stand too', async () => {
		const world = await invitedWorld();
		const ada = world.client('a', ADA);
		unwrap(await ada.open(own(world)));
		const guest = world.client();
		unwrap(await guest.stat(world.mailbox, world.writeKey));
		await world.store.revoke?.(world.number);
		expect(errorOf(await ada.open(next(world)))).toBe('uninvited');
		expect(errorOf(await guest.open(next(world)))).toBe('uninvited');
		expect(unwrap(await world.client('a', ADA).ready).access).toBe('guest');
		unwrap(await ada.put(world.mailbox, world.writeKey, packetOf(1)));
		expect(unwrap(await ada.subscribe(world.mailbox, tokenOf(1), 0)).packets).toHaveLength(1);
	});
});
