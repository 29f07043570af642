// Random lives of mailboxes and connections, against what has to hold whatever happens.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../relay-server/store/sqlite.ts';
import { createChannelPair } from '../support/channel-pair.ts';
import { live, MODEL_LIMITS, step } from '../support/mailbox-model.ts';
import { bytesOf, createWorld, crypto, GREET, packetOf } from '../support/mailbox-world.ts';
import { createMemoryMailboxStore } from '#lib/mailbox/memory-store.ts';
import { createReceiptSigner, createReceiptVerifier } from '#lib/mailbox/receipts.ts';
import { encodeClientFrame } from '#lib/protocol/mailbox.ts';
import { unwrap } from '#lib/util/result.ts';
import { until } from '../support/until.ts';

const box = bytesOf(1);
const id = (n: number) => bytesOf(100 + n);

describe('a mailbox', () => {
	it('[MB6] [MB10] [MB11] [MB18] [MB23] [MB24] [MB25] [MB26] lives like its model, in memory', async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(step, { maxLength: 80, size: 'max' }), async (steps) => {
				await live(createMemoryMailboxStore(MODEL_LIMITS), steps, async (store) => store);
			}),
			{ numRuns: 300 },
		);
	});

	it('[MB6] [MB10] [MB11] [MB18] [MB23] [MB24] [MB25] [MB26] [RS1] lives like its model, in SQLite across restarts', async () => {
		const folder = await mkdtemp(join(tmpdir(), 'mailboxes-'));
		let files = 0;
		await fc.assert(
			fc.asyncProperty(fc.array(step, { maxLength: 50, size: 'max' }), async (steps) => {
				const path = join(folder, String(files++));
				const openStore = async () => unwrap(await openSqliteStore(path, MODEL_LIMITS));
				const last = await live(await openStore(), steps, async (store) => {
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
