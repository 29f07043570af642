// Whose connection it is, for quotas: the client's address, also behind proxies that the operator trusts, as one
// opaque word for each network that one party can have to itself. [RV15]
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv4 } from 'node:net';
import { addressBytes } from './stun.ts';
import { toHex } from '#lib/util/bytes.ts';

/** Bytes of the IPv6 prefix that providers give to one customer at least. */
const PREFIX = 8;

/** Reads `127.0.0.1, 10.0.0.0/8, ::1`; undefined when that is not what it says. */
export function readNetworks(text: string): BlockList | undefined {
	const networks = new BlockList();
	for (const part of text.split(',').map((one) => one.trim())) {
		if (part === '') continue;
		const [address = '', bits] = part.split('/', 2);
		const family = isIP(address);
		const most = family === 4 ? 32 : 128;
		if (family === 0 || (bits !== undefined && !/^[0-9]{1,3}$/.test(bits))) return undefined;
		const length = bits === undefined ? most : Number(bits);
		if (length > most) return undefined;
		networks.addSubnet(address, length, family === 4 ? 'ipv4' : 'ipv6');
	}
	return networks;
}

const plain = (address: string): string => address.replace(/^::ffff:(?=[\d.]+$)/i, '');

const isIn = (networks: BlockList, address: string): boolean =>
	isIP(address) !== 0 && networks.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');

/** The address that the nearest proxy that is not trusted, or the client itself, came from. */
export function clientAddress(request: IncomingMessage, proxies: BlockList): string {
	let address = plain(request.socket.remoteAddress ?? '');
	const header = request.headers['x-forwarded-for'];
	const hops = (typeof header === 'string' ? header : '').split(',').map((hop) => hop.trim());
	while (isIn(proxies, address)) {
		const next = plain(hops.pop() ?? '');
		if (isIP(next) === 0) break;
		address = next;
	}
	return address;
}

/** One word for an IPv4 address or an IPv6 network of 64 bits; for counting, not for keeping. */
export function quotaKey(address: string): string {
	const bytes = addressBytes(address);
	if (bytes === undefined) return 'unknown';
	return toHex(bytes.length === 4 ? bytes : bytes.subarray(0, PREFIX));
}
