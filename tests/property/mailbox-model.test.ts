// Random lives of mailboxes and connections, against what has to hold whatever happens.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../relay-server/store/sqlite.ts';
import { createChannelPair } from '../support/channel-pair.ts';
import {
	blockOf,
	bytesOf,
	createWorld,
	crypto,
	GREET,
	packetOf,
} from '../support/mailbox-world.ts';
import { DEFAULT_LIMITS } from '#lib/mailbox/limits.ts';
import { createMemoryMailboxStore } from '#lib/mailbox/memory-store.ts';
import { createReceiptSigner, createReceiptVerifier } from '#lib/mailbox/receipts.ts';
import type { MailboxStore } from '#lib/ports/mailbox-store.ts';
import { encodeClientFrame } from '#lib/protocol/mailbox.ts';
import { unwrap } from '#lib/util/result.ts';
import { until } from '../support/until.ts';

const TOKENS = 3;
const PACKETS = 6;
const box = bytesOf(1);
const token = (n: number) => bytesOf(10 + n);
const id = (n: number) => bytesOf(100 + n);

type Step =
	| {
			readonly do: 'put';
			readonly packet: number;
			readonly to: readonly number[] | null;
			readonly ttl: number;
	  }
	| {
			readonly do: 'ack';
			readonly token: number;
			readonly cursor: number;
			readonly packets: readonly number[];
	  }
	| { readonly do: 'delete'; readonly packet: number }
	| { readonly do: 'expire'; readonly pass: number }
	| { readonly do: 'restart' };

const packet = fc.nat(PACKETS - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
	{
		weight: 5,
		arbitrary: fc.record({
			do: fc.constant('put' as const),
			packet,
			to: fc.option(fc.uniqueArray(fc.nat(TOKENS - 1), { minLength: 1 })),
			ttl: fc.integer({ min: 1, max: 50 }),
		}),
	},
	{
		weight: 5,
		arbitrary: fc.record({
			do: fc.constant('ack' as const),
			token: fc.nat(TOKENS - 1),
			cursor: fc.nat(8),
			packets: fc.array(packet, { maxLength: 3 }),
		}),
	},
	{ weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), packet }) },
	{
		weight: 2,
		arbitrary: fc.record({ do: fc.constant('expire' as const), pass: fc.nat(40) }),
	},
	{ weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
);

/** The rules in their plainest form. */
interface Model {
	now: number;
	next: number;
	readonly kept: Map<number, { number: number; expiry: number; waiting: Set<number> }>;
	readonly gone: Set<number>;
}

async function check(
	first: MailboxStore,
	steps: readonly Step[],
	restart: (store: MailboxStore) => Promise<MailboxStore>,
): Promise<MailboxStore> {
	let store = first;
	const model: Model = { now: 1000, next: 1, kept: new Map(), gone: new Set() };
	const keys = { writeKey: bytesOf(2), ownerKey: bytesOf(3) };
	const tokenHashes = Array.from({ length: TOKENS }, (_, n) => token(n));
	unwrap(await store.open({ mailbox: box, ...keys }));
	unwrap(await store.addTokens(box, tokenHashes, 1000));
	for (const s of steps) {
		switch (s.do) {
			case 'put': {
				const result = await store.put({
					mailbox: box,
					packet: id(s.packet),
					deleteHash: bytesOf(5),
					expiry: model.now + s.ttl,
					to: s.to?.map(token) ?? null,
					block: blockOf(s.packet),
				});
				const known = model.kept.get(s.packet);
				if (known !== undefined) {
					expect(result).toMatchObject({ value: { number: known.number, fresh: false } });
				} else if (model.gone.has(s.packet)) {
					expect(result).toMatchObject({ ok: false, error: { type: 'gone' } });
				} else {
					expect(result).toMatchObject({ value: { number: model.next, fresh: true } });
					const waiting = new Set(s.to ?? tokenHashes.keys());
					model.kept.set(s.packet, { number: model.next++, expiry: model.now + s.ttl, waiting });
				}
				break;
			}
			case 'ack': {
				const named = s.packets.map(id);
				const deleted = unwrap(await store.acknowledge(box, token(s.token), s.cursor, named));
				const upTo = s.cursor < model.next ? s.cursor : 0;
				const expected: number[] = [];
				for (const [n, one] of model.kept) {
					if (one.number > upTo && !s.packets.includes(n)) continue;
					if (!one.waiting.delete(s.token) || one.waiting.size > 0) continue;
					model.kept.delete(n);
					model.gone.add(n);
					expected.push(n);
				}
				expect(new Set(deleted)).toEqual(new Set(expected.map(id)));
				break;
			}
			case 'delete': {
				const was = model.kept.delete(s.packet);
				if (was) model.gone.add(s.packet);
				expect(unwrap(await store.delete(box, id(s.packet)))).toBe(was);
				break;
			}
			case 'expire': {
				model.now += s.pass;
				const old = [...model.kept].filter(([, one]) => one.expiry <= model.now);
				for (const [n] of old) model.kept.delete(n);
				expect(await store.expire(model.now)).toBe(old.length);
				break;
			}
			case 'restart':
				store = await restart(store);
		}
		for (const [n] of tokenHashes.entries()) {
			const waiting = [...model.kept].filter(([, one]) => one.waiting.has(n));
			const numbers = waiting.map(([, one]) => one.number).sort((a, b) => a - b);
			const told = await store.waiting(box, token(n), 0, 99);
			expect(told.map((one) => one.number)).toEqual(numbers);
			const fetched = await store.fetch(
				box,
				token(n),
				Array.from({ length: PACKETS }, (_, i) => id(i)),
			);
			const blocks = new Map(fetched.map((one) => [one.packet[3], one.block[0]]));
			expect(blocks).toEqual(new Map(waiting.map(([i]) => [id(i)[3], blockOf(i)[0]])));
		}
		const { packets, bytes } = await store.status(box);
		expect([packets, bytes]).toEqual([model.kept.size, model.kept.size * 1024]);
	}
	return store;
}

describe('a mailbox', () => {
	it('[MB6] [MB10] [MB11] [MB18] lives like its model, in memory', async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
				await check(createMemoryMailboxStore(), steps, async (store) => store);
			}),
			{ numRuns: 300 },
		);
	});

	it('[MB6] [MB10] [MB11] [MB18] [RS1] lives like its model, in SQLite across restarts', async () => {
		const folder = await mkdtemp(join(tmpdir(), 'mailboxes-'));
		let files = 0;
		await fc.assert(
			fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
				const path = join(folder, String(files++));
				const openStore = async () => unwrap(await openSqliteStore(path, DEFAULT_LIMITS.store));
				const last = await check(await openStore(), steps, async (store) => {
					await store.shutdown();
					return openStore();
				});
				await last.shutdown();
			}),
			{ numRuns: 12 },
		);
		await rm(folder, { recursive: true });
	});
});

describe('a relay', () => {
	it('[MB14] survives whatever bytes arrive, and goes on serving others', async () => {
		const world = await createWorld();
		const alice = await world.opened(1);
		const good = [
			GREET,
			encodeClientFrame({ type: 'subscribe', request: 1, token: 1, cursor: 0 }),
			encodeClientFrame({
				type: 'put',
				request: 2,
				mailbox: world.mailbox,
				...packetOf(1),
				chunks: 0,
			}),
			encodeClientFrame({ type: 'stat', request: 3, mailbox: bytesOf(404) }),
			encodeClientFrame({
				type: 'prove',
				request: 4,
				mailbox: world.mailbox,
				signature: new Uint8Array(64),
			}),
		];
		const frame = fc.oneof(
			fc.uint8Array({ maxLength: 200 }),
			fc.constantFrom(...good),
			fc.tuple(fc.constantFrom(...good), fc.nat(100), fc.nat(255)).map(([bytes, at, value]) => {
				const changed = bytes.slice();
				changed[at % changed.length] = value;
				return changed;
			}),
		);
		await fc.assert(
			fc.asyncProperty(fc.array(frame, { maxLength: 8 }), async (frames) => {
				const [end, relayEnd] = createChannelPair();
				world.machine.connect(relayEnd, 'there');
				for (const bytes of frames) end.send(bytes);
				await new Promise((resolve) => setImmediate(resolve));
				end.close('done');
				await new Promise((resolve) => setImmediate(resolve));
			}),
			{ numRuns: 200 },
		);
		await until(() => expect(world.machine.connections()).toBe(1));
		unwrap(await alice.stat(world.mailbox, world.writeKey));
	});

	it('[MB5] signs batches of any size so that each receipt proves its packet and no other', async () => {
		const key = await crypto.signingKey(bytesOf(1));
		await fc.assert(
			fc.asyncProperty(fc.integer({ min: 1, max: 70 }), fc.nat(), async (size, pick) => {
				const signer = createReceiptSigner(crypto, key);
				const receipts = await Promise.all(
					Array.from({ length: size }, (_, n) => signer.sign(box, id(n), 1000 + n)),
				);
				const verifier = createReceiptVerifier(crypto, key.publicKey);
				const n = pick % size;
				const receipt = receipts[n];
				if (receipt === undefined) throw new Error('no receipt');
				expect(await verifier.verify(box, id(n), receipt)).toBe(true);
				expect(await verifier.verify(box, id(size), receipt)).toBe(false);
				expect(await verifier.verify(bytesOf(9), id(n), receipt)).toBe(false);
				expect(await verifier.verify(box, id(n), { ...receipt, expiry: 0 })).toBe(false);
				expect(receipt.path.length).toBeLessThanOrEqual(Math.ceil(Math.log2(size)));
			}),
			{ numRuns: 40 },
		);
	});
});
