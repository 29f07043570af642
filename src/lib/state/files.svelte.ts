// The files of one space as the interface sees them: how each message's files stand, and what is shown of them.
import { SvelteMap } from 'svelte/reactivity';
import { live, type Live } from './live.svelte.ts';
import { createObjectUrls } from './object-urls.ts';
import type { ConversationModel } from './conversation.svelte.ts';
import type { Outgoing, OutgoingError } from './outgoing.svelte.ts';
import type {
	FileUsage,
	FileView,
	LeavingView,
	SpaceFiles,
	TransferView,
} from '#lib/messenger/files-api.ts';
import type { OpenFileSink } from '#lib/ports/file-sink.ts';
import type { MediaStreams, OpenStream } from '#lib/ports/media-streams.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';

/** Parts of a file are laid together in blobs of this size, which the browser may put on disk. */
const FOLD = 32 << 20;

export class FilesModel {
	readonly #files: SpaceFiles;
	readonly #streams: MediaStreams;
	readonly #transfers: Live<ReadonlyMap<string, TransferView>>;
	readonly #leaving: Live<ReadonlyMap<string, LeavingView>>;
	readonly #looked = new SvelteMap<string, TransferView>();
	readonly #urls = createObjectUrls();

	constructor(files: SpaceFiles, streams: MediaStreams) {
		this.#files = files;
		this.#streams = streams;
		this.#transfers = live(files.transfers);
		this.#leaving = live(files.leaving);
	}

	/** By place; those that somebody has begun to fetch since the start. */
	get transfers(): ReadonlyMap<string, TransferView> {
		return this.#transfers.current;
	}

	/** Being fetched since the start: it is told by itself how it stands. */
	isRunning(place: string): boolean {
		return this.#transfers.current.has(place);
	}

	/** How the files of a message stand; undefined until somebody has looked. */
	transfer(place: string): TransferView | undefined {
		return this.#transfers.current.get(place) ?? this.#looked.get(place);
	}

	/** How copies for those who are away stand, of one's own. */
	leaving(place: string): LeavingView | undefined {
		return this.#leaving.current.get(place);
	}

	async look(place: string): Promise<TransferView> {
		const view = await this.#files.look(place);
		this.#looked.set(place, view);
		return view;
	}

	/** Also after a pause. False: there is no room for them, or no such message any longer. */
	fetch(place: string): Promise<boolean> {
		return this.#files.fetch(place);
	}

	pause(place: string): Promise<void> {
		return this.#files.pause(place);
	}

	/** Ends the fetching, and frees what is here. */
	async free(place: string): Promise<void> {
		await this.#files.free(place);
		await this.look(place);
	}

	/** Sends what is chosen, with what is typed. */
	send(conversation: ConversationModel, outgoing: Outgoing): Promise<Result<void, OutgoingError>> {
		return conversation.sendBy((text, replyTo) =>
			outgoing.send((sources, options) =>
				this.#files.send(conversation.channel, text, sources, {
					...options,
					...(replyTo === undefined ? {} : { replyTo }),
				}),
			),
		);
	}

	/** Writes a file to where the person says; false when it can't be, and then nothing of it is left there. */
	async save(
		openSink: OpenFileSink,
		place: string,
		index: number,
		file: FileView,
	): Promise<boolean> {
		try {
			const sink = await openSink(file.name);
			if (sink === null) return true;
			let length = 0;
			for await (const part of this.read(place, index)) {
				await sink.write(part);
				length += part.length;
			}
			await (length === file.size ? sink.close() : sink.abort());
			return length === file.size;
		} catch {
			return false;
		}
	}

	usage(): Promise<readonly FileUsage[]> {
		return this.#files.usage();
	}

	read(place: string, index: number): AsyncGenerator<Bytes> {
		return this.#files.read(place, index);
	}

	/** The whole file; undefined where it isn't here. */
	async blob(
		place: string,
		index: number,
		{ size, type }: Pick<FileView, 'size' | 'type'>,
	): Promise<Blob | undefined> {
		let parts: BlobPart[] = [];
		let folded = 0;
		let length = 0;
		for await (const part of this.read(place, index)) {
			parts.push(part);
			length += part.length;
			if (length - folded < FOLD) continue;
			parts = [new Blob(parts)];
			folded = length;
		}
		return length === size ? new Blob(parts, { type }) : undefined;
	}

	/** An address at which it is shown; `hide` when it no longer is. */
	show(place: string, index: number, file: FileView): Promise<string | null> {
		return this.#urls.take(`${place} ${String(index)}`, () => this.blob(place, index, file));
	}

	/** An address that is read as it plays, also while it still comes; null where nobody answers for such addresses. */
	stream(place: string, index: number, { type, size }: FileView): OpenStream | null {
		return this.#streams.open({
			type,
			size,
			read: (from, to) => this.#files.read(place, index, from, to),
		});
	}

	hide(place: string, index: number): void {
		this.#urls.release(`${place} ${String(index)}`);
	}
}
