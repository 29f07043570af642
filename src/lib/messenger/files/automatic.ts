// Fetches small files by itself, up to a size that the person sets for this device. Of messages that are hidden here the
// same is fetched, and thrown away: their author's devices hear what they would hear of anybody. [FL6] [SH7]
import type { Entry } from '#lib/crdt/check-entry.ts';
import { DAY } from '#lib/protocol/limits.ts';
import { MAX_ATTACHMENT } from '#lib/protocol/attachment-size.ts';
import { decode, encode, tuple, uint } from '#lib/protocol/cbor.ts';
import { KIND } from '#lib/protocol/entry.ts';
import type { KeyValueStore } from '#lib/ports/store.ts';
import { equal, toHex } from '#lib/util/bytes.ts';
import { err, ok } from '#lib/util/result.ts';
import type { FileSettings } from '../files-api.ts';
import type { Ports, Self } from '../ports.ts';
import type { Space } from '../space/space-face.ts';
import { placeOf } from './place.ts';

const ROW = { table: 'account', key: ['files'] } as const;
const shape = tuple(uint(MAX_ATTACHMENT));
/** Photos as they are usually sent, and a few minutes of talking. */
const AT_FIRST = 4 << 20;
/** What is older was here before, or is history. */
const RECENT = 14 * DAY;
/** Begun and not done; more wait. */
const AT_ONCE = 32;
/** Of those that nobody gives anything of for so long, ms, the others wait no longer. */
const PATIENCE = 30_000;
const MAX_WAITING = 1000;

/** Bytes of a message's files together; what has more is fetched when it is asked for. */
async function automaticLimit(store: KeyValueStore): Promise<number> {
	const row = await store.get(ROW.table, ROW.key);
	const limit = row && decode(shape, row, 16);
	return limit?.ok === true ? limit.value[0] : AT_FIRST;
}

export const createFileSettings = ({
	store,
	content,
}: Pick<Ports, 'store' | 'content'>): FileSettings => ({
	automatic: () => automaticLimit(store),
	async setAutomatic(bytes) {
		const limit = Math.min(MAX_ATTACHMENT, Math.max(0, Math.floor(bytes)));
		const kept = await store.commit([{ ...ROW, value: encode([limit]) }]);
		return kept.ok ? ok() : err({ type: 'storage' });
	},
	room: () => content.room(),
});

export interface Automatic {
	/** Entries that were not here before. */
	onPlaced(entries: readonly Entry[]): void;
	/** The files of a message (entry, hex) are whole, or not fetched any longer. */
	onDone(key: string): void;
	stop(): void;
}

export function createAutomatic(
	{ clock, store }: Pick<Ports, 'clock' | 'store'>,
	self: Pick<Self, 'device' | 'rootHash'>,
	space: Space,
	fetching: {
		fetch(place: string): Promise<boolean>;
		/** Something of these (entry, hex) comes just now. */
		isMoving(key: string): boolean;
		discard(entry: Entry): Promise<void>;
	},
): Automatic {
	/** Entries (hex) that were begun. */
	const begun = new Set<string>();
	let waiting: Entry[] = [];
	let stopped = false;

	const isHidden = ({ header }: Entry): boolean =>
		!equal(header.author, self.rootHash) &&
		space.ledger.authority.isHidden(toHex(header.author), toHex(header.device), header.seq);

	const isOfNow = ({ header }: Entry): boolean =>
		header.kind === KIND.message &&
		header.attachmentRoot !== null &&
		!equal(header.device, self.device.publicKey) &&
		clock.now() - header.time.ms < RECENT;

	async function begin(entry: Entry): Promise<void> {
		if (isHidden(entry)) await fetching.discard(entry);
		else if (!(await fetching.fetch(placeOf(entry.header)))) done(entry.key);
	}

	function next(): void {
		while (begun.size < AT_ONCE && !stopped) {
			const entry = waiting.shift();
			if (entry === undefined) return;
			begun.add(entry.key);
			giveUpWaiting(entry.key);
			void begin(entry);
		}
	}

	/** They are fetched all the same, whenever somebody has them. */
	function giveUpWaiting(key: string): void {
		clock.after(PATIENCE, () => {
			if (!begun.has(key)) return;
			if (fetching.isMoving(key)) giveUpWaiting(key);
			else done(key);
		});
	}

	function done(key: string): void {
		if (begun.delete(key)) next();
	}

	return {
		onPlaced(entries) {
			const files = entries.filter(isOfNow);
			if (files.length === 0) return;
			void automaticLimit(store).then((limit) => {
				const small = files.filter(({ header }) => header.attachmentLength <= limit);
				// Of very many the latest.
				waiting = [...waiting, ...small].slice(-MAX_WAITING);
				next();
			});
		},
		onDone: done,
		stop() {
			stopped = true;
		},
	};
}
