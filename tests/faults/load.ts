// People who write and read through a relay that fails on them: everything they were promised is noted, and in the end
// compared with what arrived. They do what a client does: retry what got no answer, keep before they acknowledge.
import { reachRelay } from '../support/relay-process.ts';
import { bytesOf, crypto, hashOf, packetOf, tokenOf } from '../support/mailbox-world.ts';
import type { MailboxClient, PacketToStore } from '#lib/mailbox/client-api.ts';
import { mailboxId } from '#lib/mailbox/proofs.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';

export interface Report {
	/** Packets for which a receipt came. */
	acknowledged: number;
	/** Promised packets times recipients that never got them. */
	lost: number;
	/** Packets that came again to somebody whose acknowledgement had been confirmed. */
	duplicated: number;
	/** Packets still there after everybody had acknowledged everything. */
	left: number;
}

export interface LoadOptions {
	readonly url: () => string;
	readonly mailboxes: number;
	readonly recipients: number;
	/** Packets that each writer has under way at once. */
	readonly window: number;
	/** The share of packets after whose receipt a reader crashes before it acknowledges. */
	readonly crashes: number;
	/** The first readers that don't read before they are told to. */
	readonly silent?: number;
}

export interface Load {
	/** Receipts so far. */
	acknowledged(): number;
	/** Ids (hex) that were promised to whom by now, and those whose acknowledgements were confirmed. */
	books(): { readonly promised: readonly Promised[]; readonly confirmed: ReadonlySet<string> };
	/** The silent ones begin. */
	read(): void;
	/** Everybody ends where they are; nothing is compared. */
	stop(): void;
	/** Stops the writers, waits until all has arrived (or `within` ms are over), and reports. */
	finish(within: number): Promise<Report>;
}

export interface Promised {
	readonly mailbox: number;
	readonly packet: string;
}

export interface Place {
	readonly mailbox: Bytes;
	readonly token: (reader: number) => Bytes;
	open(client: MailboxClient): Promise<boolean>;
	put(client: MailboxClient, packet: PacketToStore): Promise<boolean>;
	left(client: MailboxClient): Promise<number | undefined>;
}

export const pause = (ms: number): Promise<void> =>
	new Promise((resolve) => {
		setTimeout(resolve, ms);
	});

/** The `n`th mailbox of a run, for so many readers. */
export async function placeOf(n: number, readers: number): Promise<Place> {
	const writeKey = await crypto.signingKey(bytesOf(7000 + n));
	const ownerKey = bytesOf(8000 + n);
	const mailbox = mailboxId(crypto, writeKey.publicKey, ownerKey);
	const tokenHashes = Array.from({ length: readers }, (_, reader) => hashOf(n * 100 + reader));
	return {
		mailbox,
		token: (reader) => tokenOf(n * 100 + reader),
		open: async (client) => (await client.open({ writeKey, ownerKey, tokenHashes })).ok,
		put: async (client, packet) => {
			const put = await client.put(mailbox, writeKey, packet);
			// Gone: it was stored, though the receipt never came, and everybody has acknowledged it since.
			return put.ok || put.error.type === 'gone';
		},
		left: async (client) => {
			const stat = await client.stat(mailbox, writeKey);
			return stat.ok ? stat.value.packets : undefined;
		},
	};
}

/** A packet of its own: the `n`th one of a writer. */
const packetAt = (place: number, n: number): PacketToStore => ({
	...packetOf(place * 1_000_000 + n),
	ttl: 14 * 86_400,
});

/** A connection that is made anew whenever it has ended. */
function keepConnected(
	url: () => string,
	onConnected: (client: MailboxClient) => Promise<boolean>,
): { readonly current: () => MailboxClient | undefined; readonly stop: () => void } {
	let client: MailboxClient | undefined;
	let stopped = false;
	const run = async (): Promise<void> => {
		while (!stopped) {
			const { client: made } = reachRelay(url());
			const closed = new Promise<void>((resolve) => {
				made.onClose = () => {
					resolve();
				};
			});
			if ((await made.ready).ok && (await onConnected(made))) {
				client = made;
				await closed;
				client = undefined;
			} else {
				made.close('not ready');
				await pause(50);
			}
		}
	};
	void run();
	return {
		current: () => client,
		stop: () => {
			stopped = true;
			client?.close('stopped');
		},
	};
}

interface Reader {
	readonly kept: Set<string>;
	readonly confirmed: Set<string>;
	duplicated: number;
	stop(): void;
}

function createReader(options: LoadOptions, place: Place, n: number, begin: Promise<void>): Reader {
	/** What survives a crash of this reader. */
	const kept = new Set<string>();
	const confirmed = new Set<string>();
	const token = place.token(n);
	let seen = 0;
	const link = keepConnected(options.url, async (client) => {
		await begin;
		const crash = (): boolean => {
			seen += 1;
			if (options.crashes === 0 || seen % Math.round(1 / options.crashes) !== 0) return false;
			client.close('crashed');
			return true;
		};
		client.onPacket = (_, __, packet) => {
			const id = toHex(packet);
			if (confirmed.has(id)) reader.duplicated += 1;
			if (crash()) return;
			kept.add(id);
			void client.acknowledge(place.mailbox, token, 0, [packet]).then((done) => {
				if (done.ok) confirmed.add(id);
				// It comes again, and is acknowledged then.
				else client.close('no answer');
			});
		};
		for (let cursor = 0; ;) {
			const waiting = await client.subscribe(place.mailbox, token, cursor);
			if (!waiting.ok) return false;
			const { packets, more } = waiting.value;
			for (const { packet } of packets) if (confirmed.has(toHex(packet))) reader.duplicated += 1;
			const ids = packets.map(({ packet }) => packet);
			if (ids.length > 0 && !(await client.fetch(place.mailbox, token, ids)).ok) return false;
			({ cursor } = waiting.value);
			if (!more) return true;
		}
	});
	const reader: Reader = { kept, confirmed, duplicated: 0, stop: link.stop };
	return reader;
}

export async function createLoad(options: LoadOptions): Promise<Load> {
	const { mailboxes, recipients, window } = options;
	const places = await Promise.all(
		Array.from({ length: mailboxes }, (_, n) => placeOf(n, recipients)),
	);
	const promised: Promised[] = [];
	const links: { stop(): void }[] = [];
	const writers: Promise<void>[] = [];
	const readers: Reader[][] = [];
	let writing = true;
	let stopped = false;
	let read = (): void => undefined;
	const told = new Promise<void>((resolve) => (read = resolve));

	for (const [at, place] of places.entries()) {
		const link = keepConnected(options.url, (client) => place.open(client));
		links.push(link);
		while (link.current() === undefined) await pause(20);
		readers.push(
			Array.from({ length: recipients }, (_, reader) =>
				createReader(
					options,
					place,
					reader,
					reader < (options.silent ?? 0) ? told : Promise.resolve(),
				),
			),
		);
		let next = 0;
		const write = async (): Promise<void> => {
			while (writing) {
				const packet = packetAt(at, next);
				next += 1;
				// Begun means seen through: the same packet until there is a receipt.
				for (;;) {
					if (stopped) return;
					const client = link.current();
					if (client !== undefined && (await place.put(client, packet))) break;
					await pause(20);
				}
				promised.push({ mailbox: at, packet: toHex(packet.packet) });
				await pause(5);
			}
		};
		for (let n = 0; n < window; n++) writers.push(write());
	}

	const missing = (): number =>
		promised.reduce(
			(sum, { mailbox, packet }) =>
				sum + (readers[mailbox] ?? []).filter(({ kept }) => !kept.has(packet)).length,
			0,
		);
	const leftIn = async (): Promise<number> => {
		const { client } = reachRelay(options.url());
		const counts = await Promise.all(places.map((place) => place.left(client)));
		client.close('done');
		return counts.reduce<number>((sum, count) => sum + (count ?? 1), 0);
	};
	const stopWriting = async (): Promise<void> => {
		writing = false;
		await Promise.all(writers);
	};

	return {
		acknowledged: () => promised.length,
		books: () => ({
			promised: [...promised],
			confirmed: new Set(
				readers.flatMap((each, mailbox) =>
					each.flatMap(({ confirmed }, reader) =>
						[...confirmed].map((packet) => `${String(mailbox)} ${String(reader)} ${packet}`),
					),
				),
			),
		}),
		read: () => {
			read();
		},
		stop: () => {
			stopped = true;
			writing = false;
			for (const link of [...links, ...readers.flat()]) link.stop();
		},
		finish: async (within) => {
			const late = performance.now() + within;
			await Promise.race([stopWriting(), pause(within)]);
			while (performance.now() < late && missing() > 0) await pause(100);
			// At least one look, however late it is.
			let left = await leftIn();
			while (performance.now() < late && left > 0) {
				await pause(500);
				left = await leftIn();
			}
			stopped = true;
			for (const link of [...links, ...readers.flat()]) link.stop();
			return {
				acknowledged: promised.length,
				lost: missing(),
				duplicated: readers.flat().reduce((sum, reader) => sum + reader.duplicated, 0),
				left,
			};
		},
	};
}
