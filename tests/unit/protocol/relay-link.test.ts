// How people name a relay, and what the app makes of it.
import { describe, expect, it } from 'vitest';
import { relayHost } from '#lib/protocol/relay-address.ts';
import { relayCandidates } from '#lib/protocol/relay-candidates.ts';
import { decodeRelayLink, encodeRelayLink } from '#lib/protocol/relay-link.ts';
import { encode } from '#lib/protocol/cbor.ts';
import { toBase64Url } from '#lib/util/bytes.ts';
import { ok } from '#lib/util/result.ts';

const key = new Uint8Array(32).fill(7);
const relay = { key, urls: ['wss://relay.example/relay', 'ws://192.168.1.5:8080/relay'] };
const link = encodeRelayLink('https://app.example', relay);

const urls = (input: string, secure = true): readonly string[] | string => {
	const result = relayCandidates(input, { secure });
	return result.ok ? result.value.urls : result.error.type;
};

describe('a relay link', () => {
	it('[RL2] comes back as it went, also with the white space of a chat program', () => {
		const named = { relay, invitation: null };
		expect(decodeRelayLink(link)).toEqual(ok(named));
		expect(decodeRelayLink(`  ${link.slice(0, 40)}\n ${link.slice(40)} `)).toEqual(ok(named));
		expect(decodeRelayLink(link.slice(link.indexOf('#')))).toEqual(ok(named));
	});

	it('[RL2] [MB29] holds an invitation where the relay wants one', () => {
		const invitation = new Uint8Array(32).fill(9);
		const invited = encodeRelayLink('https://app.example', relay, invitation);
		expect(decodeRelayLink(invited)).toEqual(ok({ relay, invitation }));
		expect(relayCandidates(invited, { secure: true })).toMatchObject({
			value: { key, invitation },
		});
	});

	it('[RL2] is told apart from other text, typing errors and newer links', () => {
		const typeOf = (input: string): string => {
			const decoded = decodeRelayLink(input);
			return decoded.ok ? 'ok' : decoded.error.type;
		};
		expect(typeOf('https://app.example/#/join/abc')).toBe('not-a-link');
		expect(typeOf('x'.repeat(10_000))).toBe('not-a-link');
		expect(typeOf(link.slice(0, -3))).toBe('mistyped');
		expect(typeOf(`${link}!`)).toBe('mistyped');
		const of = (value: unknown): string => `https://a/#/relay/${toBase64Url(encode(value))}`;
		expect(typeOf(of([3, key, ['wss://a/relay'], 'more']))).toBe('unsupported');
		expect(typeOf(of([1, key, []]))).toBe('mistyped');
		expect(typeOf(of([1, key, ['https://a/relay']]))).toBe('unsupported');
	});
});

describe('what people type', () => {
	it('[RL3] a host or IP alone is tried on the usual ports, plain ws where the page may', () => {
		expect(urls('relay.example')).toEqual([
			'wss://relay.example/relay',
			'wss://relay.example:8080/relay',
		]);
		expect(urls(' 192.168.1.5\n', false)).toEqual([
			'wss://192.168.1.5/relay',
			'wss://192.168.1.5:8080/relay',
			'ws://192.168.1.5:8080/relay',
		]);
		expect(urls('[2001:db8::1]')).toEqual([
			'wss://[2001:db8::1]/relay',
			'wss://[2001:db8::1]:8080/relay',
		]);
		expect(urls('2001:db8::1')).toEqual(urls('[2001:db8::1]'));
		expect(urls('relay.example/')).toEqual(urls('relay.example'));
	});

	it.each(['localhost', '127.0.0.1', '[::1]'])('[RL3] %s may be plain on any page', (host) => {
		expect(urls(host)).toContain(`ws://${host}:8080/relay`);
		expect(urls(`ws://${host}:9000`)).toEqual([`ws://${host}:9000/relay`]);
	});

	it('[RL3] host and port name one place', () => {
		expect(urls('relay.example:9000')).toEqual(['wss://relay.example:9000/relay']);
		expect(urls('relay.example:9000', false)).toEqual([
			'wss://relay.example:9000/relay',
			'ws://relay.example:9000/relay',
		]);
		expect(urls('[::1]:9000/aegis')).toEqual(['wss://[::1]:9000/aegis', 'ws://[::1]:9000/aegis']);
	});

	it('[RL3] URLs say how', () => {
		expect(urls('wss://relay.example')).toEqual(['wss://relay.example/relay']);
		expect(urls('WSS://Relay.Example:443/own/path')).toEqual(['wss://relay.example/own/path']);
		expect(urls('https://relay.example:8443/#/spaces')).toEqual(['wss://relay.example:8443/relay']);
		expect(urls('ws://relay.example:8080')).toBe('insecure');
		expect(urls('ws://relay.example:8080', false)).toEqual(['ws://relay.example:8080/relay']);
		expect(urls('http://192.168.1.5:8080/')).toBe('insecure');
		expect(urls('http://192.168.1.5:8080/', false)).toEqual(['ws://192.168.1.5:8080/relay']);
		expect(urls('http://relay.example')).toEqual(['wss://relay.example/relay']);
	});

	it('[RL3] multiaddrs too', () => {
		expect(urls('/dns4/relay.example/tcp/443/wss')).toEqual(['wss://relay.example/relay']);
		expect(urls('/ip6/2001:db8::1/tcp/8080/tls/ws')).toEqual(['wss://[2001:db8::1]:8080/relay']);
		expect(urls('/ip4/10.0.0.1/tcp/8080/ws', false)).toEqual(['ws://10.0.0.1:8080/relay']);
		expect(urls('/ip4/10.0.0.1/tcp/8080/ws')).toBe('insecure');
		expect(urls('/ip4/127.0.0.1/tcp/80/ws/p2p/12D3KooW')).toEqual(['ws://127.0.0.1/relay']);
		for (const wrong of [
			'/ip4/relay.example/tcp/80/ws',
			'/ip6/10.0.0.1/tcp/80/ws',
			'/ip4/10.0.0.1/udp/80/quic',
			'/ip4/10.0.0.1/tcp/80',
			'/ip4/10.0.0.1/tcp//ws',
		]) {
			expect(urls(wrong, false)).toBe('malformed');
		}
	});

	const bare = (address: string): string =>
		`/${address}/udp/8081/webrtc-direct/certhash/uEiCD3VYL2j9hcdA6vIK_BMj8hnobifrY9lpvBwQBYeCa8A/p2p/12D3KooWCcWXajLT3dqys6H44vWVoT43wyddfiD5y3kfQeKwCoBR`;

	it('[RL3] [RL4] a webrtc-direct address is reached from any page, also out of a link', () => {
		for (const address of [bare('ip4/192.0.2.1'), bare('ip6/2001:db8::1')]) {
			expect(urls(address)).toEqual([address]);
			const both = { key, urls: ['ws://192.0.2.1:8080/relay', address] };
			expect(urls(encodeRelayLink('https://app.example', both))).toEqual([address]);
			expect(urls(encodeRelayLink('https://app.example', both), false)).toEqual(both.urls);
		}
		expect(relayHost(bare('ip4/192.0.2.1'))).toBe('192.0.2.1');
		expect(relayHost(bare('ip6/2001:db8::1'))).toBe('[2001:db8::1]');
		expect(relayHost('wss://[2001:db8::1]:8080/relay')).toBe('[2001:db8::1]');
		expect(relayHost('ws://relay.example:80/relay')).toBe('relay.example');
		for (const address of [
			bare('dns4/relay.example'),
			bare('ip4/192.0.2.1').replace('8081', '0'),
			bare('ip4/192.0.2.1').replace(/\/certhash\/[^/]+/, ''),
			bare('ip4/192.0.2.1').replace(/\/p2p\/.*/, ''),
			`${bare('ip4/192.0.2.1')}/p2p-circuit`,
		]) {
			expect(urls(address)).toBe('malformed');
		}
	});

	it('[RL3] a relay link brings the key, and what of it this page may open', () => {
		expect(relayCandidates(link, { secure: true })).toEqual(
			ok({ urls: ['wss://relay.example/relay'], key, invitation: null }),
		);
		const plain = encodeRelayLink('http://10.0.0.1', { key, urls: ['ws://10.0.0.1:8080/relay'] });
		expect(urls(plain)).toBe('insecure');
		expect(urls(`${link}!`)).toBe('malformed');
	});

	it.each([
		'',
		'   ',
		'a b',
		'relay.example:0',
		'relay.example:65536',
		'relay.example:99999999',
		'relay.example:',
		'relay.example:80a',
		'8080',
		'0x7f.1',
		'127.1',
		'999.1.1.1',
		'user:secret@relay.example',
		'wss://user@relay.example',
		'wss://user:secret@relay.example/relay',
		'wss://relay.example/relay?x=1',
		'ftp://relay.example',
		'javascript://relay.example',
		'wss://',
		'[::1',
		'[zz::1]',
		'%6cocalhost',
		'wss://%6cocalhost',
		`${'a'.repeat(300)}.example`,
		`wss://relay.example/${'a'.repeat(300)}`,
		'x'.repeat(3000),
	])('[RL3] %j is no address', (input) => {
		expect(urls(input, false)).toBe('malformed');
	});
});
