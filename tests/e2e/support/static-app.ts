// The built app on any web server: files and nothing else, no relay.
import { createServer } from 'node:http';
import { resolve } from 'node:path';
import sirv from 'sirv';

export interface StaticApp {
	readonly origin: string;
	close(): Promise<void>;
}

export function serveApp(): Promise<StaticApp> {
	const serve = sirv(resolve(process.env['AEGIS_APP'] ?? 'dist'), { single: '200.html' });
	const server = createServer((request, response) => {
		serve(request, response);
	});
	return new Promise((done) => {
		server.listen(0, '127.0.0.1', () => {
			const address = server.address();
			const port = typeof address === 'object' && address !== null ? address.port : 0;
			done({
				origin: `http://localhost:${String(port)}`,
				close: () =>
					new Promise((closed) => {
						server.closeAllConnections();
						server.close(() => {
							closed();
						});
					}),
			});
		});
	});
}
