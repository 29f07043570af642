// The page's side of the chunks that a worker keeps in the browser's private file system. [CN1] [CN2] [CN3]
import type { ChunkStore } from '#lib/ports/content-store.ts';
import type { StoreError } from '#lib/ports/store.ts';
import { CHUNK, CHUNK_SEGMENTS, SEGMENT_TAG } from '#lib/protocol/attachment-size.ts';
import { fromHex, own, toHex, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import { toStoreError } from './store-error.ts';

/** Bytes of the longest sealed chunk. */
export const LONGEST_CHUNK = CHUNK + CHUNK_SEGMENTS * SEGMENT_TAG;

/** Names are in hex. */
export type ChunkQuestion =
	| { readonly type: 'open'; readonly folder: string }
	| {
			readonly type: 'write';
			readonly name: string;
			readonly chunk: number;
			readonly sealed: Bytes;
	  }
	| { readonly type: 'read'; readonly name: string; readonly chunk: number }
	| { readonly type: 'held'; readonly name: string }
	| { readonly type: 'remove'; readonly names: readonly string[] }
	| { readonly type: 'names' };

export interface NumberedQuestion {
	readonly id: number;
	readonly question: ChunkQuestion;
}

export interface NumberedAnswer {
	readonly id: number;
	readonly value?: unknown;
	/** Of the exception that it ended with. */
	readonly error?: { readonly name: string; readonly message: string };
}

/** Asks the worker, and gives what it answers; throws what it threw. */
export interface ChunkWorker {
	ask(question: ChunkQuestion): Promise<unknown>;
	/** Nothing more is asked; it ends as soon as what was asked is answered. */
	end(): void;
	/** It ends at once: it may never answer. */
	kill(): void;
}

export function createChunkWorker(worker: Worker): ChunkWorker {
	const waiting = new Map<number, PromiseWithResolvers<unknown>>();
	let asked = 0;
	let isEnding = false;

	function endIfIdle(): void {
		if (isEnding && waiting.size === 0) worker.terminate();
	}
	worker.onmessage = ({ data: { id, value, error } }: MessageEvent<NumberedAnswer>) => {
		const question = waiting.get(id);
		waiting.delete(id);
		if (error === undefined) question?.resolve(value);
		else question?.reject(new DOMException(error.message, error.name));
		endIfIdle();
	};
	worker.onerror = ({ message }) => {
		for (const { reject } of waiting.values()) reject(new Error(message || 'no worker'));
		waiting.clear();
		endIfIdle();
	};

	return {
		ask(question) {
			const id = asked++;
			const answer = Promise.withResolvers<unknown>();
			waiting.set(id, answer);
			const given = question.type === 'write' ? [question.sealed.buffer] : [];
			worker.postMessage({ id, question } satisfies NumberedQuestion, given);
			return answer.promise;
		},
		end() {
			isEnding = true;
			endIfIdle();
		},
		kill() {
			worker.terminate();
		},
	};
}

const CLOSED: StoreError = { type: 'failed', detail: 'the store is closed' };

/** `worker` has opened its folder. */
export function createChunkFiles(worker: ChunkWorker): ChunkStore {
	let isClosed = false;

	async function change(question: () => ChunkQuestion): Promise<Result<void, StoreError>> {
		if (isClosed) return err(CLOSED);
		try {
			await worker.ask(question());
			return ok();
		} catch (cause) {
			return err(toStoreError(cause));
		}
	}
	async function look(question: ChunkQuestion): Promise<unknown> {
		if (isClosed) throw new Error(CLOSED.detail);
		return worker.ask(question);
	}

	return {
		write: (name, chunk, sealed) =>
			change(() => ({ type: 'write', name: toHex(name), chunk, sealed: own(sealed) })),
		read: async (name, chunk) =>
			(await look({ type: 'read', name: toHex(name), chunk })) as Bytes | undefined,
		held: async (name) =>
			((await look({ type: 'held', name: toHex(name) })) ?? []) as readonly number[],
		remove: async (names) =>
			names.length === 0 ? ok() : change(() => ({ type: 'remove', names: names.map(toHex) })),
		names: async () =>
			((await look({ type: 'names' })) as readonly string[])
				.map(fromHex)
				.filter((name) => name !== undefined),
		close() {
			isClosed = true;
			worker.end();
		},
	};
}
