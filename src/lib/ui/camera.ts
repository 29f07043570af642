// The camera: asked for, shown in a video element, and given back whatever happens meanwhile.

/** denied: the person or a policy said no. none: there is no camera. busy: another program has it, or it failed. */
export type CameraProblem = 'denied' | 'none' | 'busy';

const problems: Record<string, CameraProblem> = {
	NotAllowedError: 'denied',
	SecurityError: 'denied',
	NotFoundError: 'none',
	OverconstrainedError: 'none',
};

/** Shows the rear camera in `video` until `signal` aborts; null when it runs, or was given up while it started. */
export async function showCamera(
	video: HTMLVideoElement,
	signal: AbortSignal,
): Promise<CameraProblem | null> {
	// Absent on pages that are no secure context, whatever the type says.
	const devices = navigator.mediaDevices as MediaDevices | undefined;
	if (devices === undefined) return 'none';
	let stream: MediaStream | undefined;
	const stop = (): void => {
		for (const track of stream?.getTracks() ?? []) track.stop();
		video.srcObject = null;
	};
	try {
		const ideal = { facingMode: 'environment', width: 1280, height: 720 };
		stream = await devices.getUserMedia({ video: ideal, audio: false });
		if (signal.aborted) {
			stop();
			return null;
		}
		signal.addEventListener('abort', stop);
		video.srcObject = stream;
		await video.play();
		return null;
	} catch (error) {
		stop();
		if (signal.aborted) return null;
		return (error instanceof DOMException ? problems[error.name] : undefined) ?? 'busy';
	}
}

/** Asks for the camera and gives it back at once: pages that may use it are told of more than others. */
export async function allowCamera(): Promise<void> {
	const devices = navigator.mediaDevices as MediaDevices | undefined;
	const stream = await devices?.getUserMedia({ video: true, audio: false }).catch(() => undefined);
	for (const track of stream?.getTracks() ?? []) track.stop();
}
