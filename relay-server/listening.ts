// Opens a port for HTTP, with or without TLS, or says in one sentence why not. [RV1]
import { createServer as createPlainServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { HttpHandler } from './http.ts';
import type { Certificate } from './files.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

export interface Place {
	readonly host: string;
	readonly port: number;
	/** The option that chooses the port. */
	readonly option: string;
	readonly certificate: Certificate | null;
}

export const causeText = (cause: unknown): string =>
	cause instanceof Error ? cause.message : 'unknown';
const codeOf = (cause: unknown): string =>
	cause instanceof Error && 'code' in cause ? String(cause.code) : '';

const BOUNDS = { headersTimeout: 10_000, requestTimeout: 15_000, maxHeaderSize: 16_384 };

export function listen(
	{ host, port, option, certificate }: Place,
	handler: HttpHandler,
): Promise<Result<Server, string>> {
	return new Promise((resolve) => {
		let server: Server;
		try {
			server =
				certificate === null
					? createPlainServer(BOUNDS, handler)
					: createTlsServer({ ...BOUNDS, ...certificate, minVersion: 'TLSv1.2' }, handler);
		} catch (cause) {
			resolve(err(`The certificate can't be used: ${causeText(cause)}.`));
			return;
		}
		server.once('error', (cause) => {
			const sentences: Record<string, string> = {
				EADDRINUSE: `Port ${String(port)} is taken: stop what uses it, or choose another with ${option}.`,
				EACCES: `Port ${String(port)} may not be used by this user: choose one above 1023 with ${option}.`,
				EADDRNOTAVAIL: `This machine does not have the address "${host}".`,
			};
			resolve(err(sentences[codeOf(cause)] ?? `The relay can't listen: ${causeText(cause)}.`));
		});
		server.listen({ host, port }, () => {
			// From here on, errors are those of single connections.
			server.on('error', () => undefined);
			resolve(ok(server));
		});
	});
}
