// Asks the running relay through its admin socket. [RV12]
import { request } from 'node:http';
import { err, ok, type Result } from '#lib/util/result.ts';

export function askRelay<T>(
	socketPath: string,
	method: 'GET' | 'PUT' | 'POST',
	path: string,
	body?: unknown,
): Promise<Result<T, string>> {
	return new Promise((resolve) => {
		const asking = request({ socketPath, method, path }, (response) => {
			let text = '';
			response.setEncoding('utf8').on('data', (part: string) => (text += part));
			response.on('end', () => {
				const said = JSON.parse(text) as T & { readonly error?: string };
				resolve(response.statusCode === 200 ? ok(said) : err(said.error ?? 'The relay refused.'));
			});
		});
		asking.on('error', (cause) => {
			const code = 'code' in cause ? String(cause.code) : '';
			const why =
				code === 'EACCES'
					? 'may not be opened by this user: run this as the user that the relay runs as'
					: 'does not answer: is the relay running, with the same --data or --admin-socket?';
			resolve(err(`The admin socket ${socketPath} ${why}`));
		});
		asking.end(body === undefined ? undefined : JSON.stringify(body));
	});
}
