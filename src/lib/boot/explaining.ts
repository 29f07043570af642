// Starts the thread of "How Aegis works"; one at a time, a fresh one for each chapter.
import workerUrl from './explainer-worker.ts?worker&url';
import { trustedScript } from '#lib/platform/trusted-script.ts';
import type { Answer, Explaining, Listener, Question } from '#lib/explainer/explaining.ts';

export function createExplaining(): Explaining {
	let worker: Worker | undefined;
	const stop = (): void => {
		worker?.terminate();
		worker = undefined;
	};
	const ask = (question: Question): void => worker?.postMessage(question);
	function begin({ onOutline, onStep, onFailed }: Listener): void {
		stop();
		worker = new Worker(trustedScript('aegis-explainer', workerUrl), { type: 'module' });
		worker.onmessage = ({ data }: MessageEvent<Answer>) => {
			if (data.type === 'outline') onOutline(data.outline);
			else if (data.type === 'step') onStep(data.step);
			else onFailed(data.detail);
		};
		worker.onerror = ({ message }) => {
			onFailed(message || 'the worker did not start');
		};
	}
	return {
		record(chapter, listener) {
			begin(listener);
			ask({ type: 'record', chapter });
		},
		play(seed, listener) {
			begin(listener);
			ask({ type: 'play', seed });
		},
		act(action) {
			ask({ type: 'act', action });
		},
		stop,
	};
}
