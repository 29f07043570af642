// The app as a relay serves it: what is told of its files to browsers, and nothing beside them.
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { get as getTls } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { relayFolder } from '../support/relay-folder.ts';

const place = relayFolder();
const { start } = place;

describe('the app', () => {
	const site = async (): Promise<string> => {
		const app = join(place.folder, 'app');
		await mkdir(join(app, '_app/immutable'), { recursive: true });
		await writeFile(join(app, '200.html'), '<p>app</p>');
		await writeFile(join(app, '_app/immutable/a.js'), 'let a;');
		await writeFile(join(app, 'service-worker.js'), 'let w;');
		await writeFile(join(place.folder, 'secret.txt'), 'secret');
		return app;
	};

	it('[RV7] is served with careful headers, entry points fresh and named files for good', async () => {
		const relay = await start('--serve', await site());
		const base = `http://127.0.0.1:${String(relay.port)}`;
		const home = await fetch(`${base}/any/path`);
		expect(await home.text()).toBe('<p>app</p>');
		expect(Object.fromEntries(home.headers)).toMatchObject({
			'content-security-policy': "frame-ancestors 'none'",
			'referrer-policy': 'no-referrer',
			'x-content-type-options': 'nosniff',
			'cross-origin-opener-policy': 'same-origin',
			'cache-control': 'no-cache',
		});
		expect(home.headers.has('strict-transport-security')).toBe(false);
		const caching = async (path: string): Promise<string | null> =>
			(await fetch(base + path)).headers.get('cache-control');
		expect(await caching('/_app/immutable/a.js')).toMatch(/immutable/);
		expect(await caching('/_app/immutable/a')).toBe('no-cache');
		expect(await caching('/service-worker.js')).toBe('no-cache');
		expect((await fetch(`${base}/_app/immutable/missing.js`)).status).toBe(404);
		expect((await fetch(`${base}/healthz`)).status).toBe(200);
		expect((await fetch(base, { method: 'POST' })).status).toBe(405);
	});

	it('[RV7] gives nothing beside its place.folder, and no odd request ends the relay', async () => {
		const relay = await start('--serve', await site());
		const raw = (head: string): Promise<string> =>
			new Promise((resolve) => {
				const socket = connect(relay.port, '127.0.0.1', () => {
					socket.write(`${head}\r\nHost: x\r\nConnection: close\r\n\r\n`);
				});
				let text = '';
				socket.on('data', (part) => (text += part.toString()));
				socket.on('close', () => resolve(text));
				socket.on('error', () => resolve(text));
			});
		for (const path of [
			'/../secret.txt',
			'/..%2fsecret.txt',
			'/%2e%2e/secret.txt',
			'//../secret.txt',
		]) {
			expect(await raw(`GET ${path} HTTP/1.1`)).not.toContain('secret\n');
			expect(await raw(`GET ${path} HTTP/1.1`)).not.toMatch(/secret$/);
		}
		expect(await raw('GET / HTTP/1.1\r\nRange: bytes=9-3')).toContain('<p>app</p>');
		// A file that breaks while it is read.
		await symlink('/proc/self/mem', join(place.folder, 'app/broken'));
		await raw('GET /broken HTTP/1.1');
		await raw('GET /%00%ff HTTP/1.1');
		await raw('GET http://[ HTTP/1.1');
		await raw('nonsense');
		await rm(join(place.folder, 'app/_app'), { recursive: true });
		await raw('GET /_app/immutable/a.js HTTP/1.1');
		expect((await fetch(`http://127.0.0.1:${String(relay.port)}/healthz`)).status).toBe(200);
	});

	it('[RV7] served over TLS without a proper certificate does not insist on TLS for later', async () => {
		const relay = await start('--serve', await site(), '--tls-self-signed');
		const headers = await new Promise<object>((resolve) => {
			const options = { port: relay.port, host: '127.0.0.1', rejectUnauthorized: false };
			getTls(options, (response) => {
				response.resume();
				resolve(response.headers);
			});
		});
		expect(headers).not.toHaveProperty('strict-transport-security');
	});
});
