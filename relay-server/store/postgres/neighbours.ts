// The relay's other processes on this database, reached through its notifications on a connection of its own: what is
// said within some milliseconds goes as one. Where the database has no notifications, the looks into it remain. [RS7]
import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { createReader, encodeMessage, type Frame } from './hints.ts';
import { connect, destroy, type Statements } from './line.ts';
import type { Neighbours, News } from '#lib/ports/neighbours.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';

const CHANNEL = 'aegis_relay';
/** Milliseconds. */
const GATHER = 5;
const HERE_EVERY = 2000;
const GONE_AFTER = 7000;
const REACHED_WITHIN = 500;
const RECONNECT_AFTER = 500;
/** Frames that wait to be sent; beyond them the others are told that they missed some. */
const MAX_WAITING = 20_000;

export interface PostgresNeighbours extends Neighbours {
	end(): Promise<void>;
}

interface Asked {
	readonly reached: Map<string, Bytes>;
	readonly missing: Set<string>;
	readonly done: () => void;
}

export function createNeighbours(urls: readonly string[], reads: Statements): PostgresNeighbours {
	const own = randomBytes(12).toString('base64url');
	const reader = createReader();
	/** When each of the others was last heard. */
	const heard = new Map<string, number>();
	const asked = new Map<number, Asked>();
	let client: pg.Client | undefined;
	let waiting: Frame[] = [];
	/** Frames about packets stored that wait to be sent, by mailbox. */
	let stored = new Map<string, Frame & { type: 'stored' }>();
	let missed = false;
	let sending = false;
	let gathering: NodeJS.Timeout | undefined;
	let messages = 0;
	let pushes = 0;
	let ended = false;
	/** What it says comes back to it, or its connection is dead. */
	let heardOwn = 0;

	const flush = async (): Promise<void> => {
		gathering = undefined;
		if (client === undefined || sending) return;
		sending = true;
		try {
			while (waiting.length + stored.size > 0 || missed) {
				const frames: Frame[] = [...waiting, ...stored.values()];
				if (missed) frames.unshift({ type: 'missed' });
				waiting = [];
				stored = new Map();
				missed = false;
				for (let at = 0; at < frames.length;) {
					messages += 1;
					const { texts, count } = encodeMessage(own, messages, frames.slice(at));
					at += count;
					await client.query({
						name: 'notify',
						text: 'SELECT pg_notify($1, n.payload) FROM unnest($2::text[]) AS n(payload)',
						values: [CHANNEL, texts],
					});
				}
			}
		} catch {
			missed = true;
		}
		sending = false;
	};
	const say = (frame: Frame): void => {
		// Nobody listens, or nobody can be reached: those that come look for themselves.
		if (frame.type !== 'here' && heard.size === 0) return;
		if (frame.type === 'stored') stored.set(toHex(frame.mailbox), frame);
		else waiting.push(frame);
		if (waiting.length + stored.size > MAX_WAITING) {
			waiting = [];
			stored = new Map();
			missed = true;
		}
		gathering ??= setTimeout(() => void flush(), GATHER);
	};

	const lose = (process: string): void => {
		if (!heard.delete(process)) return;
		for (const one of asked.values()) {
			one.missing.delete(process);
			if (one.missing.size === 0) one.done();
		}
		neighbours.onGone?.(process);
	};
	const take = (from: string, frame: Frame): void => {
		switch (frame.type) {
			case 'here':
				if (frame.asks) say({ type: 'here', asks: false });
				return;
			case 'gone':
				lose(from);
				return;
			case 'missed':
				neighbours.onGap?.();
				return;
			case 'push': {
				const tokenHashes = (neighbours.onPush?.(frame.packet) ?? []).slice(0, 256);
				say({ type: 'reached', by: from, push: frame.push, tokenHashes });
				return;
			}
			case 'reached': {
				const one = frame.by === own ? asked.get(frame.push) : undefined;
				if (one === undefined) return;
				for (const hash of frame.tokenHashes) one.reached.set(toHex(hash), hash);
				one.missing.delete(from);
				if (one.missing.size === 0) one.done();
				return;
			}
			default:
				neighbours.onHint?.(frame, from);
		}
	};
	const hear = (payload: string): void => {
		const message = reader.take(payload);
		if (message === undefined) return;
		const { from, frames } = message;
		if (from === own) {
			heardOwn = performance.now();
			return;
		}
		const isNew = !heard.has(from);
		heard.set(from, performance.now());
		if (isNew && frames[0]?.type !== 'gone') neighbours.onGap?.();
		for (const frame of frames) take(from, frame);
	};

	const listen = async (): Promise<void> => {
		try {
			const connected = await connect(urls);
			const { client: found } = connected;
			found.on('notification', ({ payload }) => hear(payload ?? ''));
			found.on('end', () => {
				if (client === found) client = undefined;
				if (!ended) reconnect();
			});
			await found.query(`LISTEN ${CHANNEL}`);
			client = found;
			heardOwn = performance.now();
			say({ type: 'here', asks: true });
			// What was said meanwhile was not heard.
			neighbours.onGap?.();
		} catch {
			if (!ended) reconnect();
		}
	};
	const reconnect = (): void => {
		setTimeout(() => {
			if (!ended) void listen();
		}, RECONNECT_AFTER).unref();
	};
	const beat = setInterval(() => {
		say({ type: 'here', asks: false });
		if (client !== undefined && performance.now() - heardOwn > GONE_AFTER) destroy(client);
		for (const [process, at] of heard) if (performance.now() - at > GONE_AFTER) lose(process);
	}, HERE_EVERY);
	beat.unref();
	void listen();

	const neighbours: PostgresNeighbours = {
		onHint: undefined,
		onPush: undefined,
		onGone: undefined,
		onGap: undefined,
		tell: say,
		push: (packet) => {
			if (heard.size === 0) return Promise.resolve([]);
			pushes += 1;
			const push = pushes;
			return new Promise((resolve) => {
				const done = (): void => {
					clearTimeout(late);
					asked.delete(push);
					resolve([...one.reached.values()]);
				};
				const late = setTimeout(done, REACHED_WITHIN);
				const one: Asked = { reached: new Map(), missing: new Set(heard.keys()), done };
				asked.set(push, one);
				say({ type: 'push', push, packet });
			});
		},
		news: async (mailbox, after, upTo, tokenHashes, limit) => {
			const rows = await reads.all<Omit<News, 'tokenHashes'> & { hashes: Bytes[] }>(
				`SELECT p.number, p.packet, p.size, p.expiry, p.block, w.hashes FROM (
					SELECT d.packet, array_agg(t.hash) AS hashes FROM aegis_mailboxes m
					JOIN aegis_tokens t ON t.mailbox = m.id AND t.hash = ANY($4::bytea[])
					JOIN aegis_deliveries d ON d.token = t.id AND d.number > $2 AND d.number <= $3
					WHERE m.mailbox = $1 GROUP BY d.packet, d.number ORDER BY d.number LIMIT $5
				) w JOIN aegis_packets p ON p.id = w.packet ORDER BY p.number`,
				mailbox,
				after,
				upTo,
				tokenHashes,
				limit,
			);
			return rows.map(({ hashes, ...row }) => ({ ...row, tokenHashes: hashes }));
		},
		highest: (mailboxes) =>
			reads.all(
				'SELECT mailbox, highest FROM aegis_mailboxes WHERE mailbox = ANY($1::bytea[])',
				mailboxes,
			),
		end: async () => {
			say({ type: 'gone' });
			clearTimeout(gathering);
			await flush();
			ended = true;
			clearInterval(beat);
			for (const one of asked.values()) one.done();
			await client?.end().catch(() => undefined);
		},
	};
	return neighbours;
}
