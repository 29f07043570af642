import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { clientAddress, quotaKey, readNetworks } from '../../../relay-server/client-address.ts';

const from = (remoteAddress: string, forwarded?: string): IncomingMessage =>
	({
		socket: { remoteAddress },
		headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
	}) as unknown as IncomingMessage;

describe('whose connection it is', () => {
	it.each([
		['203.0.113.9', '198.51.100.1', '203.0.113.9'],
		['127.0.0.1', '198.51.100.1', '198.51.100.1'],
		['::ffff:127.0.0.1', '198.51.100.1', '198.51.100.1'],
		['127.0.0.1', '192.0.2.66, 198.51.100.1', '198.51.100.1'],
		['127.0.0.1', '192.0.2.66, 198.51.100.1, 10.1.2.3', '198.51.100.1'],
		['127.0.0.1', 'nonsense', '127.0.0.1'],
		['127.0.0.1', undefined, '127.0.0.1'],
		['::1', '2001:db8::1', '2001:db8::1'],
	])('[RV15] from %s, forwarded for %s, is %s', (remote, forwarded, client) => {
		const proxies = readNetworks('127.0.0.0/8, ::1,10.0.0.0/8');
		if (proxies === undefined) throw new Error('not networks');
		expect(clientAddress(from(remote, forwarded), proxies)).toBe(client);
	});

	it('[RV15] counts an IPv6 network of 64 bits as one, and IPv4 the same in both spellings', () => {
		expect(quotaKey('2001:db8:1:2:3::1')).toBe(quotaKey('2001:db8:1:2:ffff::9'));
		expect(quotaKey('2001:db8:1:2::1')).not.toBe(quotaKey('2001:db8:1:3::1'));
		expect(quotaKey('::ffff:192.0.2.1')).toBe(quotaKey('192.0.2.1'));
		expect(quotaKey('192.0.2.1')).not.toBe(quotaKey('192.0.2.2'));
	});

	it.each(['localhost', '10.0.0.0/33', '10.0.0.0/x', '::1/129', '300.0.0.1'])(
		'[RV15] refuses %s as a network',
		(text) => {
			expect(readNetworks(text)).toBeUndefined();
		},
	);
});
