// Backup files of the person at this device: written to where they choose, read from what they give. [BK5] [BK6]
import { chooseGcm } from '#lib/crypto/aes-gcm.ts';
import { createCryptoProvider } from '#lib/crypto/provider.ts';
import {
	sealBackup,
	type BackupSource,
	type BackupTools,
} from '#lib/messenger/archive/backup-file.ts';
import { checkBackup, type CheckedBackup } from '#lib/messenger/archive/restore-backup.ts';
import type { Messenger } from '#lib/messenger/api.ts';
import type { RestoreError, SaveError, WorkOptions } from '#lib/messenger/backup-api.ts';
import { backupKeyOf } from '#lib/messenger/root-signer.ts';
import { openFileSink } from '#lib/platform/file-sink.ts';
import { createSystemRandom } from '#lib/platform/random.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

const tools = async (): Promise<BackupTools> => ({
	crypto: createCryptoProvider(),
	gcm: await chooseGcm(crypto.subtle),
	random: createSystemRandom(),
});

/** Of a root seed that was written down. */
export const backupKeyOfSeed = (rootSeed: Bytes): Bytes =>
	backupKeyOf(createCryptoProvider(), rootSeed);

const sourceOf = (file: Blob): BackupSource => ({
	size: file.size,
	read: async (from, to) => new Uint8Array(await file.slice(from, to).arrayBuffer()),
});

/** Reads all of a file and says whether it opens with this key, before anything is changed. */
export const checkFile = async (
	backupKey: Bytes,
	file: Blob,
	options?: WorkOptions,
): Promise<Result<CheckedBackup, RestoreError>> =>
	checkBackup(await tools(), backupKey, sourceOf(file), options);

export async function saveFile(
	backupKey: Bytes,
	{ archive }: Pick<Messenger, 'archive'>,
	name: string,
	{ onProgress = () => undefined, signal }: WorkOptions = {},
): Promise<Result<void, SaveError>> {
	try {
		const sink = await openFileSink(name);
		if (sink === null) return err({ type: 'cancelled' });
		const records = archive.records((done, of) => {
			onProgress(of === 0 ? 1 : done / of);
		});
		for await (const part of sealBackup(await tools(), backupKey, records)) {
			if (signal?.aborted === true) {
				await sink.abort();
				return err({ type: 'cancelled' });
			}
			await sink.write(part);
		}
		await sink.close();
		return ok();
	} catch {
		return err({ type: 'failed' });
	}
}
