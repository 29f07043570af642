// The files of one space that are being fetched: from members' devices that are linked, and from relays. [FL4]
import { attachmentRoot, chunkHash } from '#lib/crypto/attachment.ts';
import { CHUNK, chunksOf } from '#lib/protocol/attachment-size.ts';
import { toBits, type FileReference } from '#lib/protocol/file-frame.ts';
import { createFetch, type Fetch } from '#lib/transfer/fetching.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
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
	/** Takes these from others as if they were wanted, and keeps nothing of them. */
	discard(files: WantedFiles): Promise<void>;
	end(key: string): void;
	/** A member's device (hex) is linked. */
	onMember(device: string): void;
	/** Whether something of these comes just now. */
	isMoving(key: string): boolean;
	/** These messages (hex) have gone: what is fetched of them ends. */
	onGone(keys: readonly string[]): void;
	/** Waits until a chunk is here; false when it isn't fetched any longer. */
	untilHeld(key: string, chunk: number): Promise<boolean>;
	stop(): void;
}

/** What has to be known of files to fetch them. */
export type WantedFiles = Pick<KeptFiles, 'id' | 'device' | 'seq' | 'root' | 'length'>;

/** Progress is told at most so often, ms. */
const TELL_EVERY = 200;

export function createFetches(
	ports: Pick<Ports, 'clock' | 'crypto' | 'content' | 'bulkCrypto'>,
	own: string,
	space: Space,
	links: Links,
	reading: CopyReading,
	/** The files of this message (hex) are whole, or not fetched any longer. */
	onDone: (key: string) => void,
): Fetches {
	const { clock, crypto, content } = ports;
	/** By message id (hex). */
	const fetches = new Map<string, { readonly fetch: Fetch; readonly place: string }>();
	/** What is fetched and thrown away. */
	const discarded = new Map<string, Fetch>();
	const views = createSignal<ReadonlyMap<string, TransferView>>(new Map());
	let cancelTell: (() => void) | undefined;
	let stopped = false;

	function tellNow(): void {
		cancelTell?.();
		cancelTell = undefined;
		const now = [...fetches.values()].map(({ fetch, place }) => [place, viewOf(fetch)] as const);
		if (!stopped) views.set(new Map(now));
	}
	const tell = (): void => {
		cancelTell ??= clock.after(TELL_EVERY, tellNow);
	};

	function viewOf(fetch: Fetch): TransferView {
		const { state, held, chunks, rate, left } = fetch.progress();
		const numbers = Array.from({ length: chunks }, (_, n) => n).filter((n) => fetch.has(n));
		return { state, done: held / chunks, held: toBits(numbers, chunks), rate, left };
	}

	const isMember = (device: string): boolean =>
		space.ledger.authority.devices.get(device)?.active === true;

	async function addSource(fetch: Fetch, device: string): Promise<void> {
		if (device === own || !isMember(device) || !links.carries(device, space.key)) return;
		const ways = links.files.to(device);
		if ((await ways.connect()) && !stopped) fetch.addSource(device, ways.device);
	}

	async function finish(key: string, name: Bytes): Promise<void> {
		await space.files.change(key, (now) =>
			now && equal(now.name, name) ? { ...now, state: FILE_STATE.whole } : undefined,
		);
		tellNow();
		onDone(key);
	}

	function end(key: string): void {
		fetches.get(key)?.fetch.stop();
		reading.forget(key);
		if (fetches.delete(key)) tell();
		onDone(key);
	}

	const hashesFit = (hashes: Bytes, { length, root }: WantedFiles): boolean =>
		hashes.length === chunksOf(length) * 32 && equal(attachmentRoot(crypto, hashes), root);

	const referenceTo = ({ device, seq, id }: WantedFiles): FileReference => ({
		space: space.id,
		device,
		seq,
		entry: id,
	});

	function addSources(files: WantedFiles, fetch: Fetch): void {
		for (const device of space.ledger.authority.devices.keys()) void addSource(fetch, device);
		// Whoever wrote it has it: where not all are linked, a link to it is worth making.
		if (isMember(toHex(files.device))) links.need(toHex(files.device));
		void reading.follow(files, fetch);
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
			/** The row as it is now; undefined once the message has gone, or the files were freed. */
			const present = async (): Promise<KeptFiles | undefined> => {
				const now = await space.files.find(key);
				return now !== undefined && equal(now.name, files.name) ? now : undefined;
			};
			const begun = await present();
			if (begun === undefined) onDone(key);
			if (begun === undefined || fetches.has(key) || stopped) return;
			const fetch = createFetch({
				clock,
				of: referenceTo(files),
				length: files.length,
				hashes: files.hashes,
				held,
				hash: (sealed) => chunkHash(bulk, sealed),
				async takeHashes(hashes) {
					if (!hashesFit(hashes, files)) return false;
					await space.files.change(key, (now) =>
						now?.hashes === null && equal(now.name, files.name) ? { ...now, hashes } : undefined,
					);
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
				onWhole: () => void finish(key, files.name),
			});
			fetches.set(key, { fetch, place: placeOf(files) });
			if (begun.state === FILE_STATE.paused) fetch.pause();
			tell();
			addSources(files, fetch);
		},
		async discard(files) {
			const key = toHex(files.id);
			const bulk = await ports.bulkCrypto();
			if (discarded.has(key) || stopped) return;
			const fetch = createFetch({
				clock,
				of: referenceTo(files),
				length: files.length,
				hashes: null,
				held: [],
				hash: (sealed) => chunkHash(bulk, sealed),
				takeHashes: (hashes) => Promise.resolve(hashesFit(hashes, files)),
				keep(chunk) {
					reading.held(key, chunk);
					return Promise.resolve(true);
				},
				onChange: () => undefined,
				onWhole() {
					discarded.delete(key);
					onDone(key);
				},
			});
			discarded.set(key, fetch);
			addSources(files, fetch);
		},
		end,
		onMember(device) {
			for (const { fetch } of fetches.values()) void addSource(fetch, device);
			for (const fetch of discarded.values()) void addSource(fetch, device);
		},
		isMoving: (key) =>
			(fetches.get(key)?.fetch ?? discarded.get(key))?.progress().state === 'moving',
		onGone(keys) {
			for (const key of keys) {
				discarded.get(key)?.stop();
				if (discarded.delete(key)) onDone(key);
			}
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
			for (const fetch of discarded.values()) fetch.stop();
			fetches.clear();
		},
	};
}
