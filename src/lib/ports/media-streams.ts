// Gives a film or recording that lies here sealed, or is still coming, an address by which an element of the page plays it
// and winds in it.
import type { Bytes } from '#lib/util/bytes.ts';

export interface StreamSource {
	/** Of those that are shown in place. */
	readonly type: string;
	/** Bytes. */
	readonly size: number;
	/** From one place up to before another; may end early where it can't go on. */
	read(from: number, to: number): AsyncGenerator<Bytes>;
}

export interface OpenStream {
	readonly url: string;
	close(): void;
}

export interface MediaStreams {
	/** null where the browser has nobody to answer for such addresses: then it must be whole first. */
	open(source: StreamSource): OpenStream | null;
}
