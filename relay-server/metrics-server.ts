// Serves the metrics on a port of their own, for the operator's eyes. [RV10]
import type { AddressInfo } from 'node:net';
import { listen } from './listening.ts';
import type { Metrics } from './metrics.ts';
import type { Options } from './options.ts';
import { ok, type Result } from '#lib/util/result.ts';

export interface MetricsServer {
	readonly port: number;
	close(): void;
}

/** Null where none are wanted. */
export async function serveMetrics(
	place: Options['metrics'],
	metrics: Metrics,
): Promise<Result<MetricsServer | null, string>> {
	if (place === null) return ok(null);
	const listening = await listen(
		{ ...place, option: '--metrics-port', certificate: null },
		(request, response) => {
			if (request.url !== '/metrics') {
				response.statusCode = 404;
				response.end('Metrics are at /metrics.\n');
				return;
			}
			metrics.read().then(
				(text) => {
					response.setHeader('Content-Type', metrics.contentType);
					response.end(text);
				},
				() => {
					response.statusCode = 503;
					response.end('The store does not answer.\n');
				},
			);
		},
	);
	if (!listening.ok) return listening;
	const server = listening.value;
	return ok({
		port: (server.address() as AddressInfo).port,
		close: () => {
			server.close();
			server.closeAllConnections();
		},
	});
}
