// What the service worker and the page say to each other about a stream: the worker asks for bytes on a port of its own,
// the page gives one part for each MORE. [MS1] [MS3]

/** Addresses of streams: this, and 32 hexadecimal digits. */
export const STREAM_PATH = '/_stream/';

export const STREAM_ID = /^[0-9a-f]{32}$/;

export interface StreamAsked {
	readonly type: 'STREAM';
	readonly id: string;
	/** As asked for; the page knows how long it is. */
	readonly range: string | null;
}

/** The page's first word; null: there is no such stream. */
export interface StreamTold {
	readonly type: string;
	readonly size: number;
	/** null: all. Undefined: nothing that is there. */
	readonly range: { readonly from: number; readonly to: number } | null | undefined;
}

export const MORE = 'more';
export const STOP = 'stop';
