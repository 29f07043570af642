// A film or recording being played: by an address that is read as it plays, while it still comes, or from the whole of
// it where nobody answers for such addresses. Gone with who plays it.
import type { FilesModel } from './files.svelte.ts';
import type { FileView } from '#lib/messenger/files-api.ts';
import type { OpenStream } from '#lib/ports/media-streams.ts';

/** What is here and no larger is played from memory, bytes. */
const SMALL = 8 << 20;

export class Playing {
	/** null: nothing can be played (yet). */
	url = $state<string | null>(null);
	readonly #files: FilesModel;
	readonly #place: string;
	readonly #index: number;
	readonly #file: FileView;
	#stream: OpenStream | null = null;
	/** Whole, from memory. */
	#isTaken = false;

	constructor(files: FilesModel, place: string, index: number, file: FileView) {
		this.#files = files;
		this.#place = place;
		this.#index = index;
		this.#file = file;
	}

	/** `isHere`: all of it is; else it has to be on its way. Once it plays, this changes nothing. */
	async begin(isHere: boolean): Promise<void> {
		if (this.url !== null || this.#isTaken) return;
		if (!isHere || this.#file.size > SMALL) {
			this.#stream = this.#files.stream(this.#place, this.#index, this.#file);
		}
		if (this.#stream !== null) this.url = this.#stream.url;
		else if (isHere) await this.#playWhole();
	}

	/** The player can't go on with what it was given: what is here is given to it whole. */
	async failed(isHere: boolean): Promise<void> {
		if (this.#stream === null) return;
		this.end();
		if (isHere) await this.#playWhole();
	}

	end(): void {
		this.#stream?.close();
		this.#stream = null;
		this.url = null;
		if (this.#isTaken) this.#files.hide(this.#place, this.#index);
		this.#isTaken = false;
	}

	async #playWhole(): Promise<void> {
		this.#isTaken = true;
		const url = await this.#files.show(this.#place, this.#index, this.#file);
		if (this.#isTaken) this.url = url;
	}
}
