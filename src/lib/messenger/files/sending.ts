// Makes an attachment of files that somebody chose: checks them, seals them into the content store as they are read, and
// says what the message will say of them. [AF1] [AF3] [FL3]
import { sealAttachment, type SealedAttachment } from '#lib/crypto/attachment.ts';
import {
	fitsContent,
	lengthOfFiles,
	MAX_FILES,
	type AttachedFile,
	type Attachment,
} from '#lib/protocol/attachment.ts';
import { MAX_ATTACHMENT, paddedLength } from '#lib/protocol/attachment-size.ts';
import { cleanFileName } from '#lib/protocol/file-name.ts';
import { cleanFileType } from '#lib/protocol/file-type.ts';
import type { StoreError } from '#lib/ports/store.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import type { FileSource, SendFilesError, SendFilesOptions } from '../files-api.ts';
import type { Ports } from '../ports.ts';

/** Read at once. */
const PART = 1 << 20;
const NONE: Bytes = new Uint8Array();
/** Left free on the device, for what else is written. */
const RESERVE = 64 << 20;

export interface SealedFiles {
	readonly attachment: Attachment;
	readonly sealed: SealedAttachment;
}

const describe = ({ name, type, size, preview = {} }: FileSource): AttachedFile => ({
	name: cleanFileName(name),
	type: cleanFileType(type),
	length: size,
	width: preview.width ?? 0,
	height: preview.height ?? 0,
	duration: preview.duration ?? 0,
	placeholder: preview.placeholder ?? NONE,
	thumbnail: preview.thumbnail ?? NONE,
	waveform: preview.waveform ?? NONE,
});

/** What is said of the files; thumbnails go, the largest first, where it would be too much. */
function attachmentOf(fileKey: Bytes, sources: readonly FileSource[]): Attachment {
	const files = sources.map(describe);
	while (!fitsContent({ fileKey, files })) {
		const sizes = files.map(({ thumbnail }) => thumbnail.length);
		const largest = sizes.indexOf(Math.max(...sizes));
		const file = files[largest];
		if (file === undefined || file.thumbnail.length === 0) break;
		files[largest] = { ...file, thumbnail: NONE };
	}
	return { fileKey, files };
}

/** Whether one message carries these, and this device keeps them. */
async function check(
	{ content }: Pick<Ports, 'content'>,
	sources: readonly FileSource[],
): Promise<SendFilesError['type'] | undefined> {
	if (sources.length === 0 || sources.length > MAX_FILES) return 'too-many';
	const length = lengthOfFiles(sources.map(({ size }) => ({ length: size })));
	if (length > MAX_ATTACHMENT) return 'too-large';
	const room = await content.room();
	return room !== null && room < paddedLength(length) + RESERVE ? 'no-room' : undefined;
}

/** Seals the files under `name`. What was written of an attachment that failed is for the caller to remove. */
export async function sealFiles(
	ports: Pick<Ports, 'content' | 'crypto' | 'random' | 'bulkCrypto'>,
	name: Bytes,
	sources: readonly FileSource[],
	{ onProgress = () => undefined, signal }: SendFilesOptions,
): Promise<Result<SealedFiles, SendFilesError>> {
	const problem = await check(ports, sources);
	if (problem !== undefined) return err({ type: problem });
	const length = lengthOfFiles(sources.map(({ size }) => ({ length: size })));
	let done = 0;
	let isUnreadable = false;
	let refused: StoreError | undefined;

	async function* parts(): AsyncGenerator<Bytes> {
		for (const source of sources) {
			for (let at = 0; at < source.size; at += PART) {
				if (signal?.aborted === true) return;
				const part = await source.read(at, Math.min(at + PART, source.size)).catch(() => NONE);
				if (part.length === 0) {
					isUnreadable = true;
					return;
				}
				yield part;
				done += part.length;
				onProgress(length === 0 ? 1 : done / length);
			}
		}
	}

	const tools = { ...ports, bulk: await ports.bulkCrypto() };
	const sealed = await sealAttachment(tools, parts(), length, async (chunk, bytes) => {
		const kept = await ports.content.write(name, chunk, bytes);
		if (!kept.ok) refused = kept.error;
		return kept.ok;
	});
	if (signal?.aborted === true) return err({ type: 'cancelled' });
	if (refused !== undefined) return err({ type: refused.type === 'full' ? 'no-room' : 'storage' });
	if (sealed === undefined || isUnreadable) return err({ type: 'unreadable' });
	return ok({ attachment: attachmentOf(sealed.fileKey, sources), sealed });
}
