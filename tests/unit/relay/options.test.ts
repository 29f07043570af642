import { describe, expect, it } from 'vitest';
import { readOptions } from '../../../relay-server/options.ts';
import { unwrap } from '#lib/util/result.ts';

describe('a relay’s options', () => {
	it('[RV1] are flags before the environment before defaults', () => {
		expect(unwrap(readOptions([], {}))).toEqual({
			port: 8080,
			host: '0.0.0.0',
			serve: null,
			data: '.aegis',
			tls: { kind: 'none' },
			publicUrl: null,
		});
		const environment = {
			AEGIS_PORT: '81',
			AEGIS_DATA: '/srv/relay',
			AEGIS_HOST: '',
			AEGIS_TLS_SELF_SIGNED: '1',
			AEGIS_PUBLIC_URL: 'wss://relay.example/own/relay',
		};
		expect(unwrap(readOptions(['--port', '82'], environment))).toMatchObject({
			port: 82,
			host: '0.0.0.0',
			data: '/srv/relay',
			tls: { kind: 'self-signed' },
			publicUrl: new URL('wss://relay.example/own/relay'),
		});
		const files = readOptions(['--tls-key', 'k'], { AEGIS_TLS_CERT: 'c' });
		expect(unwrap(files)).toMatchObject({ tls: { kind: 'files', cert: 'c', key: 'k' } });
		expect(unwrap(readOptions(['--help'], {}))).toBe('help');
	});

	it.each([
		[['--port', '70000'], /^The port must be/],
		[['--port', 'http'], /^The port must be/],
		[['--nonsense'], /nonsense.* Try --help/s],
		[['stray'], /stray/],
		[['--tls-cert', 'x'], /^A certificate needs its key/],
		[['--tls-cert', 'x', '--tls-key', 'y', '--tls-self-signed'], /^Choose either/],
		[['--public-url', 'ftp://x'], /^The public URL/],
		[['--public-url', 'https://user@x'], /^The public URL/],
		[['--public-url', 'relay.example'], /^The public URL/],
	])('[RV1] %j is refused with a sentence', (args, sentence) => {
		const refused = readOptions(args, {});
		expect(refused.ok ? '' : refused.error).toMatch(sentence);
	});
});
