// Puts a relay together: files, store, mailbox machine, sockets, STUN. Prints nothing. [RV1]…[RV8]
import { createServer as createPlainServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { readFile, stat } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
	originOf,
	reachableHosts,
	relayUrlOf,
	requestedUrl,
	upToLimit,
	webOriginOf,
} from './addresses.ts';
import { prepareFolder, relaySeed, selfSigned, type Certificate } from './files.ts';
import { createHttpHandler, type HttpHandler, type RelayDescription } from './http.ts';
import type { Options } from './options.ts';
import { systemClock, systemRandom } from './platform.ts';
import { serveStun } from './stun-server.ts';
import { openSqliteStore } from './store/sqlite.ts';
import { hostWebSockets } from './websocket.ts';
import { createCryptoProvider } from '#lib/crypto/provider.ts';
import { DEFAULT_LIMITS } from '#lib/mailbox/limits.ts';
import { createMailboxMachine } from '#lib/mailbox/machine.ts';
import { MAILBOX_VERSION } from '#lib/protocol/mailbox.ts';
import { encodeRelayLink } from '#lib/protocol/relay-link.ts';
import { toBase64Url } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

export interface RunningRelay {
	/** Where the app and the relay are, best first, without a slash at the end. */
	readonly origins: readonly string[];
	readonly tls: boolean;
	/** UDP port of STUN; 0 where it could not be had. */
	readonly stunPort: number;
	readonly description: RelayDescription;
	/** Resolves, with a sentence, when the relay can't go on by itself. */
	readonly broken: Promise<string>;
	close(): Promise<void>;
}

const textOf = (cause: unknown): string => (cause instanceof Error ? cause.message : 'unknown');
const codeOf = (cause: unknown): string =>
	cause instanceof Error && 'code' in cause ? String(cause.code) : '';

/** Starts it, or says in one sentence why not. */
export async function startRelay(options: Options): Promise<Result<RunningRelay, string>> {
	const crypto = createCryptoProvider();
	const hosts = reachableHosts(options.host);

	if (options.serve !== null && !(await isFile(join(options.serve, '200.html')))) {
		return err(`There is no built app in "${options.serve}": run "npm run build" first.`);
	}
	try {
		await prepareFolder(options.data);
	} catch (cause) {
		return err(`The data folder "${options.data}" can't be used: ${textOf(cause)}.`);
	}
	const certificate = await certificateFor(options, hosts);
	if (!certificate.ok) return certificate;

	let handle: HttpHandler = (_, response) => {
		response.statusCode = 503;
		response.end('starting\n');
	};
	const listening = await listen(certificate.value, options, (request, response) => {
		handle(request, response);
	});
	if (!listening.ok) return listening;
	const server = listening.value;
	const { port } = server.address() as AddressInfo;
	const giveUp = (sentence: string): Result<never, string> => {
		server.close();
		server.closeAllConnections();
		return err(sentence);
	};

	const seed = await relaySeed(options.data, systemRandom);
	if (!seed.ok) return giveUp(seed.error);
	const relayKey = await crypto.signingKey(seed.value);
	const limits = DEFAULT_LIMITS;
	const opened = await openSqliteStore(join(options.data, 'mailboxes.db'), limits.store);
	if (!opened.ok) {
		const { type, detail } = opened.error;
		const reasons = {
			newer: 'was written by a newer relay: update this one, or use another --data folder',
			older: 'was written by a relay from before the first release: use another --data folder',
			locked: 'is in use by another relay: stop that one, or use another --data folder',
			failed: `can't be used: ${detail}`,
		};
		return giveUp(`The data folder "${options.data}" ${reasons[type]}.`);
	}
	const store = opened.value;
	let healthy = true;
	const broken = new Promise<string>((resolve) => {
		store.onBroken = (detail) => {
			healthy = false;
			resolve(`The store broke down: ${detail}.`);
		};
	});

	const stun = await serveStun(options.host, port);
	const stunPort = stun === undefined ? 0 : port;
	const machine = createMailboxMachine({
		store,
		crypto,
		clock: systemClock,
		random: systemRandom,
		relayKey,
		stunPort,
		limits,
	});

	const tls = certificate.value !== null;
	const { publicUrl } = options;
	const origins =
		publicUrl === null ? hosts.map((host) => originOf(host, port, tls)) : [webOriginOf(publicUrl)];
	const announced =
		publicUrl === null
			? origins.map((origin) => relayUrlOf(new URL(origin)))
			: [relayUrlOf(publicUrl)];
	const describe = (first: string | undefined): RelayDescription => {
		const urls = upToLimit(first === undefined ? announced : [first, ...announced]);
		const origin = first === undefined ? (origins[0] ?? '') : webOriginOf(new URL(first));
		const key = relayKey.publicKey;
		return {
			version: MAILBOX_VERSION,
			key: toBase64Url(key),
			urls,
			link: encodeRelayLink(origin, { key, urls }),
		};
	};
	const requested = ({ headers }: IncomingMessage): string | undefined => {
		const proto = headers['x-forwarded-proto'];
		if (publicUrl !== null) return undefined;
		return requestedUrl(headers.host, tls, typeof proto === 'string' ? proto : undefined);
	};
	const sockets = hostWebSockets(server, (channel) => {
		machine.connect(channel);
	});
	handle = createHttpHandler({
		app: options.serve,
		strictTransport: options.tls.kind === 'files',
		describe: (request) => describe(requested(request)),
		healthy: () => healthy,
	});

	return ok({
		origins,
		tls,
		stunPort,
		description: describe(undefined),
		broken,
		close: async () => {
			server.close();
			stun?.close();
			// Clients are told first that the relay goes away, then the machine lets go of what is left.
			await sockets.close();
			await machine.shutdown();
			server.closeAllConnections();
			await store.shutdown();
		},
	});
}

const isFile = async (path: string): Promise<boolean> => {
	try {
		return (await stat(path)).isFile();
	} catch {
		return false;
	}
};

async function certificateFor(
	{ tls, data, publicUrl }: Options,
	hosts: readonly string[],
): Promise<Result<Certificate | null, string>> {
	if (tls.kind === 'none') return ok(null);
	try {
		if (tls.kind === 'files') {
			return ok({ cert: await readFile(tls.cert, 'utf8'), key: await readFile(tls.key, 'utf8') });
		}
		const names = publicUrl === null ? hosts : [publicUrl.hostname, ...hosts];
		return ok(await selfSigned(data, names, systemClock.now()));
	} catch (cause) {
		return err(`The certificate can't be used: ${textOf(cause)}.`);
	}
}

function listen(
	certificate: Certificate | null,
	{ host, port }: Options,
	handler: HttpHandler,
): Promise<Result<Server, string>> {
	const bounds = { headersTimeout: 10_000, requestTimeout: 15_000, maxHeaderSize: 16_384 };
	return new Promise((resolve) => {
		let server: Server;
		try {
			server =
				certificate === null
					? createPlainServer(bounds, handler)
					: createTlsServer({ ...bounds, ...certificate, minVersion: 'TLSv1.2' }, handler);
		} catch (cause) {
			resolve(err(`The certificate can't be used: ${textOf(cause)}.`));
			return;
		}
		server.once('error', (cause) => {
			const sentences: Record<string, string> = {
				EADDRINUSE: `Port ${String(port)} is taken: stop what uses it, or choose another with --port.`,
				EACCES: `Port ${String(port)} may not be used by this user: choose one above 1023 with --port.`,
				EADDRNOTAVAIL: `This machine does not have the address "${host}".`,
			};
			resolve(err(sentences[codeOf(cause)] ?? `The relay can't listen: ${textOf(cause)}.`));
		});
		server.listen({ host, port }, () => {
			// From here on, errors are those of single connections.
			server.on('error', () => undefined);
			resolve(ok(server));
		});
	});
}
