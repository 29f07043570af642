// How long a recording is and how loud over its length, by means of the browser. [ME5]
import type { Bytes } from '#lib/util/bytes.ts';
import { waveformOf } from './waveform.ts';

export interface RecordingLook {
	/** Milliseconds. */
	readonly duration: number;
	readonly waveform: Bytes;
}

/** So low that a quarter of an hour takes 29 MB while it is looked at. */
const RATE = 8000;
/** Samples for one level. */
const STEP = 80;
/** A longer one is not looked into. */
const MAX_SIZE = 8 << 20;

/** Undefined where the browser can't read it, or it is too long to be looked into. */
export async function openRecording(file: Blob): Promise<RecordingLook | undefined> {
	if (file.size > MAX_SIZE) return undefined;
	const context = new OfflineAudioContext(1, 1, RATE);
	const sound = await file
		.arrayBuffer()
		.then((bytes) => context.decodeAudioData(bytes))
		.catch(() => undefined);
	if (sound === undefined) return undefined;
	const samples = sound.getChannelData(0);
	const levels = new Float32Array(Math.floor(samples.length / STEP));
	for (let n = 0; n < levels.length; n++) {
		let sum = 0;
		for (let at = n * STEP; at < (n + 1) * STEP; at++) sum += (samples[at] ?? 0) ** 2;
		levels[n] = Math.sqrt(sum / STEP);
	}
	return { duration: Math.round(sound.duration * 1000), waveform: waveformOf(levels) };
}
