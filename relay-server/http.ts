// What the relay answers over HTTP: the app where one is served or else a page about itself, its own address, and its
// health. [RV3] [RV7] [RV11] [RV13]
import type { IncomingMessage, ServerResponse } from 'node:http';
import sirv from 'sirv';
import type { RelayDescription } from './description.ts';
import { STATUS_PAGE_POLICY, statusPage, type RelayNames } from './page/status-page.ts';

export interface HttpParts {
	/** Folder of the built app. */
	readonly app: string | null;
	/** A certificate that browsers accept: they may insist on TLS from now on. */
	readonly strictTransport: boolean;
	describe(request: IncomingMessage): RelayDescription;
	names(): RelayNames;
	healthy(): boolean;
	/** Null when it can store, or a few words. */
	problem(): Promise<string | null>;
}

export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void;
type HttpHandlerWithNext = ReturnType<typeof sirv>;

const YEAR = 31_536_000;

export function createHttpHandler(parts: HttpParts): HttpHandler {
	const app =
		parts.app === null
			? undefined
			: sirv(parts.app, {
					// Looks at the folder for each request, so that a rebuilt app is served without a restart.
					dev: true,
					brotli: true,
					gzip: true,
					etag: true,
					single: '200.html',
					setHeaders: (response, pathname) => {
						response.setHeader('Cache-Control', cachingOf(pathname));
					},
				});

	return (request, response) => {
		response.setHeader('X-Content-Type-Options', 'nosniff');
		response.setHeader('Referrer-Policy', 'no-referrer');
		response.setHeader('Content-Security-Policy', "frame-ancestors 'none'");
		response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
		response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
		if (parts.strictTransport) {
			response.setHeader('Strict-Transport-Security', `max-age=${String(YEAR)}`);
		}
		if (request.method !== 'GET' && request.method !== 'HEAD') {
			response.setHeader('Allow', 'GET, HEAD');
			plain(response, 405, 'Only GET and HEAD.\n');
			return;
		}
		const path = (request.url ?? '/').split(/[?#]/, 1)[0];
		if (path === '/healthz') {
			const healthy = parts.healthy();
			plain(response, healthy ? 200 : 503, healthy ? 'ok\n' : 'the store is broken\n');
		} else if (path === '/readyz') {
			void parts.problem().then((problem) => {
				plain(response, problem === null ? 200 : 503, `${problem ?? 'ok'}\n`);
			});
		} else if (path === '/relay.json') {
			response.setHeader('Cache-Control', 'no-store');
			response.setHeader('Content-Type', 'application/json; charset=utf-8');
			response.end(JSON.stringify(parts.describe(request)));
		} else if (app !== undefined) {
			serveFile(app, request, response);
		} else if (path === '/') {
			response.setHeader('Content-Security-Policy', STATUS_PAGE_POLICY);
			response.setHeader('Cache-Control', 'no-store');
			response.setHeader('Content-Type', 'text/html; charset=utf-8');
			response.end(statusPage(parts.describe(request), parts.names()));
		} else {
			plain(response, 404, 'Not found.\n');
		}
	};
}

function serveFile(
	app: HttpHandlerWithNext,
	request: IncomingMessage,
	response: ServerResponse,
): void {
	// The app needs no parts of files, and a part that ends before it begins is an exception.
	delete request.headers.range;
	// A file that vanishes while it is read, and a client that leaves, must leave nothing open.
	response.on('pipe', (source: NodeJS.ReadableStream & { destroy?: () => void }) => {
		source.once('error', () => response.destroy());
		response.once('close', () => source.destroy?.());
	});
	try {
		app(request, response, () => {
			plain(response, 404, 'Not found.\n');
		});
	} catch {
		response.destroy();
	}
}

/** Files named by their content never change; the app's entry points, which stand in for paths, do. */
function cachingOf(pathname: string): string {
	return /^\/_app\/immutable\/.*\.\w+$/.test(pathname)
		? `public, max-age=${String(YEAR)}, immutable`
		: 'no-cache';
}

function plain(response: ServerResponse, status: number, words: string): void {
	response.statusCode = status;
	response.setHeader('Cache-Control', 'no-store');
	response.setHeader('Content-Type', 'text/plain; charset=utf-8');
	response.end(words);
}
