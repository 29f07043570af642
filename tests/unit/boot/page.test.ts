// What boot finds out about the page: the relay it came from, and what its device is called.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { deviceName } from '#lib/boot/device-name.ts';
import { createPage, offeredRelay, publicRelay } from '#lib/boot/page.ts';
import { createManualClock } from '../../support/manual-clock.ts';

afterEach(() => {
	vi.unstubAllGlobals();
});

const page = (protocol: string, answer: (signal: AbortSignal) => Promise<Response>): string[] => {
	const asked: string[] = [];
	vi.stubGlobal('location', { protocol, host: 'relay.example:8443' });
	vi.stubGlobal('fetch', (url: string, { signal }: { signal: AbortSignal }) => {
		asked.push(url);
		return answer(signal);
	});
	return asked;
};
const json = async (): Promise<Response> => Response.json({ version: 1, key: 'AAAA' });

describe('the relay that served the page', () => {
	it('is told of when it answers, and nothing waits for it', async () => {
		page('https:', json);
		const listening = { addEventListener: () => undefined };
		vi.stubGlobal('document', listening);
		vi.stubGlobal('addEventListener', listening.addEventListener);
		const { promise, resolve } = Promise.withResolvers<typeof relay>();
		const relay = { address: 'wss://relay.example/relay', key: 'aa' };
		const made = createPage(promise);
		const told: unknown[] = [];
		const forgotten: unknown[] = [];
		const stop = made.onChange((change) => told.push([change, made.offeredRelay]));
		made.onChange((change) => forgotten.push(change))();
		expect(made.offeredRelay).toBeNull();
		resolve(relay);
		await promise;
		expect(told).toEqual([['offer', relay]]);
		expect(forgotten).toEqual([]);
		stop();
	});

	it('is the page’s own host, over the way the page came', async () => {
		const asked = page('https:', json);
		expect(await offeredRelay(createManualClock())).toEqual({
			address: 'wss://relay.example:8443/relay',
			key: '000000',
		});
		page('http:', json);
		expect((await offeredRelay(createManualClock()))?.address).toBe(
			'ws://relay.example:8443/relay',
		);
		expect(asked).toEqual(['/relay.json']);
	});

	it('is none where a web server answers with a page, with an error, or not at all', async () => {
		page(
			'https:',
			async () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } }),
		);
		expect(await offeredRelay(createManualClock())).toBeNull();
		page('https:', async () => Response.json({ publicRelay: 'wss://open.example/relay' }));
		expect(await offeredRelay(createManualClock())).toBeNull();
		page('https:', async () => Response.json({}, { status: 404 }));
		expect(await offeredRelay(createManualClock())).toBeNull();
		page('https:', () => Promise.reject(new TypeError('offline')));
		expect(await offeredRelay(createManualClock())).toBeNull();
	});

	it('is waited for only so long', async () => {
		page(
			'https:',
			(signal) =>
				new Promise((_, reject) => {
					signal.addEventListener('abort', () => {
						reject(new DOMException('aborted', 'AbortError'));
					});
				}),
		);
		const clock = createManualClock();
		const offered = offeredRelay(clock);
		clock.advance(1500);
		expect(await offered).toBeNull();
	});
});

describe('a public relay', () => {
	const told = (file: unknown): Promise<string | null> => {
		page('https:', async () => Response.json(file));
		return publicRelay(createManualClock());
	};

	it('[EX5] is the one that whoever hosts the page names', async () => {
		expect(await told({ publicRelay: 'wss://open.example/relay' })).toBe(
			'wss://open.example/relay',
		);
	});

	it('[EX5] is none where none is named, or what is named is no relay’s address', async () => {
		for (const file of [
			{ key: 'AAAA' },
			{ publicRelay: 'javascript:alert(1)' },
			{ publicRelay: `wss://${'x'.repeat(300)}.example/relay` },
			{ publicRelay: ['wss://open.example/relay'] },
			null,
			'wss://open.example/relay',
		]) {
			expect(await told(file)).toBeNull();
		}
	});
});

describe('the name of a device', () => {
	const name = (userAgent: string): string => deviceName({ userAgent });

	it('says browser and system', () => {
		expect(name('Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0')).toBe(
			'Firefox · Linux',
		);
		expect(
			name(
				'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0',
			),
		).toBe('Edge · Windows');
		expect(
			name(
				'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1',
			),
		).toBe('Safari · iPhone');
		expect(
			name(
				'Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36',
			),
		).toBe('Chrome · Android');
	});

	it('is never empty', () => {
		expect(name('curl/8.0')).toBe('Browser');
	});
});
