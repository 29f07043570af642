// Under which addresses the relay is told of: those of the machine, of its router, or what the operator says. [RV3]
import type { IncomingMessage } from 'node:http';
import {
	originOf,
	reachableHosts,
	relayUrlOf,
	requestedUrl,
	upToLimit,
	webOriginOf,
} from './addresses.ts';
import type { RelayDescription } from './description.ts';
import type { Options } from './options.ts';
import type { OpenedRouter, WantedPort } from './upnp.ts';
import type { WebRtcHost } from './webrtc-host.ts';
import { MAILBOX_VERSION } from '#lib/protocol/mailbox.ts';
import { encodeRelayLink } from '#lib/protocol/relay-link.ts';
import { toBase64Url, type Bytes } from '#lib/util/bytes.ts';

export interface AnnouncingParts {
	readonly options: Pick<Options, 'host' | 'publicUrl' | 'publicIp' | 'publicRelay'>;
	/** TCP port. */
	readonly port: number;
	readonly tls: boolean;
	readonly webRtc: WebRtcHost | undefined;
	readonly router: OpenedRouter | undefined;
	/** The relay's public key. */
	readonly key: Bytes;
}

export interface Announcing {
	/** Web addresses, best first, without a slash at the end. */
	readonly origins: readonly string[];
	/** `request`: somebody asks, who gets the address first under which they asked. */
	describe(request?: IncomingMessage): RelayDescription;
	/** The relay's link with this invitation in it. */
	linkWith(invitation: Bytes): string;
}

/** The relay's ports that a router is asked for. */
export const wantedPorts = (port: number, webRtcPort: number): readonly WantedPort[] => [
	{ port, protocol: 'TCP' },
	{ port, protocol: 'UDP' },
	...(webRtcPort > 0 ? [{ port: webRtcPort, protocol: 'UDP' } as const] : []),
];

/** An IP address for a host that is announced. */
export const ipOf = (host: string): string => (host === 'localhost' ? '127.0.0.1' : host);

export function createAnnouncing(parts: AnnouncingParts): Announcing {
	const { options, port, tls, webRtc, router, key } = parts;
	const { publicUrl, publicIp, publicRelay } = options;
	const hosts = reachableHosts(options.host);

	const outside = router?.portOf({ port, protocol: 'TCP' });
	const own = hosts.map((host) => originOf(host, port, tls));
	const routed = outside === undefined ? [] : [originOf(router?.ip ?? '', outside, tls)];
	const origins = publicUrl === null ? [...routed, ...own] : [webOriginOf(publicUrl)];
	const announced =
		publicUrl === null
			? origins.map((origin) => relayUrlOf(new URL(origin)))
			: [relayUrlOf(publicUrl)];

	const direct: string[] = [];
	if (webRtc !== undefined) {
		const rtcOutside = router?.portOf({ port: webRtc.port, protocol: 'UDP' });
		if (router !== undefined && rtcOutside !== undefined) {
			direct.push(webRtc.addressOf(router.ip, rtcOutside));
		}
		const ips = publicIp === null ? hosts.map(ipOf) : [publicIp];
		direct.push(...ips.map((ip) => webRtc.addressOf(ip, webRtc.port)));
	}

	const requested = ({ headers }: IncomingMessage): string | undefined => {
		const proto = headers['x-forwarded-proto'];
		if (publicUrl !== null) return undefined;
		return requestedUrl(headers.host, tls, typeof proto === 'string' ? proto : undefined);
	};
	const named = (first: string | undefined): { origin: string; urls: readonly string[] } => {
		const [best = '', ...others] = first === undefined ? announced : [first, ...announced];
		const origin = first === undefined ? (origins[0] ?? '') : webOriginOf(new URL(first));
		return { origin, urls: upToLimit([best, ...direct, ...others]) };
	};
	return {
		origins,
		describe: (request) => {
			const { origin, urls } = named(request === undefined ? undefined : requested(request));
			return {
				version: MAILBOX_VERSION,
				key: toBase64Url(key),
				urls,
				link: encodeRelayLink(origin, { key, urls }),
				...(publicRelay !== null && { publicRelay }),
			};
		},
		linkWith: (invitation) => {
			const { origin, urls } = named(undefined);
			return encodeRelayLink(origin, { key, urls }, invitation);
		},
	};
}
