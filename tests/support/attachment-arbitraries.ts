// Files as messages say of them, to be drawn from.
import fc from 'fast-check';
import type { AttachedFile } from '#lib/protocol/attachment.ts';
import { cleanFileName } from '#lib/protocol/file-name.ts';
import { cleanFileType } from '#lib/protocol/file-type.ts';
import type { Bytes } from '#lib/util/bytes.ts';

const blob = (maxLength: number): fc.Arbitrary<Bytes> =>
	fc.uint8Array({ maxLength }).map((drawn) => new Uint8Array(drawn));

export const attachedFile: fc.Arbitrary<AttachedFile> = fc.record({
	name: fc.string({ unit: 'binary', maxLength: 400 }).map(cleanFileName),
	type: fc.string({ maxLength: 80 }).map(cleanFileType),
	length: fc.nat(2 ** 27),
	width: fc.nat(65_535),
	height: fc.nat(65_535),
	duration: fc.nat(31 * 86_400_000),
	placeholder: blob(64),
	thumbnail: blob(120),
	waveform: blob(64),
});
