// Writes a file of the person's choosing part by part, where the browser can; otherwise offers it as a download.
import type { Bytes } from '#lib/util/bytes.ts';

export interface FileSink {
	write(part: Bytes): Promise<void>;
	/** The file is whole. */
	close(): Promise<void>;
	/** Nothing of it is kept. */
	abort(): Promise<void>;
}

interface Picker {
	showSaveFilePicker?: (options: { suggestedName: string }) => Promise<{
		createWritable(): Promise<FileSink>;
	}>;
}

/** Asks where, if the browser asks at all; null when the person thinks better of it. Rejects when it can't be written. */
export async function openFileSink(name: string): Promise<FileSink | null> {
	const { showSaveFilePicker } = window as Picker;
	if (showSaveFilePicker === undefined) return download(name);
	try {
		const file = await showSaveFilePicker.call(window, { suggestedName: name });
		return await file.createWritable();
	} catch (cause) {
		if (cause instanceof DOMException && cause.name === 'AbortError') return null;
		throw cause;
	}
}

function download(name: string): FileSink {
	const parts: Bytes[] = [];
	return {
		write(part) {
			parts.push(part);
			return Promise.resolve();
		},
		close() {
			const link = document.createElement('a');
			link.href = URL.createObjectURL(new Blob(parts, { type: 'application/octet-stream' }));
			link.download = name;
			link.click();
			return Promise.resolve();
		},
		abort() {
			parts.length = 0;
			return Promise.resolve();
		},
	};
}
