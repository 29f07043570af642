// Puts a relay together: files, store, mailbox machine, sockets, STUN, metrics. Prints nothing. [RV1]…[RV13]
import { readFile, stat } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { reachableHosts } from './addresses.ts';
import { createAnnouncing, ipOf, wantedPorts } from './announcing.ts';
import { createCare, type RelayCare } from './care.ts';
import type { RelayDescription } from './description.ts';
import {
	prepareFolder,
	relaySeed,
	selfSigned,
	webRtcCertificate,
	type Certificate,
} from './files.ts';
import { createHttpHandler, type HttpHandler } from './http.ts';
import { limitsOf } from './limits.ts';
import { causeText, listen } from './listening.ts';
import type { Log } from './log.ts';
import { createMetrics } from './metrics.ts';
import { serveMetrics } from './metrics-server.ts';
import { openStore } from './open-store.ts';
import type { Options } from './options.ts';
import { systemClock, systemRandom } from './platform.ts';
import { createNativeCrypto } from './native-crypto.ts';
import { createReadiness } from './readiness.ts';
import { serveStun } from './stun-server.ts';
import type { OpenedRouter } from './upnp.ts';
import { VERSION } from './version.ts';
import { watchStore } from './watched-store.ts';
import type { WebRtcHost, WebRtcParts } from './webrtc-host.ts';
import { hostWebSockets } from './websocket.ts';
import { createMailboxMachine } from '#lib/mailbox/machine.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

export interface RunningRelay {
	/** Where the app and the relay are, best first, without a slash at the end. */
	readonly origins: readonly string[];
	readonly tls: boolean;
	/** UDP port of STUN; 0 where it could not be had. */
	readonly stunPort: number;
	/** UDP port of WebRTC; 0: none, or it could not be had. */
	readonly webRtcPort: number;
	/** Whether a router has opened its ports; null: not asked. */
	readonly upnp: boolean | null;
	/** Null where none are served. */
	readonly metricsPort: number | null;
	readonly description: RelayDescription;
	readonly care: RelayCare;
	/** Resolves, with a sentence, when the relay can't go on by itself. */
	readonly broken: Promise<string>;
	close(): Promise<void>;
}

/** Starts it, or says in one sentence why not. */
export async function startRelay(
	options: Options,
	log: Log,
): Promise<Result<RunningRelay, string>> {
	const crypto = createNativeCrypto();
	const hosts = reachableHosts(options.host);

	if (options.serve !== null && !(await isFile(join(options.serve, '200.html')))) {
		return err(`There is no built app in "${options.serve}": run "npm run build" first.`);
	}
	try {
		await prepareFolder(options.data);
	} catch (cause) {
		return err(`The data folder "${options.data}" can't be used: ${causeText(cause)}.`);
	}
	const certificate = await certificateFor(options, hosts);
	if (!certificate.ok) return certificate;

	let handle: HttpHandler = (_, response) => {
		response.statusCode = 503;
		response.end('starting\n');
	};
	const listening = await listen(
		{ host: options.host, port: options.port, option: '--port', certificate: certificate.value },
		(request, response) => {
			handle(request, response);
		},
	);
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
	const limits = limitsOf(options);
	const opened = await openStore(options, limits.store);
	if (!opened.ok) return giveUp(opened.error);
	const { store } = opened.value;
	const keySeed = (await opened.value.seed?.(seed.value)) ?? seed.value;
	const relayKey = await crypto.signingKey(keySeed);
	let healthy = true;
	const broken = new Promise<string>((resolve) => {
		store.onBroken = (detail) => {
			healthy = false;
			resolve(`The store broke down: ${detail}.`);
		};
	});
	const metrics = createMetrics(() => store.totals());
	store.onCommit = (seconds, operations) => {
		metrics.committed(seconds, operations);
	};
	const gate = { draining: false };
	const measured = await serveMetrics(options.metrics, metrics);
	if (!measured.ok) {
		await store.shutdown();
		return giveUp(measured.error);
	}

	const stun = await serveStun(options.host, port);
	const stunPort = stun === undefined ? 0 : port;
	const machine = createMailboxMachine({
		store: watchStore(store, metrics, gate),
		crypto,
		clock: systemClock,
		random: systemRandom,
		relayKey,
		stunPort,
		invitedOnly: options.access === 'invited',
		limits,
		neighbours: opened.value.neighbours,
		refused: (code) => {
			metrics.refused(code);
		},
	});

	const webRtc = await webRtcFor(options, {
		seed: keySeed,
		traffic: metrics.traffic,
		connect: (channel, client) => {
			machine.connect(channel, client);
		},
	});
	const router = options.upnp ? await routerFor(port, webRtc?.port ?? 0) : undefined;
	const tls = certificate.value !== null;
	const key = relayKey.publicKey;
	const { origins, describe, linkWith } = createAnnouncing({
		options,
		port,
		tls,
		webRtc,
		router,
		key,
	});
	const sockets = hostWebSockets(
		server,
		{ traffic: metrics.traffic, trustedProxies: options.trustedProxies },
		(channel, client) => {
			machine.connect(channel, client);
		},
	);
	const readiness = createReadiness(store, systemClock.now);
	handle = createHttpHandler({
		app: options.serve,
		strictTransport: options.tls.kind === 'files',
		describe,
		names: () => ({
			name: options.name,
			contact: options.contact,
			version: VERSION,
			draining: gate.draining,
			inviteOnly: options.access === 'invited',
		}),
		healthy: () => healthy,
		problem: async () =>
			gate.draining ? 'this relay is being emptied' : await readiness.problem(),
	});

	return ok({
		origins,
		tls,
		stunPort,
		webRtcPort: webRtc?.port ?? 0,
		metricsPort: measured.value?.port ?? null,
		description: describe(),
		upnp: options.upnp ? router !== undefined : null,
		care: createCare({
			opened: opened.value,
			data: options.data,
			limits,
			gate,
			connections: () => machine.connections(),
			announceDrain: (within) => {
				machine.drain(within);
			},
			problem: () => readiness.problem(),
			clock: systemClock,
			random: systemRandom,
			crypto,
			log,
			open: options.access === 'open',
			linkWith,
		}),
		broken,
		close: async () => {
			server.close();
			stun?.close();
			measured.value?.close();
			// Clients are told first that the relay goes away, then the machine lets go of what is left.
			await sockets.close();
			await Promise.all([webRtc?.close(), router?.close()]);
			await machine.shutdown();
			server.closeAllConnections();
			await store.shutdown();
		},
	});
}

/** Asked through a library that is loaded only here. */
async function routerFor(port: number, webRtcPort: number): Promise<OpenedRouter | undefined> {
	const { openRouter } = await import('./upnp.ts');
	return openRouter(wantedPorts(port, webRtcPort));
}

/** Undefined where it is not wanted, or its port can't be had: the relay works without. */
async function webRtcFor(
	{ webRtcPort, host, data }: Options,
	parts: Omit<WebRtcParts, 'certificate' | 'host' | 'port'>,
): Promise<WebRtcHost | undefined> {
	if (webRtcPort === null) return undefined;
	try {
		const certificate = await webRtcCertificate(data, systemClock.now());
		// Costs much to load, so only where it is used.
		const { hostWebRtc } = await import('./webrtc-host.ts');
		return await hostWebRtc({ ...parts, certificate, host: ipOf(host), port: webRtcPort });
	} catch {
		return undefined;
	}
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
		return err(`The certificate can't be used: ${causeText(cause)}.`);
	}
}
