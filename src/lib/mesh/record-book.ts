// Which record of each device holds: the latest that is neither over nor from a time to come. [PX1] [PX2]
// Knows nothing of signatures, nor of who is a member: whoever brings records has checked that.
import { MAX_CLOCK_AHEAD } from '#lib/protocol/limits.ts';
import {
	MAX_RECORD_TIMES,
	RECORD_AGE,
	recordName,
	recordNameHex,
	type PeerRecord,
	type RecordTime,
} from '#lib/protocol/peer-record.ts';
import { toHex } from '#lib/util/bytes.ts';

export interface RecordBook {
	/** Whether this record would take the place of what is held. */
	isNews(record: PeerRecord, now: number): boolean;
	/** Takes it, if it is news. */
	take(record: PeerRecord, now: number): boolean;
	/** The one that holds of a device (hex). */
	of(device: string, now: number): PeerRecord | undefined;
	/** All that hold, newest first. */
	all(now: number): readonly PeerRecord[];
	/** What is held, newest first, as far as one message names it. */
	times(now: number): readonly RecordTime[];
	/** Records that are newer than these, or of devices that aren't among them; newest first. */
	newerThan(times: readonly RecordTime[], now: number): readonly PeerRecord[];
	/** Those of which an older record or none is held here. */
	olderThan(times: readonly RecordTime[], now: number): readonly RecordTime[];
	/** Keeps those of these devices (hex) and no others. */
	keepOnly(isWanted: (device: string) => boolean): void;
}

const holds = ({ time, until }: PeerRecord, now: number): boolean =>
	until > now && until - time <= RECORD_AGE && time <= now + MAX_CLOCK_AHEAD;

export function createRecordBook(): RecordBook {
	const held = new Map<string, PeerRecord>();

	const isNews = (record: PeerRecord, now: number): boolean =>
		holds(record, now) && record.time > (held.get(toHex(record.device))?.time ?? -1);

	function all(now: number): PeerRecord[] {
		for (const [device, record] of held) if (record.until <= now) held.delete(device);
		return [...held.values()].sort((a, b) => b.time - a.time);
	}

	return {
		isNews,
		take(record, now) {
			if (!isNews(record, now)) return false;
			held.set(toHex(record.device), record);
			return true;
		},
		of(device, now) {
			const record = held.get(device);
			return record !== undefined && holds(record, now) ? record : undefined;
		},
		all,
		times: (now) =>
			all(now)
				.slice(0, MAX_RECORD_TIMES)
				.map(({ device, time }) => ({ name: recordName(device), time })),
		newerThan(times, now) {
			const known = new Map(times.map(({ name, time }) => [toHex(name), time]));
			return all(now).filter(
				({ device, time }) => time > (known.get(recordNameHex(toHex(device))) ?? -1),
			);
		},
		olderThan(times, now) {
			const mine = new Map(
				all(now).map(({ device, time }) => [recordNameHex(toHex(device)), time]),
			);
			return times.filter(({ name, time }) => time > (mine.get(toHex(name)) ?? -1));
		},
		keepOnly(isWanted) {
			for (const device of held.keys()) if (!isWanted(device)) held.delete(device);
		},
	};
}
