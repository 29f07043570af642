// Gives other devices the chunks they ask for: only of files they may have, a few at once, and fairly: everybody in turn a
// piece, and nobody more than their way takes. Knows neither who they are nor what they may. [TW3] [TW4] [TW5]
import type { FlowChannel } from '#lib/ports/channel.ts';
import {
	CHUNK_SEGMENTS,
	SEGMENT,
	SEGMENT_TAG,
	chunksOf,
	sealedChunkLength,
} from '#lib/protocol/attachment-size.ts';
import {
	encodeFileFrame,
	toBits,
	type FileFrame,
	type FileReference,
} from '#lib/protocol/file-frame.ts';
import type { Bytes } from '#lib/util/bytes.ts';

/** A file as one device may have it of this one; asked anew each time, for that may end. */
export interface ServedFile {
	/** As padded. */
	readonly length: number;
	/** Of all its chunks, one after the other. */
	readonly hashes: Bytes;
	/** Numbers of the chunks that are here. */
	held(): Promise<readonly number[]>;
	/** Undefined when it isn't here, or the device may no longer have it. */
	read(chunk: number): Promise<Bytes | undefined>;
	/** The device says that it has all of it. */
	onWhole?(): void;
}

export interface ServedDevice {
	/** What came by one of its ways; what answers it leaves by the same. */
	take(channel: FlowChannel, frame: FileFrame): void;
	/** There is room again on this way. */
	drained(channel: FlowChannel): void;
	/** This way is gone, and what was to leave by it. */
	lost(channel: FlowChannel): void;
	stop(): void;
}

export interface Serving {
	/** `open` says what there is of a file for this device; undefined: nothing. */
	device(open: (of: FileReference) => Promise<ServedFile | undefined>): ServedDevice;
}

const PIECE = SEGMENT + SEGMENT_TAG;
/** Chunks that one device may have asked for and not got. */
const MAX_QUEUE = 32;
/** Chunks in memory to be sent, of all devices together. */
const MAX_LOADED = 8;
/** Of a device's chunks that are next so many are in memory, if those of all are no more than half of what may be. */
const AHEAD = 2;
/** On a way that holds more than this no further piece is put. */
const HIGH_WATER = 1 << 20;

interface Job {
	readonly channel: FlowChannel;
	readonly file: number;
	readonly chunk: number;
	loading: boolean;
	bytes: Bytes | undefined;
	segment: number;
}

interface Peer {
	readonly files: Map<number, ServedFile>;
	/** In the order asked; the first is the one that is being sent. */
	jobs: Job[];
}

export function createServing(): Serving {
	const peers = new Set<Peer>();
	let loaded = 0;
	let pumping = false;

	const isFull = ({ channel }: Job): boolean => channel.buffered() >= HIGH_WATER;

	function drop(peer: Peer, gone: (job: Job) => boolean): void {
		for (const job of peer.jobs) if (gone(job) && job.bytes !== undefined) loaded -= 1;
		peer.jobs = peer.jobs.filter((job) => !gone(job));
		pump();
	}

	/** So that the next chunk is here before the way has sent the one before. */
	function loadAhead(peer: Peer): void {
		for (const job of peer.jobs.slice(0, AHEAD)) {
			if (loaded >= MAX_LOADED / 2) return;
			if (!job.loading && job.bytes === undefined) void load(peer, job);
		}
	}

	async function load(peer: Peer, job: Job): Promise<void> {
		job.loading = true;
		loaded += 1;
		const file = peer.files.get(job.file);
		const bytes = await file?.read(job.chunk).catch(() => undefined);
		job.loading = false;
		const isWanted = peer.jobs.includes(job);
		const fits = file !== undefined && bytes?.length === sealedChunkLength(file.length, job.chunk);
		if (isWanted && fits) {
			job.bytes = bytes;
		} else {
			loaded -= 1;
			if (isWanted) {
				const { file: number, chunk } = job;
				job.channel.send(encodeFileFrame({ type: 'lack', file: number, chunk }));
				peer.jobs = peer.jobs.filter((each) => each !== job);
			}
		}
		pump();
	}

	/** One piece of a device's first chunk that can go on; false when there is nothing to be done for it now. */
	function serveOne(peer: Peer): boolean {
		loadAhead(peer);
		const job = peer.jobs.find((each) => !isFull(each));
		if (job === undefined || job.loading) return false;
		if (job.bytes === undefined) {
			if (loaded < MAX_LOADED) void load(peer, job);
			return false;
		}
		const { file, chunk, segment } = job;
		const bytes = job.bytes.subarray(segment * PIECE, (segment + 1) * PIECE);
		job.channel.send(encodeFileFrame({ type: 'piece', file, chunk, segment, bytes }));
		job.segment += 1;
		if (job.segment >= CHUNK_SEGMENTS || job.segment * PIECE >= job.bytes.length) {
			loaded -= 1;
			peer.jobs = peer.jobs.filter((each) => each !== job);
		}
		return true;
	}

	/** Everybody in turn, until all ways are full or nothing is left to send. */
	function pump(): void {
		if (pumping) return;
		pumping = true;
		for (let sent = true; sent;) {
			sent = false;
			for (const peer of [...peers]) {
				if (!serveOne(peer)) continue;
				sent = true;
				// Whoever was served goes to the end of the row.
				if (peers.delete(peer)) peers.add(peer);
			}
		}
		pumping = false;
	}

	return {
		device(open) {
			const peer: Peer = { files: new Map(), jobs: [] };
			peers.add(peer);

			async function answer(
				channel: FlowChannel,
				{ file: number, of, hashes }: FileFrame & { type: 'ask' },
			): Promise<void> {
				const file = await open(of).catch(() => undefined);
				const held = await file?.held().catch(() => undefined);
				if (file === undefined || held === undefined) {
					peer.files.delete(number);
					channel.send(encodeFileFrame({ type: 'none', file: number }));
					return;
				}
				peer.files.set(number, file);
				const bits = toBits(held, chunksOf(file.length));
				const list = hashes ? file.hashes : null;
				channel.send(encodeFileFrame({ type: 'have', file: number, hashes: list, bits }));
			}

			return {
				take(channel, frame) {
					switch (frame.type) {
						case 'ask':
							// Whoever only asks, and doesn't take, is not answered.
							if (channel.buffered() < 2 * HIGH_WATER) void answer(channel, frame);
							break;
						case 'get': {
							const { file, chunk } = frame;
							const length = peer.files.get(file)?.length ?? 0;
							if (chunk >= chunksOf(length) || peer.jobs.length >= MAX_QUEUE) {
								channel.send(encodeFileFrame({ type: 'lack', file, chunk }));
								break;
							}
							const isAsked = peer.jobs.some(
								(job) => job.file === file && job.chunk === chunk && job.channel === channel,
							);
							if (isAsked) break;
							const start = { loading: false, bytes: undefined, segment: 0 };
							peer.jobs.push({ channel, file, chunk, ...start });
							pump();
							break;
						}
						case 'cancel':
							drop(peer, ({ file, chunk }) => file === frame.file && chunk === frame.chunk);
							break;
						case 'close':
							if (frame.whole) peer.files.get(frame.file)?.onWhole?.();
							peer.files.delete(frame.file);
							drop(peer, ({ file }) => file === frame.file);
							break;
						default:
					}
				},
				drained: pump,
				lost(channel) {
					drop(peer, (job) => job.channel === channel);
				},
				stop() {
					peers.delete(peer);
					drop(peer, () => true);
				},
			};
		},
	};
}
