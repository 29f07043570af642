// What people type or paste to name a relay, as the WebSocket URLs to try in order. Looks nothing up. [RL3]
import { MAX_URL } from './limits.ts';
import { isDirectRelay, isRelayUrl } from './relay-address.ts';
import { decodeRelayLink } from './relay-link.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

export interface RelayCandidates {
	/** In the order to try. */
	readonly urls: readonly string[];
	/** The relay's key where a link named it. */
	readonly key: Bytes | null;
	/** Of the relay with this key, where a link held one. */
	readonly invitation: Bytes | null;
}

/** malformed: names no relay. insecure: names only plain ws, which this page may not open. */
export interface RelayInputError {
	readonly type: 'malformed' | 'insecure';
	readonly detail: string;
}

type Scheme = 'ws' | 'wss';
type Urls = readonly string[] | undefined;

const MAX_INPUT = 2048;
const PATH = '/relay';
/** Where a relay listens unless told otherwise. */
const USUAL_PORT = 8080;

/** Host names, IPv4, and IPv6 in brackets; other spellings that URL parsers take for addresses are refused. */
const HOST = /^(\[[0-9a-f:.]+\]|[\p{L}\p{M}\p{N}_.-]{1,253})$/iu;
const PORT = /^[1-9][0-9]{0,4}$/;
const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;

function parse(url: string): URL | undefined {
	try {
		return new URL(url);
	} catch {
		return undefined;
	}
}

/** One URL in its normal form, or undefined when host, port or length don't allow it. */
function urlOf(scheme: Scheme, host: string, port: string, path = PATH): string | undefined {
	if (!HOST.test(host) || (port !== '' && !PORT.test(port))) return undefined;
	const parsed = parse(`${scheme}://${host}${port === '' ? '' : `:${port}`}${path}`);
	if (parsed === undefined) return undefined;
	// "1" and "0x7f.1" are IPv4 addresses to a URL parser, and typing errors to people.
	if (IPV4.test(parsed.hostname) && parsed.hostname !== host) return undefined;
	return isRelayUrl(parsed.href) && parsed.href.length <= MAX_URL ? parsed.href : undefined;
}

const listOf = (...urls: readonly (string | undefined)[]): Urls => {
	const good = urls.filter((url) => url !== undefined);
	return good.length === urls.length ? good : undefined;
};

/** The host as a URL takes it: IPv6 gets its brackets. */
const hostOf = (host: string): string =>
	/^[0-9a-f.]*:[0-9a-f:.]+$/i.test(host) ? `[${host}]` : host;

const pathOf = (path: string | undefined): string =>
	path === undefined || path === '/' ? PATH : path;

function fromUrl(input: string): Urls {
	const found =
		/^([a-z]+):\/\/(\[[^\]/?#@]*\]|[^:/?#@[\]]*)(?::([^/?#@]*))?(\/[^?#]*)?(#.*)?$/i.exec(input);
	if (found === null) return undefined;
	const [, scheme = '', host = '', port = '', path] = found;
	switch (scheme.toLowerCase()) {
		case 'wss':
			return listOf(urlOf('wss', host, port, pathOf(path)));
		case 'ws':
			return listOf(urlOf('ws', host, port, pathOf(path)));
		case 'https':
			return listOf(urlOf('wss', host, port));
		case 'http':
			return port === ''
				? listOf(urlOf('wss', host, ''), urlOf('ws', host, ''))
				: listOf(urlOf('ws', host, port));
		default:
			return undefined;
	}
}

function fromMultiaddr(input: string): Urls {
	if (isDirectRelay(input)) return input.length <= MAX_URL ? [input] : undefined;
	const form =
		/^\/(ip4|ip6|dns|dns4|dns6)\/([^/]+)\/tcp\/([^/]+)(\/tls(?:\/sni\/[^/]+)?)?\/(ws|wss)(?:\/p2p\/[^/]+)?\/?$/;
	const found = form.exec(input);
	if (found === null) return undefined;
	const [, kind = '', host = '', port = '', tls, socket] = found;
	if ((kind === 'ip4') !== IPV4.test(host) || (kind === 'ip6') !== host.includes(':')) {
		return undefined;
	}
	const scheme = socket === 'wss' || tls !== undefined ? 'wss' : 'ws';
	return port === '' ? undefined : listOf(urlOf(scheme, hostOf(host), port));
}

function fromHost(input: string): Urls {
	const found =
		/^(\[[^\]/]*\]|[^:/?#@[\]]+|[0-9a-f.]*:[0-9a-f.]*:[0-9a-f:.]*)(?::([^/?#@:]*))?(\/[^?#]*)?$/i.exec(
			input,
		);
	if (found === null) return undefined;
	const [, name = '', port, rest] = found;
	const [host, path] = [hostOf(name), pathOf(rest)];
	if (port !== undefined) {
		return port === ''
			? undefined
			: listOf(urlOf('wss', host, port, path), urlOf('ws', host, port, path));
	}
	const usual = String(USUAL_PORT);
	return listOf(
		urlOf('wss', host, '', path),
		urlOf('wss', host, usual, path),
		urlOf('ws', host, usual, path),
	);
}

/** Plain ws to one's own machine is as good as wss. */
const isLocal = (url: string): boolean => {
	const host = parse(url)?.hostname ?? '';
	return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
};

/**
 * Takes a host or IP, with or without a port, a ws, wss, http or https URL, a multiaddr, or a relay link, with spaces
 * around. `secure`: the page is one that may open plain ws to its own machine only.
 */
export function relayCandidates(
	input: string,
	{ secure }: { readonly secure: boolean },
): Result<RelayCandidates, RelayInputError> {
	const text = input.trim();
	const malformed = (detail: string): Result<never, RelayInputError> =>
		err({ type: 'malformed', detail });
	if (text === '') return malformed('empty');
	if (text.length > MAX_INPUT) return malformed('too long');

	let urls: Urls;
	let key: Bytes | null = null;
	let invitation: Bytes | null = null;
	if (text.includes('#/relay/')) {
		const link = decodeRelayLink(text);
		if (!link.ok) return malformed(link.error.type);
		({ urls, key } = link.value.relay);
		({ invitation } = link.value);
	} else if (text.includes('://')) {
		urls = fromUrl(text);
	} else {
		urls = text.startsWith('/') ? fromMultiaddr(text) : fromHost(text);
	}
	if (urls === undefined) return malformed('not an address');

	const allowed = urls.filter(
		(url) => !secure || url.startsWith('wss:') || isDirectRelay(url) || isLocal(url),
	);
	if (allowed.length === 0) return err({ type: 'insecure', detail: 'only plain ws is named' });
	return ok({ urls: [...new Set(allowed)], key, invitation });
}
