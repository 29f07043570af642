// Where a file goes that the person wants to keep outside the app.
import type { Bytes } from '#lib/util/bytes.ts';

export interface FileSink {
	write(part: Bytes): Promise<void>;
	/** The file is whole. */
	close(): Promise<void>;
	/** Nothing of it is kept. */
	abort(): Promise<void>;
}

/** Asks where, if the browser asks at all; null when the person thinks better of it. Rejects when it can't be written. */
export type OpenFileSink = (name: string) => Promise<FileSink | null>;
