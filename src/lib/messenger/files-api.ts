// Files as the interface sees them.
import type { AttachedFile } from '#lib/protocol/attachment.ts';
import type { Showable } from '#lib/protocol/file-type.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';
import type { Readable } from '#lib/util/signal.ts';

/** A file that somebody chose, wherever it lies. */
export interface FileSource {
	readonly name: string;
	readonly type: string;
	/** Bytes. */
	readonly size: number;
	/** Rejects when it can't be read. */
	read(from: number, to: number): Promise<Bytes>;
	/** What is said of it besides, as far as it is known. */
	readonly preview?: Partial<
		Pick<AttachedFile, 'width' | 'height' | 'duration' | 'placeholder' | 'thumbnail' | 'waveform'>
	>;
}

export interface FileView extends Omit<AttachedFile, 'length'> {
	/** How it may be shown where it stands; null: it is only offered to be saved. */
	readonly showable: Showable | null;
	/** Bytes: of it, and of the files of the message before it. */
	readonly size: number;
	readonly offset: number;
}

/** Files of one message. */
export interface MessageFiles {
	/** Names the message to `SpaceFiles`. */
	readonly place: string;
	readonly files: readonly FileView[];
}

/**
 * absent: nothing of it is being fetched. waiting: for somebody who has it. paused: by the person. full: the device could
 * not keep more.
 */
export interface TransferView {
	readonly state: 'absent' | 'waiting' | 'moving' | 'paused' | 'full' | 'whole';
	/** 0 … 1 of all files of the message. */
	readonly done: number;
	/** Bits of the chunks that are here; of what is absent or whole none are named. */
	readonly held: Bytes;
	/** Bytes a second. */
	readonly rate: number;
	/** Milliseconds; null while nobody can say. */
	readonly left: number | null;
}

/**
 * How the copies of files that one sends stand, which relays keep for those who are away. leaving: they are being left.
 * left: whoever is away will find them. waiting: for a relay. full: the relays have no room. too-large: for relays; with
 * either, others get the files while both are there.
 */
export interface LeavingView {
	readonly state: 'leaving' | 'left' | 'waiting' | 'full' | 'too-large';
	/** 0 … 1. */
	readonly done: number;
}

/**
 * too-many, too-large: more than one message carries. no-room: on this device. unreadable: a file could not be read, or
 * changed meanwhile. cancelled: by the signal. The others as for a text.
 */
export interface SendFilesError {
	readonly type:
		| 'too-many'
		| 'too-large'
		| 'no-room'
		| 'unreadable'
		| 'cancelled'
		| 'too-long'
		| 'storage'
		| 'not-member';
}

export interface SendFilesOptions {
	/** Id of a message. */
	readonly replyTo?: string;
	/** 0 … 1 of what has to be sealed before it can be sent. */
	readonly onProgress?: (done: number) => void;
	readonly signal?: AbortSignal;
}

/** What the files of a message take here, or did until they were freed. */
export interface FileUsage {
	readonly place: string;
	/** Channel and message, ids. */
	readonly channel: string;
	readonly message: string;
	/** Bytes. */
	readonly bytes: number;
	/** Bytes of all of it. */
	readonly size: number;
	/** freed: nothing of it is here any longer. */
	readonly state: 'whole' | 'partly' | 'freed';
	/** This device has sent them: freed, they are only where others have them. */
	readonly isOwn: boolean;
	readonly names: readonly string[];
}

/** Of this device, for all spaces. */
export interface FileSettings {
	/** Files of a message of at most so many bytes are fetched unasked; 0: none are. */
	automatic(): Promise<number>;
	setAutomatic(bytes: number): Promise<Result<void, { readonly type: 'storage' }>>;
	/** Bytes that may still be kept here, as far as the browser says; null where it doesn't. */
	room(): Promise<number | null>;
}

/** The files of one space. */
export interface SpaceFiles {
	/** Sends a message with files, at least one; `text` may be empty. Resolves once it is kept here. */
	send(
		channel: string,
		text: string,
		files: readonly FileSource[],
		options?: SendFilesOptions,
	): Promise<Result<void, SendFilesError>>;
	/** By place; those that somebody has begun to fetch since the start. */
	readonly transfers: Readable<ReadonlyMap<string, TransferView>>;
	/** By place; of one's own files, where relays are needed for them. */
	readonly leaving: Readable<ReadonlyMap<string, LeavingView>>;
	/** How the files of this message stand. */
	look(place: string): Promise<TransferView>;
	/** Fetches what is not here of them, or goes on after a pause. False: there is no such message, or no room. */
	fetch(place: string): Promise<boolean>;
	pause(place: string): Promise<void>;
	/** Bytes of a file, from one place up to before another, as far as they are here; what lies there is fetched first. */
	read(place: string, index: number, from?: number, to?: number): AsyncGenerator<Bytes>;
	usage(): Promise<readonly FileUsage[]>;
	/** Frees what they take here, or ends their coming; they can be fetched again while anybody has them. */
	free(place: string): Promise<void>;
}
