// The microphone: what it hears becomes a file, and how loud it is meanwhile is told. Nothing is heard after the end.
import { err, ok, type Result } from '#lib/util/result.ts';

export interface Recording {
	/** Of one format that browsers play. */
	finish(): Promise<File>;
	cancel(): void;
}

/** What a browser may write, best first. */
const TYPES = ['audio/webm;codecs=opus', 'audio/mp4', 'audio/ogg;codecs=opus', 'audio/webm'];
const ENDINGS: Readonly<Record<string, string>> = { 'audio/mp4': 'm4a', 'audio/ogg': 'ogg' };
/** Bits a second: speech, clearly. */
const RATE = 32_000;
/** How often its loudness is told, ms. */
const TELL_EVERY = 80;

/** Level is 0 … 255. */
export async function record(
	onLevel: (level: number, ms: number) => void,
): Promise<Result<Recording, 'denied' | 'no-microphone'>> {
	let stream: MediaStream;
	try {
		stream = await navigator.mediaDevices.getUserMedia({ audio: true });
	} catch (cause) {
		const name = cause instanceof DOMException ? cause.name : '';
		return err(name === 'NotAllowedError' ? 'denied' : 'no-microphone');
	}
	const type = TYPES.find((each) => MediaRecorder.isTypeSupported(each));
	const recorder = new MediaRecorder(stream, {
		...(type === undefined ? {} : { mimeType: type }),
		audioBitsPerSecond: RATE,
	});
	const parts: Blob[] = [];
	recorder.addEventListener('dataavailable', ({ data }) => parts.push(data));

	const context = new AudioContext();
	const analyser = context.createAnalyser();
	context.createMediaStreamSource(stream).connect(analyser);
	const samples = new Float32Array(analyser.fftSize);
	let frame = 0;
	let begun: number | undefined;
	let told = 0;
	function look(now: number): void {
		frame = requestAnimationFrame(look);
		begun ??= now;
		if (now - told < TELL_EVERY) return;
		told = now;
		analyser.getFloatTimeDomainData(samples);
		const loudness = Math.sqrt(samples.reduce((sum, s) => sum + s * s, 0) / samples.length);
		onLevel(Math.min(255, Math.round(loudness * 900)), now - begun);
	}
	frame = requestAnimationFrame(look);
	recorder.start(1000);

	function end(): void {
		cancelAnimationFrame(frame);
		for (const track of stream.getTracks()) track.stop();
		void context.close().catch(() => undefined);
	}

	return ok({
		finish: () =>
			new Promise((done) => {
				recorder.addEventListener('stop', () => {
					end();
					const [bare = 'audio/webm'] = recorder.mimeType.split(';');
					const name = `voice.${ENDINGS[bare] ?? 'webm'}`;
					done(new File(parts, name, { type: bare }));
				});
				recorder.stop();
			}),
		cancel() {
			if (recorder.state !== 'inactive') recorder.stop();
			parts.length = 0;
			end();
		},
	});
}
