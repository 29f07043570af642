// Keeps the chunks of files for the page, in a worker: only there may files be written at their place and flushed.
import { createSystemClock } from '#lib/platform/clock.ts';
import type { NumberedAnswer, NumberedQuestion } from '#lib/storage/chunk-files.ts';
import { createChunkFolder } from '#lib/storage/chunk-folder.ts';

const folder = createChunkFolder(createSystemClock());
const tell = postMessage as (answer: NumberedAnswer, given: ArrayBuffer[]) => void;

addEventListener('message', ({ data: { id, question } }: MessageEvent<NumberedQuestion>) => {
	folder.answer(question).then(
		(value) => {
			tell({ id, value }, value instanceof Uint8Array ? [value.buffer as ArrayBuffer] : []);
		},
		(cause: unknown) => {
			const { name, message } = cause instanceof Error ? cause : new Error(String(cause));
			tell({ id, error: { name, message } }, []);
		},
	);
});
