// The rules of a mailbox in their plainest form, and random lives by which a store is held against them.
import fc from 'fast-check';
import { expect } from 'vitest';
import { blockOf, bytesOf } from './mailbox-world.ts';
import { DEFAULT_LIMITS, type StoreLimits } from '#lib/mailbox/limits.ts';
import type { MailboxStore, MailboxStoreError } from '#lib/ports/mailbox-store.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { unwrap, type Result } from '#lib/util/result.ts';

const TOKENS = 4;
const PACKETS = 6;
const CHUNK = 100;
const IDLE = 60;
/** A mailbox of three tokens is a large one here. */
export const MODEL_LIMITS: StoreLimits = {
	...DEFAULT_LIMITS.store,
	smallMailbox: 2,
	tokenIdle: IDLE,
};

const box = bytesOf(1);
const token = (n: number): Bytes => bytesOf(10 + n);
const id = (n: number): Bytes => bytesOf(100 + n);
const ALL = Array.from({ length: TOKENS }, (_, n) => n);

const packet = fc.nat(PACKETS - 1);
const packets = fc.array(packet, { maxLength: 3 });
const who = fc.nat(TOKENS - 1);
const to = fc.option(fc.uniqueArray(who, { minLength: 1 }));
const does = <const T extends string>(name: T) => fc.constant(name);

export const step = fc.oneof(
	{
		weight: 5,
		arbitrary: fc.record({ do: does('put'), packet, to, ttl: fc.integer({ min: 1, max: 99 }) }),
	},
	{
		weight: 3,
		arbitrary: fc.record({
			...{ do: does('begin'), packet, to, ttl: fc.integer({ min: 1, max: 99 }) },
			...{ chunks: fc.integer({ min: 1, max: 2 }), until: fc.integer({ min: 1, max: 60 }) },
		}),
	},
	{ weight: 5, arbitrary: fc.record({ do: does('chunk'), packet, index: fc.nat(2) }) },
	{ weight: 4, arbitrary: fc.record({ do: does('commit'), packet }) },
	{
		weight: 4,
		arbitrary: fc.record({ do: does('ack'), token: who, cursor: fc.nat(8), packets }),
	},
	{ weight: 4, arbitrary: fc.record({ do: does('contents'), token: who, packets }) },
	{ weight: 1, arbitrary: fc.record({ do: does('remove'), token: who }) },
	{ weight: 2, arbitrary: fc.record({ do: does('seen'), token: who }) },
	{ weight: 1, arbitrary: fc.record({ do: does('delete'), packet }) },
	{ weight: 3, arbitrary: fc.record({ do: does('expire'), pass: fc.nat(40) }) },
	{ weight: 1, arbitrary: fc.record({ do: does('restart') }) },
);
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Kept {
	/** 0: not committed. */
	number: number;
	readonly expiry: number;
	readonly until: number;
	readonly chunks: number;
	readonly there: Set<number>;
	readonly to: readonly number[] | null;
	waiting: Set<number>;
	contents: Set<number>;
}

type Failure = MailboxStoreError['type'];
const typeOf = (result: Result<unknown, MailboxStoreError>): Failure | 'ok' =>
	result.ok ? 'ok' : result.error.type;

/** Leads a store through a life; returns the one that it ended with. */
export async function live(
	first: MailboxStore,
	steps: readonly Step[],
	restart: (store: MailboxStore) => Promise<MailboxStore>,
): Promise<MailboxStore> {
	let store = first;
	let [now, next] = [1000, 1];
	const kept = new Map<number, Kept>();
	const gone = new Set<number>();
	const tokens = ALL.map(() => ({ state: 'live', seen: now }));
	unwrap(await store.open({ mailbox: box, writeKey: bytesOf(2), ownerKey: bytesOf(3) }));
	unwrap(await store.addTokens(box, ALL.map(token), now));

	const isThere = (n: number): boolean => tokens[n]?.state !== 'removed';
	const recipients = (named: readonly number[] | null): Set<number> | undefined => {
		if (named?.some((n) => !isThere(n)) === true) return undefined;
		const found = (named ?? ALL).filter((n) => tokens[n]?.state === 'live');
		return found.length === 0 ? undefined : new Set(found);
	};
	const place = (one: Kept, waiting: Set<number>): void => {
		one.number = next++;
		one.waiting = new Set(waiting);
		if (one.chunks > 0) one.contents = new Set(waiting);
	};
	/** What nobody waits for any longer is gone. */
	const settle = (before: readonly number[]): number[] =>
		before.filter((n) => {
			const one = kept.get(n);
			if (one === undefined || one.waiting.size + one.contents.size > 0) return false;
			kept.delete(n);
			gone.add(n);
			return true;
		});
	/** Takes this token out of these; returns those that are finished by it. */
	const release = (n: number, of: readonly ('waiting' | 'contents')[], named?: Set<number>) => {
		const changed = [...kept].filter(
			([p, one]) =>
				(named?.has(p) ?? true) && of.map((set) => one[set].delete(n)).some((was) => was),
		);
		return settle(changed.map(([p]) => p));
	};
	const admit = (s: { packet: number; to: readonly number[] | null }): Failure | Set<number> =>
		gone.has(s.packet) ? 'gone' : (recipients(s.to) ?? 'unknown-token');
	const sorted = (ids: readonly Bytes[]): string[] => ids.map(String).sort();

	const take = async (s: Step): Promise<void> => {
		switch (s.do) {
			case 'put':
			case 'begin': {
				const chunks = s.do === 'begin' ? s.chunks : 0;
				const until = s.do === 'begin' ? now + s.until : Infinity;
				const asked = {
					...{ mailbox: box, packet: id(s.packet), deleteHash: bytesOf(5) },
					...{ expiry: now + s.ttl, to: s.to?.map(token) ?? null, block: blockOf(s.packet) },
				};
				const done =
					s.do === 'put' ? await store.put(asked) : await store.begin({ ...asked, chunks, until });
				const known = kept.get(s.packet);
				if (known !== undefined) {
					expect(typeOf(done)).toBe(known.chunks === chunks ? 'ok' : 'conflict');
					if (done.ok && s.do === 'put') {
						expect(done.value).toMatchObject({ number: known.number, fresh: false });
					}
					return;
				}
				const admitted = admit(s);
				expect(typeOf(done)).toBe(typeof admitted === 'string' ? admitted : 'ok');
				if (typeof admitted === 'string') return;
				const expiry = now + s.ttl;
				const one: Kept = {
					...{ number: 0, expiry, until: Math.min(until, expiry), chunks, to: s.to },
					...{ there: new Set(), waiting: new Set(), contents: new Set() },
				};
				kept.set(s.packet, one);
				if (s.do === 'put') place(one, admitted);
				return;
			}
			case 'chunk': {
				const one = kept.get(s.packet);
				const bytes = blockOf(s.index, CHUNK);
				const done = typeOf(await store.putChunk(box, id(s.packet), s.index, bytes));
				if (one === undefined || s.index >= one.chunks) expect(done).toBe('unknown-packet');
				else {
					expect(done).toBe('ok');
					one.there.add(s.index);
				}
				return;
			}
			case 'commit': {
				const one = kept.get(s.packet);
				const done = await store.commit(box, id(s.packet));
				if (one === undefined || one.chunks === 0) {
					expect(typeOf(done)).toBe(gone.has(s.packet) ? 'gone' : 'unknown-packet');
				} else if (one.number > 0) {
					expect(done).toMatchObject({ value: { number: one.number, fresh: false } });
				} else if (one.there.size < one.chunks) expect(typeOf(done)).toBe('incomplete');
				else {
					const found = recipients(one.to);
					if (found === undefined) expect(typeOf(done)).toBe('unknown-token');
					else {
						place(one, found);
						expect(done).toMatchObject({ value: { number: one.number, fresh: true } });
					}
				}
				return;
			}
			case 'ack':
			case 'contents': {
				const named = s.packets.map(id);
				const done =
					s.do === 'ack'
						? await store.acknowledge(box, token(s.token), s.cursor, named)
						: await store.acknowledgeContents(box, token(s.token), named);
				expect(typeOf(done)).toBe(isThere(s.token) ? 'ok' : 'unknown-token');
				if (!done.ok) return;
				const upTo = s.do === 'ack' && s.cursor < next ? s.cursor : 0;
				const before = [...kept].filter(([, one]) => one.number > 0 && one.number <= upTo);
				const all = new Set([...s.packets, ...before.map(([n]) => n)]);
				const finished = release(s.token, [s.do === 'ack' ? 'waiting' : 'contents'], all);
				expect(sorted(done.value)).toEqual(sorted(finished.map(id)));
				return;
			}
			case 'remove': {
				const done = await store.removeToken(box, token(s.token));
				const one = tokens[s.token];
				expect(typeOf(done)).toBe(isThere(s.token) ? 'ok' : 'unknown-token');
				if (!done.ok || one === undefined) return;
				one.state = 'removed';
				const finished = release(s.token, ['waiting', 'contents']);
				expect(sorted(done.value)).toEqual(sorted(finished.map(id)));
				return;
			}
			case 'seen': {
				await store.seen([{ mailbox: box, tokenHash: token(s.token) }], now);
				const one = tokens[s.token];
				if (one !== undefined && one.state !== 'removed') {
					Object.assign(one, { state: 'live', seen: now });
				}
				return;
			}
			case 'delete': {
				const was = kept.delete(s.packet);
				if (was) gone.add(s.packet);
				expect(unwrap(await store.delete(box, id(s.packet)))).toBe(was);
				return;
			}
			case 'expire': {
				now += s.pass;
				let count = 0;
				for (const [n, one] of [...kept]) {
					if ((one.number === 0 ? one.until : one.expiry) > now) continue;
					kept.delete(n);
					count += 1;
				}
				const there = tokens.filter(({ state }) => state !== 'removed').length;
				for (const [n, one] of tokens.entries()) {
					if (there <= MODEL_LIMITS.smallMailbox) break;
					if (one.state !== 'live' || one.seen + IDLE > now) continue;
					one.state = 'idle';
					count += release(n, ['waiting', 'contents']).length;
				}
				expect(await store.expire(now)).toBe(count);
				return;
			}
			case 'restart':
				store = await restart(store);
		}
	};

	const look = async (): Promise<void> => {
		for (const n of ALL) {
			const waiting = [...kept].filter(([, one]) => one.waiting.has(n));
			const numbers = waiting.map(([, one]) => one.number).sort((a, b) => a - b);
			const told = await store.waiting(box, token(n), 0, 99);
			expect(told.map((one) => one.number)).toEqual(numbers);
			const every = Array.from({ length: PACKETS }, (_, i) => id(i));
			const fetched = await store.fetch(box, token(n), every);
			expect(sorted(fetched.map((one) => one.packet))).toEqual(sorted(waiting.map(([p]) => id(p))));
			for (const [p, one] of kept) {
				const first = await store.fetchChunk(box, token(n), id(p), 0);
				expect(first !== undefined).toBe(one.contents.has(n));
			}
		}
		for (const [p, one] of kept) {
			const chunks = await store.chunks(box, id(p));
			const there = [...one.there].sort((a, b) => a - b);
			const expected = { chunks: one.chunks, there, committed: one.number > 0 };
			expect(chunks).toEqual(one.chunks === 0 ? undefined : expected);
		}
		const bytes = [...kept.values()].map(({ there }) => 1024 + there.size * CHUNK);
		expect(await store.status(box)).toEqual({
			packets: kept.size,
			bytes: bytes.reduce((sum, each) => sum + each, 0),
		});
	};

	for (const s of steps) {
		await take(s);
		await look();
	}
	return store;
}
