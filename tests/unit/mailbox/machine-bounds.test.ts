// Stories about what ends, what is brought in chunks, and what a relay refuses.
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
import { DEFAULT_LIMITS, type MailboxLimits } from '#lib/mailbox/limits.ts';
import { tokenAccessContent } from '#lib/mailbox/proofs.ts';
import { encodeClientFrame, ERROR_CODE } from '#lib/protocol/mailbox.ts';
import { toHex } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';
import { until } from '../../support/until.ts';

const errorOf = (result: { ok: boolean; error?: { type: string } }): string | undefined =>
	result.ok ? undefined : result.error?.type;
const token = (world: World, at: Parameters<typeof tokenAccessContent>[0]) =>
	crypto.signingKey(tokenOf(1)).then(async (key) => ({
		type: 'token' as const,
		request: 1,
		mailbox: world.mailbox,
		token: 1,
		tokenKey: key.publicKey,
		signature: await key.sign(tokenAccessContent(at, world.mailbox)),
	}));

describe('a token', () => {
	it('[MB7] counts on the connection it was proven on, at the relay it was proven to', async () => {
		const world = await createWorld();
		await world.opened(1);
		const one = await world.greeted();
		const two = await world.greeted();
		const elsewhere = { ...two.hello, relayKey: bytesOf(9) };
		two.end.send(encodeClientFrame(await token(world, one.hello)));
		two.end.send(encodeClientFrame({ ...(await token(world, elsewhere)), request: 2, token: 2 }));
		two.end.send(encodeClientFrame({ type: 'subscribe', request: 3, token: 1, cursor: 0 }));
		await until(() =>
			expect(
				two.frames.map((frame) => 'code' in frame && [frame.request, frame.code]).sort(),
			).toEqual([
				[1, ERROR_CODE.denied],
				[2, ERROR_CODE.denied],
				[3, ERROR_CODE.unknownToken],
			]),
		);
		one.end.send(encodeClientFrame(await token(world, one.hello)));
		one.end.send(encodeClientFrame({ type: 'subscribe', request: 3, token: 1, cursor: 0 }));
		await until(() => expect(one.frames).toMatchObject([{ type: 'done' }, { type: 'waiting' }]));
	});

	it('[MB26] is removed by the owner alone, with its subscription', async () => {
		const world = await createWorld();
		const { mailbox, writeKey, ownerKey } = world;
		const alice = await world.opened(2);
		unwrap(await alice.subscribe(mailbox, tokenOf(1), 0));
		const bob = world.client();
		unwrap(await bob.subscribe(mailbox, tokenOf(2), 0));
		expect(errorOf(await alice.removeToken(mailbox, writeKey, hashOf(2)))).toBe('denied');
		unwrap(await alice.removeToken(mailbox, ownerKey, hashOf(2)));
		await until(() => expect(alice.heard.presence.at(-1)?.connected).toBe(false));
		expect(unwrap(await alice.push(mailbox, writeKey, packetOf(1)))).toEqual([]);
		unwrap(await alice.add(mailbox, writeKey, [hashOf(2)]));
		expect(errorOf(await bob.subscribe(mailbox, tokenOf(2), 0))).toBe('unknown-token');
	});
});

describe('a closed mailbox', () => {
	it('[MB22] tells its subscribers, gives what waits, passes on what is pushed, and shows nobody', async () => {
		const world = await createWorld();
		const { mailbox, writeKey, ownerKey } = world;
		const alice = await world.opened(3);
		unwrap(await alice.subscribe(mailbox, tokenOf(1), 0));
		unwrap(await alice.put(mailbox, writeKey, packetOf(1)));
		const bob = world.client();
		unwrap(await bob.subscribe(mailbox, tokenOf(2), 0));
		const dave = world.client();
		unwrap(await dave.subscribe(mailbox, tokenOf(3), 0));
		await until(() => expect(alice.heard.presence).toHaveLength(2));
		unwrap(await alice.closeMailbox(mailbox, ownerKey));
		await until(() => expect(bob.heard.ended).toEqual([toHex(mailbox)]));
		dave.close('gone');
		await until(() => expect(world.machine.connections()).toBe(2));
		unwrap(await alice.stat(mailbox, writeKey));
		expect(alice.heard.presence).toHaveLength(2);
		const again = unwrap(await bob.subscribe(mailbox, tokenOf(2), 0));
		expect(again).toMatchObject({ packets: [{ number: 1 }], connected: [] });

		const carol = world.client();
		const hers = unwrap(await carol.subscribe(mailbox, tokenOf(3), 0));
		expect(hers).toMatchObject({ packets: [{ number: 1 }], connected: [] });
		expect(unwrap(await carol.push(mailbox, writeKey, packetOf(2)))).toEqual([]);
		await until(() => expect(bob.heard.packets.map(({ number }) => number)).toEqual([0]));
		carol.close('gone');
		unwrap(await bob.subscribe(mailbox, tokenOf(2), 0));
		expect(alice.heard.presence).toHaveLength(2);
		expect(bob.heard.presence).toHaveLength(1);
	});
});

describe('a packet with chunks', () => {
	it('[MB23] [MB24] goes on where it broke off, is pushed at its commit, and goes when all have all', async () => {
		const world = await createWorld();
		const { mailbox, writeKey } = world;
		const alice = await world.opened(1);
		const bob = world.client();
		unwrap(await bob.subscribe(mailbox, tokenOf(1), 0));
		const long = { ...packetOf(1), chunks: 20 };
		const chunk = (n: number) => new Uint8Array(5000).fill(n);
		unwrap(await alice.begin(mailbox, writeKey, long));
		for (const n of [0, 9, 17]) {
			unwrap(await alice.putChunk(mailbox, writeKey, long.packet, n, chunk(n)));
		}
		alice.close('broken');
		const again = world.client();
		const there = unwrap(await again.chunksThere(mailbox, writeKey, long.packet));
		expect(there).toEqual({ chunks: 20, committed: false, there: [0, 9, 17] });
		expect(errorOf(await again.commit(mailbox, writeKey, long.packet))).toBe('incomplete');
		for (let n = 0; n < 20; n++) {
			if (there.there.includes(n)) continue;
			unwrap(await again.putChunk(mailbox, writeKey, long.packet, n, chunk(n)));
		}
		expect(bob.heard.packets).toEqual([]);
		unwrap(await again.commit(mailbox, writeKey, long.packet));
		await until(() => expect(bob.heard.packets.map(({ number }) => number)).toEqual([1]));
		expect(unwrap(await bob.fetchChunk(mailbox, tokenOf(1), long.packet, 17))).toEqual(chunk(17));
		unwrap(await bob.acknowledge(mailbox, tokenOf(1), 1, []));
		expect(unwrap(await again.stat(mailbox, writeKey)).packets).toBe(1);
		unwrap(await bob.acknowledgeContents(mailbox, tokenOf(1), [long.packet]));
		expect(unwrap(await again.stat(mailbox, writeKey)).packets).toBe(0);
		await until(() => expect(again.heard.deleted).toEqual([toHex(long.packet)]));
	});
});

describe('a quota', () => {
	const { address } = DEFAULT_LIMITS.quotas;
	const limited = (changes: Partial<typeof address>): MailboxLimits => ({
		...DEFAULT_LIMITS,
		quotas: { ...DEFAULT_LIMITS.quotas, address: { ...address, ...changes } },
	});

	it('[MB27] bounds what one address puts, tells when to come back, and holds up nobody else', async () => {
		const world = await createWorld({ limits: limited({ puts: { burst: 3, perSecond: 0.5 } }) });
		const { mailbox, writeKey } = world;
		await world.opened(1);
		const [greedy, other] = [world.client('a'), world.client('b')];
		for (const n of [1, 2, 3]) unwrap(await greedy.put(mailbox, writeKey, packetOf(n)));
		const refused = await greedy.put(mailbox, writeKey, packetOf(4));
		expect(refused).toMatchObject({ error: { type: 'quota', retryAfter: 2000 } });
		expect(errorOf(await world.client('a').push(mailbox, writeKey, packetOf(5)))).toBe('quota');
		unwrap(await other.put(mailbox, writeKey, packetOf(6)));
		world.clock.advance(2000);
		unwrap(await greedy.put(mailbox, writeKey, packetOf(4)));
	});

	it('[MB27] bounds mailboxes made and bytes kept, not those that are there', async () => {
		const world = await createWorld({
			limits: limited({
				opens: { burst: 1, perSecond: 0.1 },
				bytes: { burst: 2048, perSecond: 1 },
			}),
		});
		const { mailbox, writeKey } = world;
		const alice = await world.opened(1);
		const own = { writeKey, ownerKey: world.ownerKey.publicKey, tokenHashes: [] };
		expect(errorOf(await alice.open({ ...own, ownerKey: bytesOf(8) }))).toBe('quota');
		unwrap(await alice.open(own));
		for (const n of [1, 2]) unwrap(await alice.put(mailbox, writeKey, packetOf(n)));
		expect(errorOf(await alice.put(mailbox, writeKey, packetOf(3)))).toBe('quota');
		unwrap(await alice.push(mailbox, writeKey, packetOf(3)));
	});

	it('[MB27] bounds connections and guesses from one address', async () => {
		const world = await createWorld({
			limits: limited({ connections: 2, wrongProofs: { burst: 2, perSecond: 0.1 } }),
		});
		await world.opened(1);
		const [one, two] = [world.client('a'), world.client('a')];
		unwrap(await one.ready);
		unwrap(await two.ready);
		expect(await world.client('a').ready).toMatchObject({
			error: { type: 'refused', retryAfter: 30_000 },
		});
		unwrap(await world.client('b').ready);
		two.close('gone');
		for (let n = 0; n < 2; n++) {
			expect(errorOf(await one.stat(world.mailbox, world.strangerKey))).toBe('denied');
		}
		expect(errorOf(await world.client('a').ready)).toBe('refused');
	});
});
