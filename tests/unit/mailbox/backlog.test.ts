// What a relay keeps in memory for clients that read slowly.
import { expect, it } from 'vitest';
import { blockOf, createWorld, hashOf, packetOf, tokenOf } from '../../support/mailbox-world.ts';
import { createBacklog } from '#lib/mailbox/backlog.ts';
import { DEFAULT_LIMITS } from '#lib/mailbox/limits.ts';
import { unwrap } from '#lib/util/result.ts';

const KIB = 1024;

it('[MB30] is bounded in all: the slowest are disconnected, and nobody else', async () => {
	const limits = { ...DEFAULT_LIMITS, sendBuffers: 1000 * KIB };
	const world = await createWorld({ limits });
	const { mailbox, writeKey } = world;
	const alice = await world.opened(5);
	const readers = await Promise.all(
		[1, 2, 3, 4].map(async (n) => {
			const reader = world.client();
			unwrap(await reader.subscribe(mailbox, tokenOf(n), 0));
			if (n < 4) reader.ends[0].stall();
			return reader;
		}),
	);
	const push = async (to: number, count: number): Promise<void> => {
		for (let n = 0; n < count; n++) {
			const packet = { ...packetOf(n, [hashOf(to)]), block: blockOf(n, 16_384) };
			unwrap(await alice.push(mailbox, writeKey, packet));
		}
	};
	await push(1, 20);
	await push(4, 40);
	await push(2, 16);
	expect(readers.every((reader) => reader.ends[1].closed === undefined)).toBe(true);
	await push(3, 40);
	const closed = readers.map((reader) => reader.ends[1].closed?.slice(0, 8));
	expect(closed).toEqual([undefined, undefined, 'too slow', undefined]);
	expect(readers[3]?.heard.packets).toHaveLength(40);
});

it('[MB30] counts anew what was read meanwhile', () => {
	const closed: string[] = [];
	const receiver = (name: string) => {
		const one = {
			bytes: 0,
			waiting: () => one.bytes,
			close: () => {
				closed.push(name);
			},
		};
		return one;
	};
	const backlog = createBacklog<ReturnType<typeof receiver>>(() => 1000 * KIB);
	const many = Array.from({ length: 20 }, (_, n) => receiver(String(n)));
	// Each had much for a moment and has read it.
	for (const one of many) backlog.note(one, 100 * KIB);
	expect(closed).toEqual([]);
	for (const [n, one] of many.entries()) {
		one.bytes = (100 + n) * KIB;
		backlog.note(one, one.bytes);
	}
	expect(closed).toContain('9');
	expect(closed).not.toContain('0');
});
