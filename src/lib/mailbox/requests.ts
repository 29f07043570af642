// Requests and their answers on one connection: numbers, time limits, and a window so that a slow line is not flooded.
// Knows nothing of what the requests mean. [MB19]
import type { Clock } from '#lib/ports/clock.ts';
import type { RelayFrame } from '#lib/protocol/mailbox.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

/** disconnected: the connection ended. timeout: no answer in 10 s. busy: too much is waiting to be sent already. */
export interface RequestError {
	readonly type: 'disconnected' | 'timeout' | 'busy';
	readonly detail: string;
}

export type AnswerFrame = Extract<RelayFrame, { readonly request: number }>;

export interface Requests {
	/** Sends `encode(number)` when the window allows; resolves with the answer of that number. */
	ask(encode: (request: number) => Bytes): Promise<Result<AnswerFrame, RequestError>>;
	/** Takes an answer; false when nobody waits for it. */
	answer(frame: AnswerFrame): boolean;
	/** The relay is still answering this request: its time starts again. */
	prolong(request: number): void;
	/** Ends everything that waits. */
	end(reason: string): void;
}

const ANSWER_WITHIN = 10_000;
const WINDOW_REQUESTS = 64;
const WINDOW_BYTES = 262_144;
const MAX_QUEUE = 4096;
/** Numbers above are for pings. */
const MAX_NUMBER = 2 ** 31 - 1;

interface Waiting {
	readonly resolve: (result: Result<AnswerFrame, RequestError>) => void;
	readonly size: number;
	cancel: () => void;
}
interface Queued {
	readonly resolve: Waiting['resolve'];
	readonly request: number;
	readonly frame: Bytes;
}

export function createRequests(clock: Clock, send: (frame: Bytes) => void): Requests {
	const waiting = new Map<number, Waiting>();
	let queue: Queued[] = [];
	let outstanding = 0;
	let last = 0;
	let ended: string | undefined;

	const settle = (request: number, result: Result<AnswerFrame, RequestError>): boolean => {
		const one = waiting.get(request);
		if (one === undefined) return false;
		waiting.delete(request);
		outstanding -= one.size;
		one.cancel();
		one.resolve(result);
		sendNext();
		return true;
	};
	const limit = (request: number): (() => void) =>
		clock.after(ANSWER_WITHIN, () => {
			settle(request, err({ type: 'timeout', detail: 'no answer in 10 s' }));
		});
	const sendNext = (): void => {
		while (waiting.size < WINDOW_REQUESTS) {
			const next = queue[0];
			if (next === undefined) return;
			if (waiting.size > 0 && outstanding + next.frame.length > WINDOW_BYTES) return;
			queue.shift();
			outstanding += next.frame.length;
			waiting.set(next.request, {
				resolve: next.resolve,
				size: next.frame.length,
				cancel: limit(next.request),
			});
			send(next.frame);
		}
	};

	return {
		ask: (encode) =>
			new Promise((resolve) => {
				if (ended !== undefined) {
					resolve(err({ type: 'disconnected', detail: ended }));
				} else if (queue.length >= MAX_QUEUE) {
					resolve(err({ type: 'busy', detail: 'too many requests are waiting' }));
				} else {
					last = last >= MAX_NUMBER ? 1 : last + 1;
					queue.push({ resolve, request: last, frame: encode(last) });
					sendNext();
				}
			}),
		answer: (frame) => settle(frame.request, ok(frame)),
		prolong: (request) => {
			const one = waiting.get(request);
			if (one === undefined) return;
			one.cancel();
			one.cancel = limit(request);
		},
		end: (reason) => {
			if (ended !== undefined) return;
			ended = reason;
			const failure = err<RequestError>({ type: 'disconnected', detail: reason });
			const all = [...waiting.values(), ...queue];
			for (const one of waiting.values()) one.cancel();
			waiting.clear();
			queue = [];
			for (const one of all) one.resolve(failure);
		},
	};
}
