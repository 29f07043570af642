// What to blank in a WebM or Matroska file so that it no longer says where, when and by what it was taken, nor carries other
// files: elements of words become void ones of the same length, so that nothing else moves. Looks only at what describes the
// film and at where its parts begin. [ME7]
import { inWindows, zeros, type Patch, type Read } from './patch.ts';

const HEADER = 0x1a45dfa3;
const SEGMENT = 0x18538067;
const VOID = 0xec;
const SEEK_HEAD = 0x114d9b74;
const INFO = 0x1549a966;
const TRACKS = 0x1654ae6b;
const TRACK = 0xae;
const CLUSTER = 0x1f43b675;
const CUES = 0x1c53bb6b;
const TAGS = 0x1254c367;
const CHAPTERS = 0x1043a770;
const ATTACHMENTS = 0x1941a469;

/** What a cluster of unknown length is followed by. */
const ENDS_CLUSTER = new Set([
	...[CLUSTER, SEEK_HEAD, INFO, TRACKS, CUES, TAGS, CHAPTERS, ATTACHMENTS, SEGMENT, HEADER],
]);
/** What a cluster is made of: its time and place, and pictures and sound. */
const MEDIA = new Set([0xe7, 0xa7, 0xab, 0xa3, 0xa0, 0xaf, 0x5854]);
/** Of what a film is said to be: the unit of its times, and its length. */
const KEPT_OF_INFO = new Set([0x2ad7b1, 0x4489]);
/** By what it was made; they have to be there. */
const MAKERS = new Set([0x4d80, 0x5741]);
/** Of a track: what it is called, what its coding is called, and a sum that no longer fits. */
const WORDS_OF_TRACK = new Set([0x536e, 0x258688, 0xbf]);

const MAX_ELEMENTS = 2_000_000;
const MAX_PATCHES = 10_000;

interface Element {
	readonly id: number;
	readonly at: number;
	/** Where its content begins and ends. */
	readonly from: number;
	readonly to: number;
	/** It ends where something else begins. */
	readonly isOpen: boolean;
}

export const isMatroska = (start: Uint8Array): boolean =>
	[0x1a, 0x45, 0xdf, 0xa3].every((byte, n) => start[n] === byte);

/** The number that begins here, as long as its first byte says; undefined: none does. */
function numberAt(bytes: Uint8Array, at: number, longest: number) {
	const first = bytes[at] ?? 0;
	const length = Math.clz32(first) - 23;
	if (length > longest || at + length > bytes.length) return undefined;
	const mark = 1 << (8 - length);
	let bare = first - mark;
	let isAllOnes = bare === mark - 1;
	for (const byte of bytes.subarray(at + 1, at + length)) {
		bare = bare * 256 + byte;
		isAllOnes &&= byte === 255;
	}
	return { length, bare, value: bare + 2 ** (7 * length), isAllOnes };
}

function voidOf(at: number, to: number): Patch {
	const length = to - at;
	if (length < 2) return zeros(at, to);
	const head = new Uint8Array(length - 2 < 127 ? 2 : 9);
	head[0] = VOID;
	if (head.length === 2) head[1] = 0x80 | (length - 2);
	else {
		new DataView(head.buffer).setBigUint64(1, BigInt(length - 9));
		head[1] = 1;
	}
	return { at, to, bytes: head };
}

/** A walk through the elements of one file; `undefined` from anything: it isn't as it should be. */
function createWalk(read: Read, size: number) {
	const patches: Patch[] = [];
	let count = 0;

	async function elementAt(at: number, end: number): Promise<Element | undefined> {
		count += 1;
		const bytes = await read(at, Math.min(end, at + 12));
		const id = numberAt(bytes, 0, 4);
		const length = id && numberAt(bytes, id.length, 8);
		if (length === undefined || count > MAX_ELEMENTS || patches.length > MAX_PATCHES)
			return undefined;
		const from = at + (id?.length ?? 0) + length.length;
		const to = length.isAllOnes ? end : from + length.bare;
		if (to > end) return undefined;
		return { id: id?.value ?? 0, at, from, to, isOpen: length.isAllOnes };
	}

	/** Calls `take` for each element up to `end`; it says where the next one begins. */
	async function each(
		start: number,
		end: number,
		take: (element: Element) => number | undefined | Promise<number | undefined>,
	): Promise<number | undefined> {
		let at = start;
		while (at < end) {
			const element = await elementAt(at, end);
			const next = element && (await take(element));
			if (next === undefined) return undefined;
			if (next === at) return at;
			at = next;
		}
		return at;
	}

	/** Goes on behind an element that says how long it is. */
	const behind = ({ to, isOpen }: Element): number | undefined => (isOpen ? undefined : to);

	function voided(element: Element): number | undefined {
		patches.push(voidOf(element.at, element.to));
		return behind(element);
	}

	function ofInfo(element: Element): number | undefined {
		if (KEPT_OF_INFO.has(element.id)) return behind(element);
		if (!MAKERS.has(element.id)) return voided(element);
		patches.push(zeros(element.from, element.to));
		return behind(element);
	}

	const ofTracks = (element: Element): number | undefined | Promise<number | undefined> => {
		if (element.id !== TRACK || element.isOpen) return voided(element);
		return each(element.from, element.to, (inner) =>
			WORDS_OF_TRACK.has(inner.id) || inner.id === VOID ? voided(inner) : behind(inner),
		);
	};

	function ofOpenCluster(element: Element): number | undefined {
		if (ENDS_CLUSTER.has(element.id)) return element.at;
		return MEDIA.has(element.id) ? behind(element) : voided(element);
	}

	async function ofSegment(element: Element): Promise<number | undefined> {
		const { id, from, to, isOpen } = element;
		if (id === SEGMENT || id === HEADER) return undefined;
		if (id === CLUSTER && isOpen) {
			return each(from, to, ofOpenCluster);
		}
		if (isOpen) return undefined;
		if (id === CLUSTER || id === CUES || id === SEEK_HEAD) return to;
		if (id === INFO) return each(from, to, ofInfo);
		if (id === TRACKS) return each(from, to, ofTracks);
		// Under their own name, by which the list of parts at the beginning may lead here.
		if (id === TAGS || id === CHAPTERS || id === ATTACHMENTS) patches.push(voidOf(from, to));
		else return voided(element);
		return to;
	}

	const ofFile = (element: Element): number | undefined | Promise<number | undefined> => {
		if (element.at === 0) return element.id === HEADER ? behind(element) : undefined;
		if (element.id === SEGMENT) return each(element.from, element.to, ofSegment);
		return element.id === VOID ? voided(element) : undefined;
	};

	return async (): Promise<Patch[] | undefined> =>
		(await each(0, size, ofFile)) === size ? patches : undefined;
}

/** Undefined where it is none that can be read to its end. */
export async function matroskaPatches(read: Read, size: number): Promise<Patch[] | undefined> {
	return createWalk(inWindows(read, size), size)().catch(() => undefined);
}
