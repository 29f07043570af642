// Asks one other device for chunks of files, over the best way that there is to it at the moment. A way that goes takes
// with it what was asked by it, and nothing else. Knows no hashes and judges nothing. [TW2] [TW6]
import type { FlowChannel } from '#lib/ports/channel.ts';
import {
	encodeFileFrame,
	MAX_ASKED_FILES,
	type FileFrame,
	type FileReference,
} from '#lib/protocol/file-frame.ts';
import type { Bytes } from '#lib/util/bytes.ts';

export interface AskedFileEvents {
	/** `hashes`: if they were asked for; `bits`: of the chunks that it has. */
	onHave(hashes: Bytes | null, bits: Bytes): void;
	onPiece(chunk: number, segment: number, bytes: Bytes): void;
	/** It doesn't have this chunk. */
	onLack(chunk: number): void;
	/** It has nothing of the file, or not for this device. */
	onNone(): void;
	/** What was asked of this chunk went with its way; it may be asked for again. */
	onReturned(chunk: number): void;
	/** There is no way to the device any longer. */
	onLost(): void;
}

export interface AskedFile {
	ask(hashes: boolean): void;
	get(chunk: number): void;
	cancel(chunk: number): void;
	/** All of it came. */
	done(chunk: number): void;
	/** `whole`: all of the file is here. */
	close(whole?: boolean): void;
}

export interface AskedDevice {
	/** Undefined when as many files are asked of it as can be. */
	open(of: FileReference, events: AskedFileEvents): AskedFile | undefined;
	/** A way to the device: better than those that there are, or not. */
	attach(channel: FlowChannel, isBetter: boolean): void;
	/** What came by one of its ways. */
	take(frame: FileFrame): void;
	lost(channel: FlowChannel): void;
}

interface Open {
	readonly events: AskedFileEvents;
	/** Chunks asked for, each by its way. */
	readonly under: Map<number, FlowChannel>;
}

export function createAskedDevice(): AskedDevice {
	/** The best last. */
	const ways: FlowChannel[] = [];
	const files = new Map<number, Open>();

	const send = (frame: FileFrame, by = ways.at(-1)): void => by?.send(encodeFileFrame(frame));

	function freeNumber(): number | undefined {
		for (let n = 0; n < MAX_ASKED_FILES; n++) if (!files.has(n)) return n;
		return undefined;
	}

	return {
		open(of, events) {
			const file = freeNumber();
			if (file === undefined || ways.length === 0) return undefined;
			const own: Open = { events, under: new Map() };
			files.set(file, own);
			return {
				ask(hashes) {
					send({ type: 'ask', file, of, hashes });
				},
				get(chunk) {
					const way = ways.at(-1);
					if (way === undefined) return;
					own.under.set(chunk, way);
					send({ type: 'get', file, chunk }, way);
				},
				cancel(chunk) {
					const way = own.under.get(chunk);
					if (way === undefined) return;
					own.under.delete(chunk);
					send({ type: 'cancel', file, chunk }, way);
				},
				done(chunk) {
					own.under.delete(chunk);
				},
				close(whole = false) {
					if (files.get(file) !== own) return;
					files.delete(file);
					send({ type: 'close', file, whole });
				},
			};
		},
		attach(channel, isBetter) {
			if (isBetter) ways.push(channel);
			else ways.unshift(channel);
		},
		take(frame) {
			if (!('file' in frame)) return;
			const open = files.get(frame.file);
			if (open === undefined) return;
			const { events, under } = open;
			switch (frame.type) {
				case 'have':
					events.onHave(frame.hashes, frame.bits);
					break;
				case 'piece':
					events.onPiece(frame.chunk, frame.segment, frame.bytes);
					break;
				case 'lack':
					under.delete(frame.chunk);
					events.onLack(frame.chunk);
					break;
				case 'none':
					events.onNone();
					break;
				default:
			}
		},
		lost(channel) {
			const at = ways.indexOf(channel);
			if (at < 0) return;
			ways.splice(at, 1);
			for (const { events, under } of [...files.values()]) {
				if (ways.length === 0) {
					events.onLost();
					continue;
				}
				for (const [chunk, way] of [...under]) {
					if (way !== channel) continue;
					under.delete(chunk);
					events.onReturned(chunk);
				}
			}
			if (ways.length === 0) files.clear();
		},
	};
}
