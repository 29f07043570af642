// Fetches one attachment: carries out what the download decides, puts pieces together, and believes nothing but hashes.
// Holds the chunks that are under way and no others. [TR1] [TR3] [TR4] [TR7] [TW6]
import type { Clock } from '#lib/ports/clock.ts';
import {
	CHUNK,
	chunksOf,
	sealedChunkLength,
	SEGMENT,
	SEGMENT_TAG,
} from '#lib/protocol/attachment-size.ts';
import { fromBits, type FileReference } from '#lib/protocol/file-frame.ts';
import { equal, type Bytes } from '#lib/util/bytes.ts';
import type { AskedDevice, AskedFile } from './asking.ts';
import { createDownload, type DownloadEffect, type DownloadEvent } from './download.ts';
import { createRate } from './rate.ts';

export interface FetchParts {
	readonly clock: Clock;
	readonly of: FileReference;
	/** As padded. */
	readonly length: number;
	/** Of all chunks, one after the other, checked; null: not known yet. */
	readonly hashes: Bytes | null;
	/** Chunks that are here. */
	readonly held: readonly number[];
	hash(sealed: Bytes): Promise<Bytes>;
	/** Whether these are the hashes that the header's root names; keeps them if so. */
	takeHashes(hashes: Bytes): Promise<boolean>;
	/** False when it can't be kept: then the fetch pauses. */
	keep(chunk: number, sealed: Bytes): Promise<boolean>;
	/** Something of the progress changed. */
	onChange(): void;
	onWhole(): void;
}

export interface FetchProgress {
	/** paused: by the person. full: because it could not be kept. */
	readonly state: 'waiting' | 'moving' | 'paused' | 'full' | 'whole';
	readonly chunks: number;
	readonly held: number;
	/** Bytes a second. */
	readonly rate: number;
	/** Milliseconds; null while nobody can say. */
	readonly left: number | null;
}

export interface Fetch {
	/** A device that may have some of it; `isReserve`: only for what no other can give. */
	addSource(name: string, device: Pick<AskedDevice, 'open'>, isReserve?: boolean): void;
	pause(): void;
	resume(): void;
	/** From this place (plain bytes) on first. */
	prefer(offset: number): void;
	has(chunk: number): boolean;
	progress(): FetchProgress;
	/** Ends it, and asks for nothing more. */
	stop(): void;
}

interface Arriving {
	readonly bytes: Bytes;
	filled: number;
	next: number;
	/** When the download was told of it last. */
	toldAt: number;
}

const PIECE = SEGMENT + SEGMENT_TAG;
const HASH = 32;
/** That pieces of a chunk come is told this often, ms: far more often than anybody counts as silent. */
const TELL_EVERY = 250;

export function createFetch(parts: FetchParts): Fetch {
	const { clock, of, length } = parts;
	const chunks = chunksOf(length);
	const download = createDownload(chunks, parts.held);
	const files = new Map<string, AskedFile>();
	/** By source and chunk. */
	const arriving = new Map<string, Arriving>();
	const rate = createRate();
	let { hashes } = parts;
	let isFull = false;
	let stopped = false;
	let cancelWake = (): void => undefined;

	const keyOf = (source: string, chunk: number): string => `${source} ${chunk}`;

	function step(event: DownloadEvent): void {
		if (stopped) return;
		for (const effect of download.step(event, clock.now())) perform(effect);
		cancelWake();
		const at = download.wakeAt();
		if (at !== null) {
			cancelWake = clock.after(Math.max(0, at - clock.now()), () => {
				step({ type: 'tick' });
			});
		}
	}

	function perform(effect: DownloadEffect): void {
		switch (effect.type) {
			case 'ask':
				files.get(effect.source)?.ask(hashes === null);
				break;
			case 'request':
				arriving.set(keyOf(effect.source, effect.chunk), {
					bytes: new Uint8Array(sealedChunkLength(length, effect.chunk)),
					filled: 0,
					next: 0,
					toldAt: -Infinity,
				});
				files.get(effect.source)?.get(effect.chunk);
				break;
			case 'cancel':
				arriving.delete(keyOf(effect.source, effect.chunk));
				files.get(effect.source)?.cancel(effect.chunk);
				break;
			case 'refuse':
				files.get(effect.source)?.close();
				files.delete(effect.source);
				break;
			case 'whole':
				for (const file of files.values()) file.close(true);
				files.clear();
				parts.onWhole();
				break;
		}
		parts.onChange();
	}

	async function onHave(source: string, list: Bytes | null, bits: Bytes): Promise<void> {
		if (hashes === null) {
			if (list === null || !(await parts.takeHashes(list))) {
				step({ type: 'lied', source });
				return;
			}
			hashes ??= list;
		}
		step({ type: 'has', source, chunks: fromBits(bits, chunks) });
	}

	function onPiece(source: string, chunk: number, segment: number, bytes: Bytes): void {
		const each = arriving.get(keyOf(source, chunk));
		if (each === undefined) return;
		// What was under way of a chunk that was given up and is asked for again comes before its beginning.
		if (segment === 0) each.next = each.filled = 0;
		if (segment !== each.next) return;
		if (bytes.length !== Math.min(PIECE, each.bytes.length - each.filled)) {
			step({ type: 'lied', source });
			return;
		}
		each.bytes.set(bytes, each.filled);
		each.filled += bytes.length;
		each.next += 1;
		const now = clock.now();
		rate.add(bytes.length, now);
		if (each.filled < each.bytes.length) {
			if (now - each.toldAt < TELL_EVERY) return;
			each.toldAt = now;
			step({ type: 'piece', source, chunk });
			return;
		}
		arriving.delete(keyOf(source, chunk));
		files.get(source)?.done(chunk);
		step({ type: 'landed', source, chunk });
		void land(source, chunk, each.bytes);
	}

	async function land(source: string, chunk: number, sealed: Bytes): Promise<void> {
		const wanted = hashes?.subarray(chunk * HASH, (chunk + 1) * HASH);
		const hash = await parts.hash(sealed);
		if (stopped) return;
		if (wanted === undefined || !equal(hash, wanted)) {
			step({ type: 'lied', source });
			return;
		}
		if (await parts.keep(chunk, sealed)) {
			step({ type: 'kept', chunk });
			return;
		}
		isFull = true;
		step({ type: 'returned', source, chunk });
		step({ type: 'pause' });
	}

	function gone(source: string): void {
		files.delete(source);
		for (const key of arriving.keys()) if (key.startsWith(`${source} `)) arriving.delete(key);
		step({ type: 'down', source });
	}

	return {
		addSource(name, device, isReserve = false) {
			if (files.has(name) || stopped) return;
			const file = device.open(of, {
				onHave: (list, bits) => void onHave(name, list, bits),
				onPiece: (chunk, segment, bytes) => {
					onPiece(name, chunk, segment, bytes);
				},
				onLack(chunk) {
					arriving.delete(keyOf(name, chunk));
					step({ type: 'lacks', source: name, chunk });
				},
				onNone() {
					step({ type: 'has', source: name, chunks: new Set() });
				},
				onReturned(chunk) {
					arriving.delete(keyOf(name, chunk));
					step({ type: 'returned', source: name, chunk });
				},
				onLost() {
					gone(name);
				},
			});
			if (file === undefined) return;
			files.set(name, file);
			step({ type: 'up', source: name, isReserve });
		},
		pause() {
			step({ type: 'pause' });
			parts.onChange();
		},
		resume() {
			isFull = false;
			step({ type: 'resume' });
			parts.onChange();
		},
		prefer(offset) {
			step({ type: 'prefer', chunk: Math.floor(offset / CHUNK) });
		},
		has: (chunk) => download.held.has(chunk),
		progress() {
			const now = clock.now();
			const held = download.held.size;
			const state = download.isWhole
				? 'whole'
				: download.isPaused
					? isFull
						? 'full'
						: 'paused'
					: arriving.size > 0
						? 'moving'
						: 'waiting';
			const left = (chunks - held) * (length / chunks);
			return {
				state,
				chunks,
				held,
				rate: state === 'moving' ? rate.perSecond(now) : 0,
				left: state === 'moving' ? rate.timeFor(left, now) : null,
			};
		},
		stop() {
			stopped = true;
			cancelWake();
			for (const file of files.values()) file.close();
			files.clear();
			arriving.clear();
		},
	};
}
