import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textParts } from '#lib/components/conversation/text-parts.ts';

const links = (text: string): (string | null)[] =>
	textParts(text)
		.filter(({ href }) => href !== null)
		.map(({ text: shown }) => shown);

describe('links in what people write', () => {
	it.each([
		['see https://a.example/b?c=d#e, please', ['https://a.example/b?c=d#e']],
		['(https://a.example/x)', ['https://a.example/x']],
		['https://a.example/Mesh_(network).', ['https://a.example/Mesh_(network)']],
		['http://a.example http://b.example', ['http://a.example', 'http://b.example']],
		['HTTPS://A.example!', ['HTTPS://A.example']],
		['anfang https://straße.example ende', ['https://straße.example']],
	])('%s', (text, expected) => {
		expect(links(text)).toEqual(expected);
	});

	it.each([
		'javascript:alert(1)',
		'data:text/html,x',
		'www.example.org',
		'xhttps://a.example',
		'https://',
	])('leaves %s as words', (text) => {
		expect(links(text)).toEqual([]);
	});

	it('shows every character once, and leads only to http and https', () => {
		const fragments = fc.constantFrom(
			'https://a.example',
			'http://',
			'(',
			')',
			']',
			'.',
			' ',
			'<',
			'ü',
			'\n',
		);
		fc.assert(
			fc.property(fc.array(fc.oneof(fragments, fc.string())), (pieces) => {
				const text = pieces.join('');
				const parts = textParts(text);
				expect(parts.map((part) => part.text).join('')).toBe(text);
				for (const { href } of parts) if (href !== null) expect(href).toMatch(/^https?:\/\//i);
			}),
		);
	});
});
