// The files of one space that are being fetched: from members' devices that are linked, and from relays. [FL4]
import { attachmentRoot, chunkHash } from '#lib/crypto/attachment.ts';
import { CHUNK, chunksOf } from '#lib/protocol/attachment-size.ts';
import { createFetch, type Fetch } from '#lib/transfer/fetching.ts';
import { equal, toHex } from '#lib/util/bytes.ts';
import { createSignal, type Readable } from '#lib/util/signal.ts';
import type { Links } from '../delivery/links.ts';
import type { TransferView } from '../files-api.ts';
import type { Ports } from '../ports.ts';
import { FILE_STATE, type KeptFiles } from '../space/file-book.ts';
import type { Space } from '../space/space-face.ts';
import { placeOf } from './place.ts';
import type { CopyReading } from './reading-copies.ts';

export interface Fetches {
	/** By place. */
	readonly views: Readable<ReadonlyMap<string, TransferView>>;
	find(key: string): Fetch | undefined;
	view(key: string): TransferView | undefined;
	begin(files: KeptFiles): Promise<void>;
	end(key: string): void;
	/** A member's device (hex) is linked. */
	onMember(device: string): void;
	/** Those whose message has gone end. */
	onGone(): void;
	/** Waits until a chunk is here; false when it isn't fetched any longer. */
	untilHeld(key: string, chunk: number): Promise<boolean>;
	stop(): void;
}

/** Progress is told at most so often, ms. */
const TELL_EVERY = 200;

export function createFetches(
	ports: Pick<Ports, 'clock' | 'crypto' | 'content' | 'bulkCrypto'>,
	own: string,
	space: Space,
	links: Links,
	reading: CopyReading,
): Fetches {
	const { clock, crypto, content } = ports;
	/** By message id (hex). */
	const fetches = new Map<string, { readonly fetch: Fetch; readonly place: string }>();
	const views = createSignal<ReadonlyMap<string, TransferView>>(new Map());
	let isTelling = false;
	let stopped = false;

	function tell(): void {
		if (isTelling) return;
		isTelling = true;
		clock.after(TELL_EVERY, () => {
			isTelling = false;
			const now = [...fetches.values()].map(({ fetch, place }) => [place, viewOf(fetch)] as const);
			if (!stopped) views.set(new Map(now));
		});
	}

	function viewOf(fetch: Fetch): TransferView {
		const { state, held, chunks, rate, left } = fetch.progress();
		return { state, done: held / chunks, rate, left };
	}

	const isMember = (device: string): boolean =>
		space.ledger.authority.devices.get(device)?.active === true;

	async function addSource(fetch: Fetch, device: string): Promise<void> {
		if (device === own || !isMember(device) || !links.carries(device, space.key)) return;
		const ways = links.files.to(device);
		if ((await ways.connect()) && !stopped) fetch.addSource(device, ways.device);
	}

	async function finish(key: string): Promise<void> {
		const now = await space.files.find(key);
		if (now !== undefined) await space.files.put({ ...now, state: FILE_STATE.whole });
	}

	function end(key: string): void {
		fetches.get(key)?.fetch.stop();
		reading.forget(key);
		if (fetches.delete(key)) tell();
	}

	return {
		views,
		find: (key) => fetches.get(key)?.fetch,
		view(key) {
			const running = fetches.get(key);
			return running && viewOf(running.fetch);
		},
		async begin(files) {
			const key = toHex(files.id);
			if (fetches.has(key) || stopped) return;
			const held = await content.held(files.name);
			const bulk = await ports.bulkCrypto();
			if (fetches.has(key) || stopped) return;
			/** The row as it is now; undefined once the message has gone. */
			const present = (): Promise<KeptFiles | undefined> => space.files.find(key);
			const fetch = createFetch({
				clock,
				of: { space: space.id, device: files.device, seq: files.seq, entry: files.id },
				length: files.length,
				hashes: files.hashes,
				held,
				hash: (sealed) => chunkHash(bulk, sealed),
				async takeHashes(hashes) {
					const fits = hashes.length === chunksOf(files.length) * 32;
					if (!fits || !equal(attachmentRoot(crypto, hashes), files.root)) return false;
					const now = await present();
					if (now !== undefined && now.hashes === null) await space.files.put({ ...now, hashes });
					return true;
				},
				async keep(chunk, sealed) {
					if ((await present()) === undefined) return false;
					const kept = await content.write(files.name, chunk, sealed);
					// It went while this was written: nobody else would find the chunk before the next start.
					if ((await present()) === undefined) await content.remove([files.name]);
					else if (kept.ok) reading.held(key, chunk);
					return kept.ok;
				},
				onChange: tell,
				onWhole: () => void finish(key),
			});
			fetches.set(key, { fetch, place: placeOf(files) });
			if (files.state === FILE_STATE.paused) fetch.pause();
			tell();
			for (const device of space.ledger.authority.devices.keys()) void addSource(fetch, device);
			void reading.follow(files, fetch);
		},
		end,
		onMember(device) {
			for (const { fetch } of fetches.values()) void addSource(fetch, device);
		},
		onGone() {
			for (const key of fetches.keys()) {
				void space.files.find(key).then((files) => {
					if (files === undefined) end(key);
				});
			}
		},
		async untilHeld(key, chunk) {
			const running = fetches.get(key);
			if (running === undefined) return true;
			running.fetch.prefer(chunk * CHUNK);
			return new Promise((resolve) => {
				const look = (): void => {
					if (running.fetch.has(chunk)) done(true);
					else if (fetches.get(key) !== running) done(false);
				};
				const done = (isHere: boolean): void => {
					stopListening();
					resolve(isHere);
				};
				let stopListening = (): void => undefined;
				// Called at once, too, before there is anything to stop.
				queueMicrotask(() => {
					stopListening = views.subscribe(() => {
						queueMicrotask(look);
					});
				});
			});
		},
		stop() {
			stopped = true;
			for (const { fetch } of fetches.values()) fetch.stop();
			fetches.clear();
		},
	};
}
