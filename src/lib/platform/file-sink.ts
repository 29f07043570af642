// Writes a file of the person's choosing part by part, where the browser can; otherwise offers it as a download.
import type { FileSink, OpenFileSink } from '#lib/ports/file-sink.ts';
import type { Bytes } from '#lib/util/bytes.ts';

interface Picker {
	showSaveFilePicker?: (options: { suggestedName: string }) => Promise<{
		createWritable(): Promise<FileSink>;
	}>;
}

/** How long the browser may take to begin with a download, ms. */
const BEGUN_BY = 60_000;

export const openFileSink: OpenFileSink = async (name) => {
	const { showSaveFilePicker } = window as Picker;
	if (showSaveFilePicker === undefined) return download(name);
	try {
		const file = await showSaveFilePicker.call(window, { suggestedName: name });
		return await file.createWritable();
	} catch (cause) {
		if (cause instanceof DOMException && cause.name === 'AbortError') return null;
		throw cause;
	}
};

function download(name: string): FileSink {
	const parts: Bytes[] = [];
	return {
		write(part) {
			parts.push(part);
			return Promise.resolve();
		},
		close() {
			const link = document.createElement('a');
			// Of no type that anything could be run as.
			const url = URL.createObjectURL(new Blob(parts, { type: 'application/octet-stream' }));
			link.href = url;
			link.download = name;
			link.click();
			setTimeout(() => {
				URL.revokeObjectURL(url);
			}, BEGUN_BY);
			return Promise.resolve();
		},
		abort() {
			parts.length = 0;
			return Promise.resolve();
		},
	};
}
