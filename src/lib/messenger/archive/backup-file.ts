// An archive as one encrypted file, which opens with the recovery phrase of its person and with nothing else. [BK5] [BK6]
// Written and read in segments: neither side ever holds more than one of them.
//
// file    = header 85 ‖ archive, sealed as an attachment is (KY16, KY17): neither order nor end of it can be changed
// header  = "AEGISBAK" ‖ version 1 ‖ nonce 24 ‖ secretbox( file key 32 ) ‖ first 4 bytes of SHA-256 of all before
// box key = HKDF( backup key, salt "AEGISBAK" ‖ version, `backup-file` );  backup key = HKDF( root seed, `backup` )
import { createAttachmentOpener, createAttachmentSealer } from '#lib/crypto/attachment-cipher.ts';
import { SEGMENT } from '#lib/protocol/attachment-size.ts';
import { GCM_TAG, type Gcm } from '#lib/crypto/gcm-key.ts';
import { derive } from '#lib/crypto/hash.ts';
import {
	createRecordReader,
	encodeRecord,
	type ArchiveError,
	type ArchiveRecord,
} from '#lib/protocol/archive.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { Random } from '#lib/ports/random.ts';
import { concat, equal, utf8, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

const MAGIC = utf8('AEGISBAK');
const VERSION = 1;
const PREFIX = MAGIC.length + 1;
const NONCE = 24;
const BOX = 48;
const SUM = 4;
const HEADER = PREFIX + NONCE + BOX + SUM;
const SEALED_SEGMENT = SEGMENT + GCM_TAG;

export interface BackupTools {
	readonly crypto: CryptoProvider;
	readonly gcm: Gcm;
	readonly random: Random;
}

/** A file that lies somewhere. */
export interface BackupSource {
	/** Bytes. */
	readonly size: number;
	/** Rejects when it can't be read. */
	read(from: number, to: number): Promise<Bytes>;
}

/**
 * not-a-backup: something else. newer: made by a later version. other-phrase: sealed for somebody else. damaged: bytes
 * changed, or missing at the end. unreadable: the file can't be read.
 */
export interface BackupFileError {
	readonly type: 'not-a-backup' | 'newer' | 'other-phrase' | 'damaged' | 'unreadable';
}

const fault = (type: BackupFileError['type']): Result<never, BackupFileError> => err({ type });

const boxKeyOf = (crypto: CryptoProvider, backupKey: Bytes, prefix: Bytes): Bytes =>
	derive(crypto, backupKey, 'backup-file', 32, prefix);

/** The file, part by part. */
export async function* sealBackup(
	{ crypto, gcm, random }: BackupTools,
	backupKey: Bytes,
	records: AsyncIterable<ArchiveRecord>,
): AsyncGenerator<Bytes> {
	const sealer = await createAttachmentSealer(crypto, gcm, random);
	const prefix = concat(MAGIC, Uint8Array.of(VERSION));
	const nonce = random.bytes(NONCE);
	const box = crypto.seal(boxKeyOf(crypto, backupKey, prefix), nonce, sealer.fileKey);
	const header = concat(prefix, nonce, box);
	yield concat(header, crypto.sha256(header).slice(0, SUM));
	let left: Bytes = new Uint8Array();
	for await (const record of records) {
		left = concat(left, encodeRecord(record));
		while (left.length > SEGMENT) {
			yield await sealer.seal(left.subarray(0, SEGMENT), false);
			left = left.slice(SEGMENT);
		}
	}
	yield await sealer.seal(left, true);
}

export interface OpenBackup {
	/** All records in order; ends after the first error. `onRead`: so many bytes of the file are read. */
	records(
		onRead?: (bytes: number) => void,
	): AsyncGenerator<Result<readonly ArchiveRecord[], BackupFileError>>;
}

async function fileKeyIn(
	crypto: CryptoProvider,
	backupKey: Bytes,
	header: Bytes,
): Promise<Result<Bytes, BackupFileError>> {
	if (!equal(header.subarray(0, MAGIC.length), MAGIC)) return fault('not-a-backup');
	const version = header[MAGIC.length] ?? 0;
	if (version > VERSION) return fault('newer');
	if (version < 1 || header.length < HEADER) return fault('damaged');
	const summed = header.slice(0, HEADER - SUM);
	const sum = header.subarray(HEADER - SUM);
	if (!equal(crypto.sha256(summed).slice(0, SUM), sum)) return fault('damaged');
	const key = boxKeyOf(crypto, backupKey, header.slice(0, PREFIX));
	const box = header.subarray(PREFIX + NONCE, HEADER - SUM);
	const fileKey = crypto.open(key, header.subarray(PREFIX, PREFIX + NONCE), box);
	return fileKey === undefined ? fault('other-phrase') : ok(fileKey);
}

/** Bytes of the archive inside; undefined where no archive has that size. */
function plainLength(size: number): number | undefined {
	const sealed = size - HEADER;
	const segments = Math.ceil(sealed / SEALED_SEGMENT);
	const length = sealed - segments * GCM_TAG;
	return length > 0 ? length : undefined;
}

const errorOf = ({ type }: ArchiveError): BackupFileError => ({
	type: type === 'newer' ? 'newer' : 'damaged',
});

export async function openBackup(
	{ crypto, gcm }: BackupTools,
	backupKey: Bytes,
	source: BackupSource,
): Promise<Result<OpenBackup, BackupFileError>> {
	const read = (from: number, to: number): Promise<Bytes | null> =>
		source.read(from, Math.min(to, source.size)).catch(() => null);
	const header = await read(0, HEADER);
	if (header === null) return fault('unreadable');
	const fileKey = await fileKeyIn(crypto, backupKey, header);
	if (!fileKey.ok) return fileKey;
	const length = plainLength(source.size);
	const opener =
		length === undefined
			? undefined
			: await createAttachmentOpener(crypto, gcm, fileKey.value, length);
	if (opener === undefined) return fault('damaged');

	return ok({
		async *records(onRead = () => undefined) {
			const reader = createRecordReader();
			for (let n = 0; n < opener.segments; n++) {
				const from = HEADER + n * SEALED_SEGMENT;
				const sealed = await read(from, from + SEALED_SEGMENT);
				if (sealed === null) {
					yield fault('unreadable');
					return;
				}
				const plain = await opener.open(n, sealed);
				if (!plain.ok) {
					yield fault('damaged');
					return;
				}
				const records = reader.push(plain.value);
				if (!records.ok) {
					yield err(errorOf(records.error));
					return;
				}
				onRead(from + sealed.length);
				yield records;
			}
			if (!reader.done) yield fault('damaged');
		},
	});
}
