import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { gather, type Environment } from '../../../relay-server/config/gather.ts';
import { limitsOf } from '../../../relay-server/limits.ts';
import { readOptions, type Options } from '../../../relay-server/options.ts';
import { unwrap, type Result } from '#lib/util/result.ts';

const folder = mkdtempSync(join(tmpdir(), 'options-'));
afterAll(() => {
	rmSync(folder, { recursive: true });
});
const fileOf = (text: string): string => {
	const path = join(folder, 'relay.toml');
	writeFileSync(path, text);
	return path;
};
const read = (
	args: readonly string[],
	environment: Environment = {},
): Result<Options, readonly string[]> => readOptions(gather(args, environment));

describe('a relay’s options', () => {
	it('[RV1] have defaults', () => {
		expect(unwrap(read([]))).toMatchObject({
			port: 8080,
			host: '0.0.0.0',
			serve: null,
			data: '.aegis',
			tls: { kind: 'none' },
			publicUrl: null,
			name: 'Aegis relay',
			contact: null,
			publicRelay: null,
			postgres: null,
			access: 'open',
			quota: {
				connections: 10_000,
				mailboxes: 200_000,
				bytes: 8 * 2 ** 30,
				unsent: 256 * 2 ** 20,
			},
			metrics: null,
			adminSocket: join('.aegis', 'admin.sock'),
			log: 'plain',
		});
	});

	it('[MB27] bound what comes from one address', () => {
		const words = ['--address-connections', '3', '--address-mailboxes', '36', '--max-unsent', '1M'];
		const more = ['--address-packets', '120', '--address-bytes', '1M'];
		const limits = limitsOf(unwrap(read([...words, ...more])));
		expect(limits.sendBuffers).toBe(2 ** 20);
		expect(limits.quotas.address).toMatchObject({
			connections: 3,
			opens: { burst: 36, perSecond: 0.01 },
			puts: { burst: 120, perSecond: 2 },
			bytes: { burst: 2 ** 20, perSecond: 2 ** 20 / 86_400 },
		});
	});

	it('[RV1] are flags before the environment before the file before defaults', () => {
		const path = fileOf(
			'port = 80\nhost = "::1"\ndata = "/file"\ntls-self-signed = false\nmax-bytes = "2 GiB"\n',
		);
		const environment = {
			AEGIS_CONFIG: path,
			AEGIS_PORT: '81',
			AEGIS_DATA: '/srv/relay',
			AEGIS_HOST: '',
			AEGIS_TLS_SELF_SIGNED: '1',
			AEGIS_PUBLIC_URL: 'wss://relay.example/own/relay',
		};
		expect(unwrap(read(['--port', '82'], environment))).toMatchObject({
			port: 82,
			host: '::1',
			data: '/srv/relay',
			tls: { kind: 'self-signed' },
			publicUrl: new URL('wss://relay.example/own/relay'),
			quota: { bytes: 2 * 2 ** 30 },
		});
		const files = read(['--tls-key=k'], { AEGIS_TLS_CERT: 'c' });
		expect(unwrap(files)).toMatchObject({ tls: { kind: 'files', cert: 'c', key: 'k' } });
		const { sources } = gather(['--port', '82'], environment);
		const from = [sources.port, sources.data, sources.host, sources.log].map((one) => one.from);
		expect(from).toEqual(['--port', 'AEGIS_DATA', path, 'default']);
	});

	it.each([
		[['--port', '70000'], /^The port must be/],
		[['--port', 'http'], /^The port must be/],
		[['--port'], /^--port needs a value/],
		[['--port', '--host', 'x'], /^--port needs a value/],
		[['--tls-self-signed=maybe'], /^--tls-self-signed takes no value/],
		[['--nonsense'], /nonsense.* Try --help/s],
		[['--tls-cert', 'x'], /^A certificate needs its key/],
		[['--tls-cert', 'x', '--tls-key', 'y', '--tls-self-signed'], /^Choose either/],
		[['--public-url', 'ftp://x'], /^The public url must be like/],
		[['--public-relay', 'https://x'], /^The public relay must be like/],
		[['--public-url', 'https://user@x'], /^The public url/],
		[['--public-url', 'relay.example'], /^The public url/],
		[['--metrics-port', '8080'], /^The metrics need a port/],
		[['--max-bytes', '0'], /^The max bytes must be a size/],
		[['--max-bytes', '99999999999T'], /^The max bytes must be a size/],
		[['--max-connections', '1.5'], /^The max connections must be a whole number/],
		[['--trusted-proxies', 'caddy'], /^The trusted proxies must be like/],
		[['--log', 'xml'], /^The log must be plain or json or off/],
		[['--name', 'a\nb'], /^The name must be one line/],
		[['--config', '/nowhere/relay.toml'], /^\/nowhere\/relay.toml can't be read/],
	])('[RV1] %j is refused with a sentence', (args, sentence) => {
		const refused = read(args);
		expect(refused.ok ? [] : refused.error).toHaveLength(1);
		expect(refused.ok ? '' : refused.error[0]).toMatch(sentence);
	});

	it.each([
		['port = ', /can't be read in line 1/],
		['prot = 80', /names "prot", which is no setting/],
		['config = "other"', /names "config"/],
		['port = [80]', /port must be text, a number, true or false/],
		['port = "http"', /^The port must be .*relay.toml\)\.$/],
	])('[RV1] a file with %j is refused with a sentence', (text, sentence) => {
		const refused = read(['--config', fileOf(text)]);
		expect(refused.ok ? [] : refused.error).toHaveLength(1);
		expect(refused.ok ? '' : refused.error[0]).toMatch(sentence);
	});

	it('[RV1] tell everything that is wrong at once, and no secret', () => {
		const refused = read(
			['--nonsense', '--port', 'x', '--tls-key', 'k', '--config', fileOf('a = 1')],
			{
				AEGIS_POSTGRES: 'mysql://me:hunter2@host/db',
			},
		);
		const errors = refused.ok ? [] : refused.error;
		expect(errors).toHaveLength(5);
		expect(errors.join()).not.toContain('hunter2');
	});
});
