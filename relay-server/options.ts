// What the operator chose, as the relay takes it; what doesn't go together is refused. [RV1]
import { textOf, valuesOf, type Gathered } from './config/gather.ts';
import type { Values } from './config/settings.ts';
import { readFileSync } from 'node:fs';
import type { BlockList } from 'node:net';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { err, ok, type Result } from '#lib/util/result.ts';

export type Options = Readonly<{
	port: number;
	host: string;
	/** Folder of the built app; null: no app is served. */
	serve: string | null;
	data: string;
	tls:
		| { readonly kind: 'none' }
		| { readonly kind: 'files'; readonly cert: string; readonly key: string }
		| { readonly kind: 'self-signed' };
	/** Where clients reach it, when that is not what the machine itself sees. */
	publicUrl: URL | null;
	/** Where clients reach its UDP ports, when that is not what the machine itself sees. */
	publicIp: string | null;
	/** UDP port for WebRTC; null: none. */
	webRtcPort: number | null;
	/** Asks the router for ports. */
	upnp: boolean;
	/** Proxies whose word on where a connection comes from is taken. */
	trustedProxies: BlockList;
	/** Who may make mailboxes: everybody, or those whom the operator invited. */
	access: Values['access'];
	/** For people, on the status page. */
	name: string;
	contact: string | null;
	/** Of a relay that anybody may use, shown where the app explains itself; need not be this one. */
	publicRelay: string | null;
	/** PostgreSQL to keep the mailboxes in; null: SQLite in the data folder. */
	postgres: string | null;
	quota: Quota;
	perAddress: AddressQuota;
	metrics: { readonly host: string; readonly port: number } | null;
	adminSocket: string;
	log: Values['log'];
}>;

/** What the relay holds at most, all together, and can be changed while it runs. */
export interface LiveQuota {
	readonly connections: number;
	readonly mailboxes: number;
	readonly bytes: number;
}
export interface Quota extends LiveQuota {
	/** Bytes that wait in memory for clients that read slowly. */
	readonly unsent: number;
}

/** What clients from one address may do. */
export interface AddressQuota {
	/** At once. */
	readonly connections: number;
	/** Made in an hour. */
	readonly mailboxes: number;
	/** Packets and chunks in a minute. */
	readonly packets: number;
	/** Kept of a day. */
	readonly bytes: number;
}

/** The options, or a sentence for everything that is wrong. */
export function readOptions(gathered: Gathered): Result<Options, readonly string[]> {
	const { values: v, errors: unfit } = valuesOf(gathered.sources);
	const errors = [...gathered.errors, ...unfit];
	const [cert, key] = [v['tls-cert'], v['tls-key']];
	if ((cert === null) !== (key === null)) {
		errors.push('A certificate needs its key: give both --tls-cert and --tls-key.');
	}
	if (cert !== null && v['tls-self-signed']) {
		errors.push('Choose either --tls-cert and --tls-key, or --tls-self-signed.');
	}
	if (v['metrics-port'] !== null && v['metrics-port'] === v.port && v.port !== 0) {
		errors.push('The metrics need a port of their own: choose another --metrics-port.');
	}
	if (errors.length > 0) return err(errors);
	return ok({
		port: v.port,
		host: v.host,
		serve: v.serve,
		data: v.data,
		tls:
			cert !== null && key !== null
				? { kind: 'files', cert, key }
				: { kind: v['tls-self-signed'] ? 'self-signed' : 'none' },
		publicUrl: v['public-url'],
		publicIp: v['public-ip'],
		webRtcPort: webRtcPort(v),
		upnp: v.upnp,
		trustedProxies: v['trusted-proxies'],
		access: v.access,
		name: v.name,
		contact: v.contact,
		publicRelay: v['public-relay'],
		postgres: v.postgres,
		quota: {
			connections: v['max-connections'],
			mailboxes: v['max-mailboxes'],
			bytes: v['max-bytes'],
			unsent: v['max-unsent'],
		},
		perAddress: {
			connections: v['address-connections'],
			mailboxes: v['address-mailboxes'],
			packets: v['address-packets'],
			bytes: v['address-bytes'],
		},
		metrics:
			v['metrics-port'] === null ? null : { host: v['metrics-host'], port: v['metrics-port'] },
		adminSocket: v['admin-socket'] ?? join(v.data, 'admin.sock'),
		log: v.log,
	});
}

/**
 * Unless it was said, the next port after the relay's. Behind a name with a certificate nobody needs it, and a relay for
 * this machine alone is reached by WebSocket.
 */
function webRtcPort(v: Values): number | null {
	const chosen = v['webrtc-port'];
	if (chosen === 'off') return null;
	if (chosen !== null) return chosen;
	const local = v.host === 'localhost' || v.host === '::1' || v.host.startsWith('127.');
	if (v['public-url'] !== null || local || v.port === 65_535) return null;
	return v.port === 0 ? 0 : v.port + 1;
}

/** What `config check` finds beyond the words: files that are missing, or are not what they should be. */
export function checkFiles({ serve, tls }: Options): readonly string[] {
	const errors: string[] = [];
	const read = (path: string): Buffer | undefined => {
		try {
			return readFileSync(path);
		} catch (cause) {
			errors.push(`${path} can't be read: ${textOf(cause)}.`);
			return undefined;
		}
	};
	if (serve !== null) read(join(serve, '200.html'));
	if (tls.kind === 'files') {
		const [cert, key] = [read(tls.cert), read(tls.key)];
		if (cert !== undefined && key !== undefined) {
			try {
				createSecureContext({ cert, key });
			} catch (cause) {
				errors.push(`The certificate can't be used: ${textOf(cause)}.`);
			}
		}
	}
	return errors;
}
