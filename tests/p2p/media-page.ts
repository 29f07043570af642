// Pictures, films and recordings on the page of the browser tests: made here, prepared as they are for a message, and
// looked at again as the browser shows them.
import { tiffSaying } from '#lib/media/orientation.ts';
import { openFilm } from '#lib/media/film.ts';
import { placeholderUrl } from '#lib/media/placeholder.ts';
import { prepareFile, type PreparedFile } from '#lib/media/prepare.ts';
import { openRecording } from '#lib/media/recording.ts';
import { concat, utf8, type Bytes } from '#lib/util/bytes.ts';

const CANARY = utf8('canary-media-77');
const signal = (): AbortSignal => AbortSignal.timeout(10_000);

/** Left half red, right half blue, the uppermost eighth green. */
function painted(width: number, height: number): OffscreenCanvas {
	const canvas = new OffscreenCanvas(width, height);
	const context = canvas.getContext('2d')!;
	context.fillStyle = '#ff0000';
	context.fillRect(0, 0, width, height);
	context.fillStyle = '#0000ff';
	context.fillRect(width / 2, 0, width, height);
	context.fillStyle = '#00ff00';
	context.fillRect(0, 0, width, height / 8);
	return canvas;
}

async function pictureFile(type: string, width: number, height: number): Promise<File> {
	const blob = await painted(width, height).convertToBlob({ type, quality: 0.95 });
	let bytes: Bytes = new Uint8Array(await blob.arrayBuffer());
	if (type === 'image/jpeg') {
		// As a phone writes it that was held upright: turned by what is said beside the picture.
		const said = concat(utf8('Exif\0\0'), tiffSaying(6), CANARY);
		const head = Uint8Array.of(0xff, 0xe1, 0, said.length + 2);
		bytes = concat(bytes.subarray(0, 2), head, said, bytes.subarray(2));
	} else bytes = concat(bytes, CANARY);
	return new File([bytes], 'IMG 1.one.jpeg', { type: blob.type });
}

async function seen(blob: Blob | string): Promise<{ size: number[]; colours: string[] }> {
	const image = new Image();
	image.src = typeof blob === 'string' ? blob : URL.createObjectURL(blob);
	await image.decode();
	const { naturalWidth: width, naturalHeight: height } = image;
	const canvas = new OffscreenCanvas(width, height);
	const context = canvas.getContext('2d')!;
	context.drawImage(image, 0, 0);
	const at = (x: number, y: number): string => {
		const { data } = context.getImageData(Math.floor(x * width), Math.floor(y * height), 1, 1);
		return [...data.subarray(0, 3)].map((value) => (value > 127 ? 1 : 0)).join('');
	};
	return {
		size: [width, height],
		colours: [at(0.1, 0.5), at(0.9, 0.5), at(0.5, 0.05), at(0.5, 0.95)],
	};
}

const contentOf = async ({ size, read }: PreparedFile): Promise<Bytes> => read(0, size);

async function film(): Promise<File> {
	const canvas = document.createElement('canvas');
	[canvas.width, canvas.height] = [320, 180];
	const context = canvas.getContext('2d')!;
	const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/webm' });
	const parts: Blob[] = [];
	recorder.ondataavailable = ({ data }) => parts.push(data);
	recorder.start(100);
	const recorded = (): number => parts.reduce((sum, { size }) => sum + size, 0);
	for (let n = 0; n < 30 || recorded() < 2000; n++) {
		context.fillStyle = '#ff0000';
		context.fillRect(0, 0, 320, 180 - (n % 30));
		await new Promise((resolve) => setTimeout(resolve, 40));
	}
	const stopped = new Promise((resolve) => (recorder.onstop = resolve));
	recorder.stop();
	await stopped;
	return new File(parts, 'film.webm', { type: 'video/webm' });
}

/** A second of silence, then one of a tone. */
function recording(): File {
	const rate = 8000;
	const samples = Int16Array.from({ length: 2 * rate }, (_, n) =>
		n < rate ? 0 : Math.round(20_000 * Math.sin((n * 2 * Math.PI * 440) / rate)),
	);
	const head = new DataView(new ArrayBuffer(44));
	new Uint8Array(head.buffer).set(utf8('RIFF....WAVEfmt ....................data....'));
	head.setUint32(4, 36 + samples.byteLength, true);
	head.setUint32(16, 16, true);
	head.setUint16(20, 1, true);
	head.setUint16(22, 1, true);
	head.setUint32(24, rate, true);
	head.setUint32(28, 2 * rate, true);
	head.setUint16(32, 2, true);
	head.setUint16(34, 16, true);
	head.setUint32(40, samples.byteLength, true);
	return new File([head, samples], 'tone.wav', { type: 'audio/wav' });
}

async function told(file: File, maxSide?: number) {
	const made = await prepareFile(file, {
		...(maxSide !== undefined && { maxSide }),
		signal: signal(),
	});
	if (!made.ok) return { error: made.error.type };
	const { name, type, preview } = made.value;
	const bytes = await contentOf(made.value);
	const { placeholder, thumbnail, waveform } = preview;
	const words = new TextDecoder('latin1').decode(bytes);
	return {
		name,
		type,
		canary: words.includes('canary-media'),
		maker: words.includes('Chrome'),
		played: await played(type, bytes),
		smaller: bytes.length < file.size,
		preview: [preview.width ?? 0, preview.height ?? 0, preview.duration ?? 0],
		shown: type.startsWith('image/') ? await seen(new Blob([bytes], { type })) : undefined,
		thumbnail: thumbnail?.length ? await seen(new Blob([thumbnail])) : undefined,
		thumbnailSize: thumbnail?.length ?? 0,
		placeholder: placeholder && (await seen(placeholderUrl(placeholder) ?? '')),
		waveform: waveform && [...waveform],
	};
}

/** Of a film its size, of a recording its length in ms, as the browser plays what is sent. */
async function played(type: string, bytes: Bytes): Promise<number[] | undefined> {
	const file = new Blob([bytes], { type });
	if (type.startsWith('video/')) {
		const look = await openFilm(file, signal());
		return look && [look.width, look.height];
	}
	if (!type.startsWith('audio/')) return undefined;
	const look = await openRecording(file);
	return look && [look.duration];
}

export const mediaPage = {
	prepared: async (type: string, width: number, height: number, maxSide?: number) =>
		told(await pictureFile(type, width, height), maxSide),
	preparedFilm: async () => told(await film()),
	preparedRecording: () => told(recording()),
	preparedTagged: async () => {
		const plain = await recording().arrayBuffer();
		const list = new Uint8Array(8 + CANARY.length + 1);
		list.set(utf8('LIST'));
		list[4] = CANARY.length;
		list.set(CANARY, 8);
		return told(new File([plain, list], 'tone.wav', { type: 'audio/wav' }));
	},
	preparedOther: (type: string) => told(new File([CANARY], 'x.bin', { type })),
};
