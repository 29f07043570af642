// Brings back what a backup file holds: all of it is read and checked before anything here is changed. [BK6] [BK3]
import { err, ok, type Result } from '#lib/util/result.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import type { Archive } from '../archive-api.ts';
import type { RestoreError, WorkOptions } from '../backup-api.ts';
import { openBackup, type BackupSource, type BackupTools, type OpenBackup } from './backup-file.ts';

export interface CheckedBackup {
	/** Takes everything in. What was taken in before it was cancelled stays, and does no harm. */
	takeInto(archive: Pick<Archive, 'takeIn'>): Promise<Result<number, RestoreError>>;
}

/** Reads the whole file, and says whether it is what it should be. */
export async function checkBackup(
	tools: BackupTools,
	backupKey: Bytes,
	source: BackupSource,
	{ onProgress = () => undefined, signal }: WorkOptions = {},
): Promise<Result<CheckedBackup, RestoreError>> {
	const opened = await openBackup(tools, backupKey, source);
	if (!opened.ok) return opened;
	/** Checking is the first half of the work. */
	const half =
		(which: 0 | 1) =>
		(bytes: number): void => {
			onProgress(which / 2 + bytes / source.size / 2);
		};
	for await (const part of opened.value.records(half(0))) {
		if (!part.ok) return part;
		if (signal?.aborted === true) return err({ type: 'cancelled' });
	}
	return ok({ takeInto: (archive) => takeInto(opened.value, archive, half(1), signal) });
}

async function takeInto(
	backup: OpenBackup,
	archive: Pick<Archive, 'takeIn'>,
	onRead: (bytes: number) => void,
	signal?: AbortSignal,
): Promise<Result<number, RestoreError>> {
	const taking = archive.takeIn();
	for await (const part of backup.records(onRead)) {
		if (!part.ok) return part;
		for (const record of part.value) {
			if (signal?.aborted === true) return err({ type: 'cancelled' });
			const taken = await taking.take(record);
			if (!taken.ok) return taken;
		}
	}
	return ok(taking.spaces);
}
