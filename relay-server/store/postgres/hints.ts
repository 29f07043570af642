// What relay processes say to each other, as texts that fit a notification (less than 8000 bytes): base64 of
// [process, message number, part, parts, bytes], the parts of a message making up [frame …]. [RS7]
import type { Hint, PushedPacket } from '#lib/ports/neighbours.ts';
import {
	blob,
	bytes,
	decode,
	encode,
	flag,
	list,
	literal,
	map,
	optional,
	text,
	tuple,
	uint,
	variants,
	type Shape,
} from '#lib/protocol/cbor.ts';
import { MAX_BLOCK } from '#lib/protocol/limits.ts';
import { MAX_TOKENS } from '#lib/protocol/mailbox.ts';
import { concat, type Bytes } from '#lib/util/bytes.ts';

/** here: I am there; `asks`: say so too. push, reached: a push and its answer, told apart by `push`. */
export type Frame =
	| { readonly type: 'here'; readonly asks: boolean }
	| { readonly type: 'gone' }
	| { readonly type: 'missed' }
	| { readonly type: 'push'; readonly push: number; readonly packet: PushedPacket }
	| {
			readonly type: 'reached';
			readonly by: string;
			readonly push: number;
			readonly tokenHashes: readonly Bytes[];
	  }
	| Hint;

const PART = 5700;
const MAX_PARTS = 64;
const MAX_MESSAGE = PART * MAX_PARTS;
const PROCESS = 32;
/** Messages of which parts are missing; the oldest is given up first. */
const MAX_UNFINISHED = 64;

const id = bytes(32);
const frameShape: Shape<Frame> = variants<Frame>(
	map(tuple(literal(0), flag), ([, asks]) => ({ type: 'here', asks })),
	map(tuple(literal(1)), () => ({ type: 'gone' })),
	map(tuple(literal(2)), () => ({ type: 'missed' })),
	map(
		tuple(literal(3), uint(), id, id, optional(list(id, MAX_TOKENS)), blob(MAX_BLOCK)),
		([, push, mailbox, packet, to, block]) => ({
			type: 'push',
			push,
			packet: { mailbox, packet, to, block },
		}),
	),
	map(
		tuple(literal(4), text(PROCESS), uint(), list(id, MAX_TOKENS)),
		([, by, push, tokenHashes]) => ({ type: 'reached', by, push, tokenHashes }),
	),
	map(tuple(literal(5), id, uint()), ([, mailbox, number]) => ({
		type: 'stored',
		mailbox,
		number,
	})),
	map(tuple(literal(6), id, id), ([, mailbox, packet]) => ({ type: 'deleted', mailbox, packet })),
	map(tuple(literal(7), id, id, flag, flag), ([, mailbox, tokenHash, connected, asks]) => ({
		type: 'presence',
		mailbox,
		tokenHash,
		connected,
		asks,
	})),
	map(tuple(literal(8), id), ([, mailbox]) => ({ type: 'closed', mailbox })),
	map(tuple(literal(9), id, id), ([, mailbox, tokenHash]) => ({
		type: 'removed',
		mailbox,
		tokenHash,
	})),
);
const messageShape = list(frameShape, MAX_MESSAGE);
const partShape = tuple(text(PROCESS), uint(), uint(MAX_PARTS), uint(MAX_PARTS), blob(PART));

const fieldsOf = (frame: Frame): readonly unknown[] => {
	switch (frame.type) {
		case 'here':
			return [0, frame.asks];
		case 'gone':
			return [1];
		case 'missed':
			return [2];
		case 'push': {
			const { mailbox, packet, to, block } = frame.packet;
			return [3, frame.push, mailbox, packet, to, block];
		}
		case 'reached':
			return [4, frame.by, frame.push, frame.tokenHashes];
		case 'stored':
			return [5, frame.mailbox, frame.number];
		case 'deleted':
			return [6, frame.mailbox, frame.packet];
		case 'presence':
			return [7, frame.mailbox, frame.tokenHash, frame.connected, frame.asks];
		case 'closed':
			return [8, frame.mailbox];
		case 'removed':
			return [9, frame.mailbox, frame.tokenHash];
	}
};

/** Texts for as many of the frames as one message holds, and how many those are: one at least. */
export function encodeMessage(
	process: string,
	message: number,
	frames: readonly Frame[],
): { readonly texts: readonly string[]; readonly count: number } {
	const encoded: (readonly unknown[])[] = [];
	let size = 16;
	for (const frame of frames) {
		const fields = fieldsOf(frame);
		size += encode(fields).length;
		if (size > MAX_MESSAGE && encoded.length > 0) break;
		encoded.push(fields);
	}
	const whole = encode(encoded);
	const parts = Math.ceil(whole.length / PART);
	const texts = Array.from({ length: parts }, (_, part) => {
		const slice = whole.slice(part * PART, (part + 1) * PART);
		return Buffer.from(encode([process, message, part, parts, slice])).toString('base64');
	});
	return { texts, count: encoded.length };
}

export interface Reader {
	/** The frames of a message that this text completes, and whose they are. */
	take(payload: string): { readonly from: string; readonly frames: readonly Frame[] } | undefined;
}

export function createReader(): Reader {
	const unfinished = new Map<string, (Bytes | undefined)[]>();
	return {
		take: (payload) => {
			const decoded = decode(partShape, Buffer.from(payload, 'base64'), PART + 128);
			if (!decoded.ok) return undefined;
			const [from, message, part, parts, slice] = decoded.value;
			const key = `${from} ${String(message)}`;
			const kept = unfinished.get(key) ?? Array.from({ length: parts }, () => undefined);
			unfinished.set(key, kept);
			if (part < kept.length) kept[part] = slice;
			const all = kept.filter((one) => one !== undefined);
			if (all.length < kept.length) {
				const [oldest] = unfinished.keys();
				if (unfinished.size > MAX_UNFINISHED && oldest !== undefined) unfinished.delete(oldest);
				return undefined;
			}
			unfinished.delete(key);
			const frames = decode(messageShape, concat(...all), MAX_MESSAGE + 128);
			return frames.ok ? { from, frames: frames.value } : undefined;
		},
	};
}
