// Argon2id in a worker of its own, made for each passphrase and ended after it. [AT7]
import type { KeyStretcher, StretchError } from '#lib/ports/key-stretcher.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import type { StretchAnswer, StretchQuestion } from './argon2-worker.ts';
import { trustedScript } from './trusted-script.ts';
import workerUrl from './argon2-worker.ts?worker&url';

export function createKeyStretcher(): KeyStretcher {
	return {
		async stretch(passphrase, salt, cost) {
			const worker = new Worker(trustedScript('aegis-stretcher', workerUrl), { type: 'module' });
			const answer = new Promise<Result<Bytes, StretchError>>((settle) => {
				worker.onmessage = ({ data }: MessageEvent<StretchAnswer>) => {
					settle('key' in data ? ok(data.key) : err({ type: 'stretch', detail: data.failed }));
				};
				worker.onerror = ({ message }) => {
					settle(err({ type: 'stretch', detail: message || 'the worker did not start' }));
				};
			});
			worker.postMessage({ passphrase, salt, cost } satisfies StretchQuestion);
			try {
				return await answer;
			} finally {
				worker.terminate();
			}
		},
	};
}
