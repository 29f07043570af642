// Files that somebody has chosen for a channel and not sent yet. In memory alone: what a page may read of a person's disk
// ends with the page.
import { MAX_FILES } from '#lib/protocol/attachment.ts';
import { MAX_ATTACHMENT } from '#lib/protocol/attachment-size.ts';
import { cleanFileName } from '#lib/protocol/file-name.ts';
import { cleanFileType, showable, type Showable } from '#lib/protocol/file-type.ts';
import type { FileSource, SendFilesError, SendFilesOptions } from '#lib/messenger/files-api.ts';
import type { Clock } from '#lib/ports/clock.ts';
import { err, type Result } from '#lib/util/result.ts';

export interface OutgoingFile {
	readonly id: number;
	readonly file: File;
	/** As others will read it. */
	readonly name: string;
	readonly kind: Showable | null;
	/** Of a picture: its object URL. */
	readonly url: string | null;
	/** With whatever it says of place, time and camera. */
	readonly asItIs: boolean;
	/** What kept it from being sent. */
	readonly problem: 'unreadable' | 'keeps-metadata' | null;
}

export type OutgoingError = SendFilesError | { readonly type: 'files' };
type Send = (
	sources: readonly FileSource[],
	options: SendFilesOptions,
) => Promise<Result<void, OutgoingError>>;

/** A film that doesn't answer is sent unseen, ms. */
const LOOK_AT_MOST = 10_000;

export class Outgoing {
	readonly #clock: Pick<Clock, 'after'>;
	#next = 0;
	#stopSending: AbortController | undefined;
	#files = $state.raw<readonly OutgoingFile[]>([]);
	/** Pictures are made smaller, which nearly always is what one wants. */
	smaller = $state(true);
	/** 0 … 1 while they are made ready; null otherwise. */
	progress = $state.raw<number | null>(null);

	constructor(clock: Pick<Clock, 'after'>) {
		this.#clock = clock;
	}

	get files(): readonly OutgoingFile[] {
		return this.#files;
	}

	get size(): number {
		return this.#files.reduce((sum, { file }) => sum + file.size, 0);
	}

	/** Those that still fit one message; what kept the others out. */
	add(files: Iterable<File>): 'too-many' | 'too-large' | null {
		for (const file of files) {
			if (this.#files.length >= MAX_FILES) return 'too-many';
			if (this.size + file.size > MAX_ATTACHMENT) return 'too-large';
			const kind = showable(cleanFileType(file.type));
			const url = kind === 'image' ? URL.createObjectURL(file) : null;
			const name = cleanFileName(file.name);
			const rest = { id: this.#next++, asItIs: false, problem: null };
			this.#files = [...this.#files, { ...rest, file, name, kind, url }];
		}
		return null;
	}

	remove(id: number): void {
		const gone = this.#files.find((file) => file.id === id);
		if (gone?.url) URL.revokeObjectURL(gone.url);
		this.#files = this.#files.filter((file) => file.id !== id);
	}

	clear(): void {
		for (const { id } of this.#files) this.remove(id);
	}

	/** Says of one that it is to be sent with whatever it says. */
	keepAsItIs(id: number): void {
		this.#change(id, { asItIs: true, problem: null });
	}

	#change(id: number, to: Partial<OutgoingFile>): void {
		this.#files = this.#files.map((file) => (file.id === id ? { ...file, ...to } : file));
	}

	cancel(): void {
		this.#stopSending?.abort();
	}

	/** Makes them ready and sends them by `send`; they go once they are sent. */
	async send(send: Send): Promise<Result<void, OutgoingError>> {
		const controller = new AbortController();
		const { signal } = controller;
		this.#stopSending = controller;
		this.progress = 0;
		try {
			const sources = await this.#prepared(signal);
			if (signal.aborted) return err({ type: 'cancelled' });
			if (sources === undefined) return err({ type: 'files' });
			const onProgress = (part: number): void => {
				this.progress = part;
			};
			const sent = await send(sources, { onProgress, signal });
			if (sent.ok) this.clear();
			return sent;
		} finally {
			this.progress = null;
		}
	}

	/** Undefined when one of them can't be sent so, which then says why. */
	async #prepared(signal: AbortSignal): Promise<readonly FileSource[] | undefined> {
		const { prepareFile, USUAL_SIDE } = await import('#lib/media/prepare.ts');
		const sources: FileSource[] = [];
		let isWhole = true;
		for (const { id, file, asItIs } of this.#files) {
			if (signal.aborted) return undefined;
			const late = new AbortController();
			const stopWaiting = this.#clock.after(LOOK_AT_MOST, () => {
				late.abort();
			});
			const prepared = await prepareFile(file, {
				keepMetadata: asItIs,
				...(this.smaller && !asItIs ? { maxSide: USUAL_SIDE } : {}),
				signal: AbortSignal.any([signal, late.signal]),
			});
			stopWaiting();
			if (prepared.ok) sources.push(prepared.value);
			else isWhole = false;
			this.#change(id, { problem: prepared.ok ? null : prepared.error.type });
		}
		return isWhole ? sources : undefined;
	}
}
