// The files of a fake space: pictures that are drawn, recordings that are computed, and transfers that stand still in every
// state.
import type {
	FileSettings,
	FileView,
	LeavingView,
	SpaceFiles,
	TransferView,
} from '#lib/messenger/files-api.ts';
import type { MessageView } from '#lib/messenger/api.ts';
import { toBits } from '#lib/protocol/file-frame.ts';
import { showable } from '#lib/protocol/file-type.ts';
import { lookOf } from '#lib/media/picture.ts';
import { utf8, type Bytes } from '#lib/util/bytes.ts';
import { err, ok } from '#lib/util/result.ts';
import { createSignal } from '#lib/util/signal.ts';
import { fakeHash, NOW, plainMessage } from './fake-data.ts';

export type FilesScene = 'pictures' | 'films' | 'cards' | 'sounds' | 'transfers' | 'several';

const MB = 1_000_000;
const NONE: Bytes = new Uint8Array();
const ABSENT: TransferView = { state: 'absent', done: 0, held: NONE, rate: 0, left: null };
const WHOLE: TransferView = { ...ABSENT, state: 'whole', done: 1 };
const view = (rest: Partial<TransferView>): TransferView => ({ ...ABSENT, ...rest });
/** The first chunks are there. */
const coming = (done: number, chunks: number): TransferView =>
	view({
		...{ state: 'moving', done, held: toBits(Array(chunks).keys(), 64) },
		...{ rate: 1.2 * MB, left: 9000 },
	});

const file = (
	name: string,
	type: string,
	size: number,
	rest: Partial<FileView> = {},
): FileView => ({
	name,
	type,
	size,
	offset: 0,
	showable: showable(type),
	width: 0,
	height: 0,
	duration: 0,
	placeholder: NONE,
	thumbnail: NONE,
	waveform: NONE,
	...rest,
});

/** A bay in the evening: every number another one. */
async function draw(
	n: number,
	width: number,
	height: number,
): Promise<{ blob: Blob; look: object }> {
	const canvas = new OffscreenCanvas(width, height);
	const context = canvas.getContext('2d');
	if (context === null) throw new Error('nothing to draw on');
	const hue = (n * 67) % 360;
	const sky = context.createLinearGradient(0, 0, 0, height * 0.6);
	sky.addColorStop(0, `hsl(${String(hue)} 60% 38%)`);
	sky.addColorStop(1, `hsl(${String(hue + 40)} 80% 74%)`);
	context.fillStyle = sky;
	context.fillRect(0, 0, width, height);
	context.fillStyle = `hsl(${String(hue + 50)} 90% 88%)`;
	context.beginPath();
	context.arc(width * (0.3 + (n % 3) * 0.2), height * 0.42, height * 0.09, 0, 7);
	context.fill();
	for (let wave = 0; wave < 9; wave++) {
		context.fillStyle = `hsl(${String(hue + 180)} 45% ${String(44 - wave * 3)}%)`;
		context.beginPath();
		context.moveTo(0, height);
		for (let x = 0; x <= width; x += 8) {
			const y = height * (0.58 + wave * 0.05) + Math.sin(x / (50 + wave * 9) + wave + n) * 8;
			context.lineTo(x, y);
		}
		context.lineTo(width, height);
		context.fill();
	}
	const picture = canvas.transferToImageBitmap();
	const look = await lookOf(picture);
	const copy = new OffscreenCanvas(width, height);
	copy.getContext('2d')?.drawImage(picture, 0, 0);
	return { blob: await copy.convertToBlob({ type: 'image/webp' }), look };
}

/** A second of the same bay, in which the light goes down. */
async function shoot(
	n: number,
	width: number,
	height: number,
): Promise<{ blob: Blob; look: object }> {
	const { blob, look } = await draw(n, width, height);
	const picture = await createImageBitmap(blob);
	const canvas = Object.assign(document.createElement('canvas'), { width, height });
	const context = canvas.getContext('2d');
	if (context === null) throw new Error('nothing to draw on');
	const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/webm' });
	const parts: Blob[] = [];
	recorder.ondataavailable = ({ data }) => parts.push(data);
	const ended = new Promise((resolve) => (recorder.onstop = resolve));
	recorder.start();
	for (let frame = 0; frame < 25; frame++) {
		context.filter = `brightness(${String(1 - frame / 60)})`;
		context.drawImage(picture, 0, 0);
		await new Promise((resolve) => setTimeout(resolve, 40));
	}
	recorder.stop();
	await ended;
	return { blob: new Blob(parts, { type: 'video/webm' }), look };
}

/** Somebody who says something for so many seconds. */
function speak(seconds: number): { blob: Blob; waveform: Bytes } {
	const rate = 8000;
	const samples = new Int16Array(rate * seconds);
	const loud = (t: number): number => Math.abs(Math.sin(t * 2.1) * Math.sin(t * 0.7 + 1));
	samples.forEach((_, n) => {
		const t = n / rate;
		samples[n] = Math.sin(t * 1400 + Math.sin(t * 30) * 4) * loud(t) * 9000;
	});
	const head = new DataView(new ArrayBuffer(44));
	const word = (at: number, text: string): void => {
		utf8(text).forEach((letter, n) => {
			head.setUint8(at + n, letter);
		});
	};
	word(0, 'RIFF');
	head.setUint32(4, 36 + samples.byteLength, true);
	word(8, 'WAVEfmt ');
	head.setUint32(16, 16, true);
	head.setUint16(20, 1, true);
	head.setUint16(22, 1, true);
	head.setUint32(24, rate, true);
	head.setUint32(28, rate * 2, true);
	head.setUint16(32, 2, true);
	head.setUint16(34, 16, true);
	word(36, 'data');
	head.setUint32(40, samples.byteLength, true);
	const bars = Array.from({ length: 64 }, (_, n) => Math.round(loud((n / 64) * seconds) * 255));
	return { blob: new Blob([head, samples]), waveform: Uint8Array.from(bars) };
}

export interface FakeFiles extends SpaceFiles {
	/** Messages with files, to stand at the end of a talk; drawn by then. */
	messages(scene: FilesScene): Promise<readonly MessageView[]>;
}

export function createFakeFiles(): FakeFiles {
	const contents = new Map<string, readonly Blob[]>();
	const views = new Map<string, TransferView>();
	const names = new Map<string, readonly string[]>();
	const transfers = createSignal<ReadonlyMap<string, TransferView>>(new Map());
	/** Of the message of one's own among those with transfers. */
	const leaving = createSignal<ReadonlyMap<string, LeavingView>>(
		new Map([['place 3', { state: 'leaving', done: 0.6 }]]),
	);
	let count = 0;

	async function message(
		who: 'mina' | 'alex',
		made: readonly { readonly file: FileView; readonly blob?: Blob }[],
		{ text = '', transfer = WHOLE }: { text?: string; transfer?: TransferView } = {},
	): Promise<MessageView> {
		const place = `place ${String(count)}`;
		contents.set(
			place,
			made.map(({ blob = new Blob() }) => blob),
		);
		views.set(place, transfer);
		names.set(
			place,
			made.map(({ file: { name } }) => name),
		);
		const mine = who === 'alex';
		return Promise.resolve({
			...plainMessage,
			id: `with-files-${String(count++)}`,
			author: fakeHash(who),
			authorName: mine ? 'Alex' : 'Mina Okafor',
			mine,
			text,
			time: NOW - 60_000 + count * 1000,
			delivery: mine ? { state: 'delivered', delivered: 3, of: 3 } : null,
			files: {
				place,
				files: made.map(({ file }, n) => ({
					...file,
					offset: made.slice(0, n).reduce((sum, before) => sum + before.file.size, 0),
				})),
			},
		});
	}
	async function picture(n: number, width: number, height: number) {
		const { blob, look } = await draw(n, width, height);
		const name = `bay-${String(n)}.webp`;
		return { file: file(name, 'image/webp', blob.size, look), blob };
	}
	function voice(seconds: number) {
		const { blob, waveform } = speak(seconds);
		const rest = { duration: seconds * 1000, waveform };
		return { file: file('voice.wav', 'audio/wav', blob.size, rest), blob };
	}
	const plain = (name: string, type: string, size: number) => ({ file: file(name, type, size) });

	const scenes: Record<FilesScene, () => Promise<MessageView>[]> = {
		pictures: () => [
			picture(1, 1200, 800).then((one) => message('mina', [one], { text: 'Look at that light' })),
			Promise.all([picture(2, 800, 800), picture(3, 900, 600), picture(4, 600, 900)]).then((some) =>
				message('alex', some),
			),
			picture(5, 1920, 1080).then(({ file: { placeholder, thumbnail, width, height } }) => {
				const rest = { placeholder, thumbnail, width, height };
				const film = file('regatta.mp4', 'video/mp4', 48 * MB, { ...rest, duration: 83_000 });
				const still = file('bay-6.jpg', 'image/jpeg', 14 * MB, { ...rest, thumbnail: NONE });
				return message('mina', [{ file: film }, { file: still }], { transfer: ABSENT });
			}),
		],
		films: () => [
			shoot(5, 960, 540).then(({ blob, look }) => {
				const rest = { ...look, duration: 1000 };
				return message(
					'mina',
					[{ file: file('regatta.webm', 'video/webm', blob.size, rest), blob }],
					{
						text: 'A second of the regatta',
					},
				);
			}),
		],
		cards: () => [
			message('mina', [plain('minutes-2026-03.pdf', 'application/pdf', 240_000)], {
				text: 'The minutes, at last',
			}),
			message('alex', [
				plain('tide-tables.ods', 'application/vnd.oasis.opendocument.spreadsheet', 88_000),
				plain('harbour-wall-survey-final-version-2-really-final.zip', 'application/zip', 61 * MB),
				plain('plan.svg', 'image/svg+xml', 12_000),
				plain('tide-calculator.html', 'text/html', 31_000),
			]),
			message('mina', [plain('old-pier-1931.tiff', 'image/tiff', 130 * MB)], { transfer: ABSENT }),
		],
		sounds: () => [
			message('mina', [voice(14)]),
			message('alex', [voice(5)], { text: 'And one for the choir' }),
			message('mina', [
				{ ...voice(9), file: { ...voice(9).file, name: 'shanty.wav', waveform: NONE } },
			]),
			message('mina', [voice(31)], { transfer: ABSENT }),
		],
		transfers: () =>
			(
				[
					view({ state: 'moving', done: 0.43, rate: 1.2 * MB, left: 34_000 }),
					view({ state: 'moving', done: 0.02, rate: 0, left: null }),
					view({ state: 'paused', done: 0.71 }),
					view({ state: 'waiting', done: 0.2 }),
					view({ state: 'full', done: 0.9 }),
				] as const
			).map((transfer, n) =>
				message(
					n === 3 ? 'alex' : 'mina',
					[plain(`part-${String(n)}.zip`, 'application/zip', 96 * MB)],
					{
						transfer,
					},
				),
			),
		several: () => [
			Promise.all([picture(2, 800, 800), picture(3, 900, 600), picture(4, 600, 900)]).then((some) =>
				message(
					'mina',
					some.map(({ file, blob }) => ({ file: { ...file, size: 4 * MB }, blob })),
					{ transfer: coming(0.5, 6) },
				),
			),
			message(
				'mina',
				[
					plain('tide-tables.ods', 'application/vnd.oasis.opendocument.spreadsheet', 2_088_000),
					plain('harbour-wall-survey.zip', 'application/zip', 11 * MB),
					{ ...voice(9), file: { ...voice(9).file, size: 3 * MB, waveform: NONE } },
				],
				{ transfer: coming(0.4, 6) },
			),
		],
	};

	const change = (place: string, to: TransferView): void => {
		views.set(place, to);
		transfers.update((known) => new Map(known).set(place, to));
	};

	return {
		messages: (scene) => Promise.all(scenes[scene]()),
		send: (_channel, _text, sources) =>
			Promise.resolve(
				sources.some(({ size }) => size > 100 * MB) ? err({ type: 'no-room' }) : ok(),
			),
		transfers,
		leaving,
		look: (place) => Promise.resolve(views.get(place) ?? ABSENT),
		fetch(place) {
			change(place, view({ state: 'moving', done: 0.1, rate: MB, left: 20_000 }));
			return Promise.resolve(true);
		},
		pause(place) {
			change(place, view({ state: 'paused', done: 0.1 }));
			return Promise.resolve();
		},
		async *read(place, index) {
			const blob = contents.get(place)?.[index];
			if (blob !== undefined) yield new Uint8Array(await blob.arrayBuffer());
		},
		usage: () =>
			Promise.resolve(
				[...views].map(([place, { state }], n) => ({
					place,
					channel: fakeHash('general'),
					message: `with-files-${String(n)}`,
					bytes: state === 'absent' ? 0 : (n + 1) * 7 * MB,
					size: (n + 1) * 7 * MB,
					state: state === 'absent' ? 'freed' : state === 'whole' ? 'whole' : 'partly',
					isOwn: n === 0,
					names: names.get(place) ?? [],
				})),
			),
		free(place) {
			views.set(place, ABSENT);
			transfers.update((known) => new Map([...known].filter(([each]) => each !== place)));
			return Promise.resolve();
		},
	};
}

export function createFakeFileSettings(): FileSettings {
	let limit = 4 << 20;
	return {
		automatic: () => Promise.resolve(limit),
		setAutomatic(bytes) {
			limit = bytes;
			return Promise.resolve(ok());
		},
		room: () => Promise.resolve(3_200 * MB),
	};
}
