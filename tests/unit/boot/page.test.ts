// What boot finds out about the page: the relay it came from, and what its device is called.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { deviceName } from '#lib/boot/device-name.ts';
import { offeredRelay } from '#lib/boot/page.ts';
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
const json = async (): Promise<Response> => Response.json({ version: 1 });

describe('the relay that served the page', () => {
	it('is the page’s own host, over the way the page came', async () => {
		const asked = page('https:', json);
		expect(await offeredRelay(createManualClock())).toBe('wss://relay.example:8443/relay');
		page('http:', json);
		expect(await offeredRelay(createManualClock())).toBe('ws://relay.example:8443/relay');
		expect(asked).toEqual(['/relay.json']);
	});

	it('is none where a web server answers with a page, with an error, or not at all', async () => {
		page(
			'https:',
			async () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } }),
		);
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
