// Opens a WebSocket channel to a relay that a person has added.
import type { Result } from '#lib/util/result.ts';
import type { FrameChannel } from './channel.ts';

/** insecure: the page may not open plain ws here. unreachable: no answer, wrong host, or not a relay. */
export interface DialError {
	readonly type: 'insecure' | 'unreachable' | 'timeout';
	readonly detail: string;
}

export interface RelayDialer {
	/** Resolves when frames can be sent, or with an error; never hangs longer than 10 s. */
	dial(url: string, signal?: AbortSignal): Promise<Result<FrameChannel, DialError>>;
}
