// Where this relay can be reached: the addresses of the machine, or what the operator or a request's host says. [RV3]
import { BlockList, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { MAX_RELAY_URLS } from '#lib/protocol/limits.ts';
import { isRelayUrl } from '#lib/protocol/relay-address.ts';

export const RELAY_PATH = '/relay';

const inUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/** Addresses of this machine that others can use; the loopback one where there is no other. */
export function reachableHosts(host: string): readonly string[] {
	if (host !== '0.0.0.0' && host !== '::') return [host];
	const found = Object.values(networkInterfaces())
		.flatMap((addresses) => addresses ?? [])
		.filter((one) => !one.internal && !one.address.startsWith('fe80:'))
		.filter((one) => one.family === 'IPv4' || host === '::')
		.sort((a, b) => a.family.localeCompare(b.family))
		.map((one) => one.address);
	return found.length > 0 ? found : ['localhost'];
}

/** Web address of this host, without a slash at the end. */
export const originOf = (host: string, port: number, tls: boolean): string => {
	const { origin } = new URL(`${tls ? 'https' : 'http'}://${inUrl(host)}:${String(port)}`);
	return origin;
};

/** WebSocket URL of the relay behind a web address, which may have a path of its own. */
export function relayUrlOf(web: URL): string {
	const url = new URL(web);
	url.protocol = /^(https|wss):$/.test(web.protocol) ? 'wss:' : 'ws:';
	url.hash = '';
	if (!url.pathname.endsWith(RELAY_PATH)) {
		url.pathname = url.pathname.replace(/\/$/, '') + RELAY_PATH;
	}
	return url.href;
}

/** Web address of a public URL given in any of its forms, without a slash at the end. */
export function webOriginOf(publicUrl: URL): string {
	const scheme = /^(https|wss):$/.test(publicUrl.protocol) ? 'https' : 'http';
	return `${scheme}://${publicUrl.host}`;
}

/**
 * The address under which a request came in, from its Host header; undefined when it is no plain host. Behind a proxy
 * that ends TLS, `forwardedProto` tells of it.
 */
export function requestedUrl(
	host: string | undefined,
	tls: boolean,
	forwardedProto: string | undefined,
): string | undefined {
	if (host === undefined || !/^[a-z0-9._:[\]-]{1,200}$/i.test(host)) return undefined;
	const web = URL.parse(`${tls || forwardedProto === 'https' ? 'https' : 'http'}://${host}/`);
	if (web === null) return undefined;
	const url = relayUrlOf(web);
	return isRelayUrl(url) ? url : undefined;
}

/** Without repetition, and no more than an address may hold. */
export const upToLimit = (urls: readonly string[]): readonly string[] =>
	[...new Set(urls)].slice(0, MAX_RELAY_URLS);

/** Private, shared, link-local, loopback and the like (RFC 6890), as far as routers have them. */
const NOT_PUBLIC = new BlockList();
for (const [network, bits] of [
	['0.0.0.0', 8],
	['10.0.0.0', 8],
	['100.64.0.0', 10],
	['127.0.0.0', 8],
	['169.254.0.0', 16],
	['172.16.0.0', 12],
	['192.0.0.0', 24],
	['192.168.0.0', 16],
	['224.0.0.0', 3],
] as const) {
	NOT_PUBLIC.addSubnet(network, bits, 'ipv4');
}

/** An IPv4 address that the whole world can reach. */
export const isPublicIp = (address: string): boolean =>
	isIPv4(address) && !NOT_PUBLIC.check(address, 'ipv4');
